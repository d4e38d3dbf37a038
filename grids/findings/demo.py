"""Patrols of the demo district: a plan per area, a year of patrols along it, and what they found.

What was handed over are the issues that the stories of the area leaders tell already; to them comes
what was fixed on the spot, so many that 即查即改率 is a little above the article's 75%. All counted from
these rows, written in bulk.
"""

import tomllib
from collections import defaultdict
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any

from django.utils import timezone

from grids.categories.models import LEVELS, Level
from grids.checklists.models import PatrolChecklist, PatrolItem
from grids.findings.models import FindingStatus, Handling, PatrolFinding
from grids.issues.demo_world import World, world_of
from grids.issues.models import Issue, Source, Status
from grids.patrols.models import Patrol, PatrolPlan, PatrolPlanStop, PatrolStatus, PatrolStop
from grids.patrols.plans import note_looks, route_text
from grids.patrols.services import SERIES
from grids.places.models import Area, Grid
from suzhou_portal.accounts.roles import Role
from suzhou_portal.lib.demo.steps import District, step
from suzhou_portal.lib.demo.times import YEAR
from suzhou_portal.rules.models import NumberSequence

SAYINGS = Path(__file__).with_name("demo_sayings.toml")
ON_SPOT = 0.762  # of all findings; the article: over 75%
BATCH = 1000
RHYTHMS = (7, 14, 14)
OPEN_EVERY, SKIPS_EVERY = 4, 3  # every fourth area is being patrolled, every third leaves a grid out of late
SKIPPED_DAYS = 45
CONFIRMING = 4  # an area leader takes up to so many days
UNCONFIRMED = 2  # what waits for each of them


def matter_of(issue: Issue) -> Issue:
    """The issue that decides: itself, or the one that it was merged into."""
    return issue.merged_into if issue.status == Status.MERGED and issue.merged_into else issue


@step(order=150)
def patrols(district: District) -> dict[str, int]:
    """A year of them."""
    return Patrols(world_of(district), district.today, district.random(3)).write()


class Patrols:
    """Makes the rows area by area; :meth:`write` stores them."""

    def __init__(self, world: World, today: date, rng: Random) -> None:
        self.world, self.today, self.rng = world, today, rng
        checklist = PatrolChecklist.objects.in_force(today)  # unscoped: demo loader
        if checklist is None:
            raise ValueError("no checklist: load_reference comes first")
        self.checklist = checklist
        self.items: list[PatrolItem] = list(checklist.items.select_related("category"))
        with SAYINGS.open("rb") as file:
            self.texts = {row["item"]: row["texts"] for row in tomllib.load(file)["sayings"]}
        self._codes = {saying.category.pk: saying.category.code for saying in world.sayings}
        self._unconfirmed: set[int] = set()
        self.plans: list[PatrolPlan] = []
        self.route: list[PatrolPlanStop] = []
        self.patrols: list[Patrol] = []
        self.stops: list[PatrolStop] = []
        self.findings: list[PatrolFinding] = []

    def write(self) -> dict[str, int]:
        """Store all of it; returns rows written by Chinese name."""
        reported = self._reported()
        for index, (area, groups) in enumerate(self.world.areas):
            self._area(index, area, groups, reported.get(area.pk, []))
        self._fix_on_spot()
        self._number()
        for model, rows in (
            (PatrolPlan, self.plans),
            (PatrolPlanStop, self.route),
            (Patrol, self.patrols),
            (PatrolStop, self.stops),
            (PatrolFinding, self.findings),
        ):
            model._default_manager.bulk_create(rows, batch_size=BATCH)  # unscoped: demo loader
        note_looks({stop.grid_id for stop in self.route})
        return {"巡查计划": len(self.plans), "巡查记录": len(self.patrols), "巡查发现": len(self.findings)}

    def _reported(self) -> dict[int, list[Issue]]:
        """The area leaders' issues by the key of their area, oldest first."""
        leaders = {
            user.pk: key for (role, key), user in self.world.users.items() if role == Role.AREA and key is not None
        }
        rows = Issue.objects.filter(source=Source.PATROL, reporter__in=leaders, grid__isnull=False, parent=None)
        found: dict[int, list[Issue]] = defaultdict(list)
        for issue in rows.select_related("merged_into").order_by("created_at"):
            found[leaders[issue.reporter_id]].append(issue)
        return found

    def _area(self, index: int, area: Area, groups: list[Grid], issues: list[Issue]) -> None:
        rhythm, first = RHYTHMS[index % len(RHYTHMS)], self.today - timedelta(days=YEAR)
        leader = self.world.users[Role.AREA, area.pk]
        plan = PatrolPlan(area=area, street_id=area.street_id, rhythm=rhythm, starts=first, route=route_text(groups))
        self.plans.append(plan)
        for position, grid in enumerate(groups, 1):
            self.route.append(PatrolPlanStop(plan=plan, position=position, **self._at(grid)))
        ended = [issue for issue in issues if not matter_of(issue).is_open]
        self._unconfirmed |= {issue.pk for issue in ended[-UNCONFIRMED:]}
        waiting, start = iter(issues), first
        issue = next(waiting, None)
        while start < self.today:
            end = min(start + timedelta(days=rhythm - 1), self.today - timedelta(days=1))
            is_last = end >= self.today - timedelta(days=1)
            handed = []
            while issue is not None and timezone.localdate(issue.created_at) <= end:
                handed.append(issue)
                issue = next(waiting, None)
            is_open = is_last and index % OPEN_EVERY == 0
            patrol = self._patrol(plan, leader, start, None if is_open else end)
            late = index % SKIPS_EVERY == 0 and end > self.today - timedelta(days=SKIPPED_DAYS)
            self._walk(patrol, groups, handed, end, skipped=groups[-1] if late else None)
            start += timedelta(days=rhythm)

    def _patrol(self, plan: PatrolPlan, leader: Any, start: date, end: date | None) -> Patrol:
        patrol = Patrol(
            area=plan.area,
            street_id=plan.street_id,
            plan=plan,
            checklist=self.checklist,
            status=PatrolStatus.ENDED if end else PatrolStatus.OPEN,
            started_on=start,
            ended_on=end,
            started_by=leader,
        )
        self.patrols.append(patrol)
        return patrol

    def _walk(
        self, patrol: Patrol, groups: list[Grid], issues: list[Issue], end: date, *, skipped: Grid | None
    ) -> None:
        """The places of a patrol, looked at one after the other, and what was handed over there."""
        days = (end - patrol.started_on).days
        by_group = {}
        for position, grid in enumerate(groups, 1):
            looked = patrol.started_on + timedelta(days=round(days * position / len(groups)))
            unseen = grid is skipped or (patrol.ended_on is None and position * 2 > len(groups))
            stop = PatrolStop(patrol=patrol, position=position, looked_on=None if unseen else looked, **self._at(grid))
            by_group[grid.pk] = stop
            self.stops.append(stop)
        for issue in issues:
            stop = by_group.get(self.world.group_of(self.world.grids[issue.grid_id]).pk)
            if stop is not None:
                stop.looked_on = stop.looked_on or timezone.localdate(issue.created_at)
                self.findings.append(self._handed(stop, issue))

    def _at(self, grid: Grid) -> dict[str, Any]:
        return {"grid": grid, "community_id": grid.community_id, "street_id": grid.street_id}

    def _handed(self, stop: PatrolStop, issue: Issue) -> PatrolFinding:
        street = LEVELS.index(issue.level) >= LEVELS.index(Level.STREET)
        status, confirmed = self._outcome(issue)
        return PatrolFinding(
            patrol=stop.patrol,
            stop=stop,
            area_id=stop.patrol.area_id,
            item=self._item_of(issue),
            grid_id=issue.grid_id,
            community_id=issue.community_id,
            street_id=issue.street_id,
            description=issue.description,
            handling=Handling.SUPERVISED if street else Handling.HANDED,
            status=status,
            issue=issue,
            found_on=timezone.localdate(issue.created_at),
            confirmed_on=confirmed,
        )

    def _outcome(self, issue: Issue) -> tuple[str, date | None]:
        """Where a finding stands whose issue has come so far: confirmed some days after its end."""
        matter = matter_of(issue)
        if matter.is_open:
            return FindingStatus.HANDED, None
        ended = timezone.localdate(matter.closed_at or matter.created_at)
        confirmed = ended + timedelta(days=self.rng.randint(0, CONFIRMING))
        if confirmed >= self.today or issue.pk in self._unconfirmed:
            return FindingStatus.WAITING, None
        return FindingStatus.CONFIRMED, confirmed

    def _item_of(self, issue: Issue) -> PatrolItem:
        """The item that fits the issue's category, or its group; any where none does."""
        code = self._codes.get(issue.category_id, "")
        same = [item for item in self.items if item.category and item.category.code[:2] == code[:2]]
        exact = [item for item in same if item.category and item.category.code == code]
        return self.rng.choice(exact or same or self.items)

    def _fix_on_spot(self) -> None:
        """Findings put right at once, in places that were looked at."""
        count = round(len(self.findings) * ON_SPOT / (1 - ON_SPOT)) + 1
        looked = [stop for stop in self.stops if stop.looked_on is not None]
        for stop in self.rng.choices(looked, k=count):
            item = self.rng.choice(self.items)
            grid = self.world.grid_below(self.world.grids[stop.grid_id], self.rng)
            what, done = self.rng.choice(self.texts.get(item.position, self.texts[1]))
            self.findings.append(
                PatrolFinding(
                    patrol=stop.patrol,
                    stop=stop,
                    area_id=stop.patrol.area_id,
                    item=item,
                    description=what.format(spot=self.world.spot(grid, self.rng)),
                    handling=Handling.ON_SPOT,
                    status=FindingStatus.FIXED,
                    remedy=done,
                    found_on=stop.looked_on,
                    **self._at(grid),
                )
            )

    def _number(self) -> None:
        """Numbers in the order of the days, and the series moved on."""
        last: dict[int, int] = defaultdict(int)
        for patrol in sorted(self.patrols, key=lambda row: (row.started_on, row.area.code)):
            year = patrol.started_on.year
            last[year] += 1
            patrol.number = f"{SERIES}-{year}-{last[year]:06d}"
        for year, number in last.items():
            NumberSequence.objects.update_or_create(  # unscoped: demo loader
                series=SERIES, year=year, defaults={"last": number}
            )
