"""A year of made-up disputes, run through the table of mediation; the article's success rate comes from the rows."""

import tomllib
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import accumulate
from pathlib import Path
from random import Random
from typing import Any

from django.utils import timezone

from grids.issues.demo_world import World, world_of
from grids.mediation.models import DisputeKind, Mediation, MediationEvent, MediationSession, Mediator, MediatorRole
from grids.mediation.register import MediationCase
from grids.mediation.workflow import MEDIATING
from suzhou_portal.accounts.models import User
from suzhou_portal.accounts.roles import Role
from suzhou_portal.lib.demo.steps import District, step
from suzhou_portal.lib.demo.times import midnight, report_times
from suzhou_portal.lib.time import moments
from suzhou_portal.rules.models import NumberSequence

COUNT = 900
# Of those that are talked over to an end, so many fail: 94.9 % succeed, as in the article.
FAILING = 0.051
WITHDRAWN, TRANSFERRED = 0.03, 0.03
SAYINGS = Path(__file__).with_name("demo_sayings.toml")
ROLES = (MediatorRole.MEDIATOR, MediatorRole.COMMUNITY, MediatorRole.GRID_LEADER, MediatorRole.POLICE)


@dataclass(frozen=True)
class Saying:
    """What is told of one kind of dispute; see ``demo_sayings.toml``."""

    kind: DisputeKind
    weight: float
    parties: list[list[str]]
    texts: list[str]
    agreements: list[str]


@dataclass
class Story:
    """A dispute with everything that was written about it."""

    row: Mediation
    rng: Random
    events: list[MediationEvent] = field(default_factory=list)
    sessions: list[MediationSession] = field(default_factory=list)
    mediators: list[Mediator] = field(default_factory=list)

    def step(self, action: str, by: User, at: datetime, **inputs: Any) -> None:
        """Take a step of the table at ``at``."""
        with moments.pretend(at):
            before, given = self.row.status, {"note": "", **inputs}
            MEDIATING.move(self.row, action, by, given)
            self.events.append(MEDIATING.event_of(self.row, action, by, {"status": before}, given))

    def talk(self, by: User, at: datetime, said: str, role: str) -> None:
        """A session that ``role`` holds."""
        session = MediationSession(mediation=self.row, held_on=timezone.localdate(at), said=said, by=by, at=at)
        self.mediators.append(Mediator(mediation=self.row, session=session, role=role))
        self.sessions.append(session)
        self.step("session", by, at, said=said, held_on=session.held_on, roles=[role])


@step(order=160)
def mediations(district: District) -> dict[str, int]:
    """A year of them."""
    return {"调处化解": write_mediations(world_of(district), district.today, district.random(4))}


def write_mediations(world: World, today: date, rng: Random) -> int:
    """Write a year of disputes of the district; returns how many."""
    sayings = _sayings()
    weights = list(accumulate(saying.weight for saying in sayings))
    until = midnight(today)
    ends = _ends(COUNT, rng)
    stories = []
    for at, end in zip(report_times(COUNT, today, rng), ends, strict=True):
        saying = rng.choices(sayings, cum_weights=weights)[0]
        stories.append(_tell(world, saying, end, at, until, rng))
    _store(stories)
    return len(stories)


def _ends(count: int, rng: Random) -> list[str]:
    """How each ends, the failures spread evenly: the rate of the whole is that of the article."""
    kinds, owed = [], 0.5
    for _number in range(count):
        chance = rng.random()
        if chance < WITHDRAWN:
            kinds.append("withdraw")
        elif chance < WITHDRAWN + TRANSFERRED:
            kinds.append("transfer")
        else:
            owed += FAILING
            kinds.append("fail" if owed >= 1 else "succeed")
            owed -= owed >= 1
    return kinds


def _tell(world: World, saying: Saying, end: str, at: datetime, until: datetime, rng: Random) -> Story:
    grid = world.any_grid(rng)
    secretary = world.users[Role.COMMUNITY, grid.community_id]
    leader = world.user(Role.GRID, world.group_of(grid))
    by = leader if leader and rng.random() < 0.6 else secretary
    party_a, party_b = rng.choice(saying.parties)
    told = {"kind": saying.kind, "party_a": party_a, "party_b": party_b, "summary": rng.choice(saying.texts)}
    row = Mediation(registered_by=by, registered_at=at, grid=grid, **told)
    row.clean()
    story = Story(row, rng)
    story.events.append(MediationEvent(mediation=row, at=at, actor=by, action="register", to_status=row.status))
    line = world.office.position(at)

    def later(hours: float) -> datetime | None:
        nonlocal line
        line += hours * 3600
        moment = world.office.at(line)
        return moment if moment < until else None

    _run(story, saying, end, secretary, later)
    return story


def _run(story: Story, saying: Saying, end: str, by: User, later: Any) -> None:
    """From the acceptance to the archive, as far as it has come by now."""
    rng = story.rng
    if (at := later(rng.uniform(1, 8))) is None:
        return
    role = rng.choice(ROLES)
    story.step("accept", by, at)
    story.mediators.append(Mediator(mediation=story.row, role=role))
    for number in range(rng.choices((1, 2, 3), (6, 3, 1))[0]):
        if (at := later(rng.uniform(6, 20))) is None:
            return
        story.talk(by, at, "分别听取双方意见，初步沟通。" if number == 0 else "当面调解，双方意见趋近。", role)
    if (at := later(rng.uniform(1, 8))) is None:
        return
    endings = {
        "succeed": {"agreement": rng.random() < 0.4, "note": rng.choice(saying.agreements)},
        "fail": {"note": "双方差距过大，未能达成一致。"},
        "transfer": {"route": rng.choice(("justice", "court", "administration")), "note": "超出调处范围。"},
        "withdraw": {"note": "双方自行和解。"},
    }
    story.step(end, by, at, **endings[end])
    if end == "succeed" and rng.random() < 0.8 and (at := later(rng.uniform(30, 60))):
        story.step("follow_up", by, at, kept=rng.random() < 0.97)
    if (at := later(rng.uniform(8, 40))) and rng.random() < 0.9:
        story.step("archive", by, at)


def _store(stories: list[Story]) -> None:
    last: Counter[int] = Counter()
    for story in stories:
        year = timezone.localdate(story.row.registered_at).year
        last[year] += 1
        story.row.number = f"{MediationCase.series.prefix}-{year}-{last[year]:06d}"
    for model, rows in (
        (Mediation, [story.row for story in stories]),
        (MediationEvent, [event for story in stories for event in story.events]),
        (MediationSession, [session for story in stories for session in story.sessions]),
        (Mediator, [mediator for story in stories for mediator in story.mediators]),
    ):
        model._default_manager.bulk_create(rows, batch_size=1000)  # unscoped: demo loader
    for year, number in last.items():
        NumberSequence.objects.update_or_create(
            series=MediationCase.series.prefix, year=year, defaults={"last": number}
        )  # unscoped: demo


def _sayings() -> list[Saying]:
    with SAYINGS.open("rb") as file:
        told = tomllib.load(file)
    kinds = {row.code: row for row in DisputeKind.objects.filter(is_active=True)}  # unscoped: demo loader
    return [Saying(kind=kinds[code], **entry) for code, entry in sorted(told.items()) if code in kinds]
