"""Walking a patrol: beginning it, looking at its grids, recording what is found."""

import uuid
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone

from grids.models import (
    Area,
    Grid,
    Issue,
    IssueCategory,
    Patrol,
    PatrolChecklist,
    PatrolFinding,
    PatrolItem,
    PatrolPlan,
    PatrolStop,
)
from grids.models.categories import Level
from grids.models.issues import Source
from grids.models.patrols import FindingStatus, Handling, PatrolStatus
from grids.patrol_rights import walks
from grids.services.numbers import next_number
from grids.services.patrol_plans import own_grids
from grids.services.reporting import Report, report_issue
from grids.services.settling import successor_of
from suzhou_portal.audit.describing import name_actions
from suzhou_portal.lib.rows import records
from suzhou_portal.lib.time import moments

SERIES = "XC"  # 巡查
LEVEL_OF = {Handling.HANDED: Level.COMMUNITY, Handling.SUPERVISED: Level.STREET}
OVER = "本次巡查已结束或作废，不能再登记。请另开始一次巡查。"
name_actions({"patrol.start": "开始巡查", "patrol.add": "增加点位"}, group="片区巡查")
name_actions({"patrolstop.look": "已查看", "patrolstop.unlook": "取消已查看"}, group="片区巡查")
name_actions({"patrolfinding.find": "登记发现"}, group="片区巡查")


def open_patrol(area: int) -> Patrol | None:
    """The patrol of the area with this key that has not ended. One query."""
    return Patrol.objects.filter(area=area, status=PatrolStatus.OPEN).first()


def start_patrol(area: Area, *, by: Any, planned: bool = True) -> Patrol:
    """Begin a patrol of ``area`` by its plan in force (or without: of all its grids) and return it.

    Where one is open already, that one: leaders of the same area walk it together. Raises
    ``PermissionDenied`` for whoever does not lead the area, ``ValidationError`` without grids or checklist.
    """
    if not walks(area.pk, by):
        raise PermissionDenied
    return open_patrol(area.pk) or _start(area, by, planned)


@transaction.atomic
def _start(area: Area, by: Any, planned: bool) -> Patrol:
    Area.objects.select_for_update().get(pk=area.pk)  # one of two leaders begins, the other then finds it begun
    if (there := open_patrol(area.pk)) is not None:
        return there
    today = timezone.localdate(moments.now())
    checklist = PatrolChecklist.objects.in_force(today)
    if checklist is None:
        raise ValidationError("还没有起用的十查清单，请联系区级维护。")
    plan = PatrolPlan.objects.in_force(today).filter(area=area).first() if planned else None
    grids = own_grids(area)
    if plan is not None:
        route = Grid.objects.current().select_related("community")
        stops = plan.stops.order_by("position").values_list("grid", flat=True)
        known = route.in_bulk(list(stops))
        grids = [known[key] for key in stops if key in known]
    if not grids:
        raise ValidationError("该片区没有在用的网格，请联系街道维护片区。")
    patrol = Patrol(
        area=area, street_id=area.street_id, plan=plan, checklist=checklist, started_on=today, started_by=by
    )
    patrol.number = next_number(today.year, SERIES)
    records.create(patrol, by=by, action="patrol.start")
    PatrolStop.objects.bulk_create(_stop(patrol, grid, position) for position, grid in enumerate(grids, 1))
    return patrol


def _stop(patrol: Patrol, grid: Grid, position: int) -> PatrolStop:
    return PatrolStop(
        patrol=patrol, grid=grid, position=position, community_id=grid.community_id, street_id=grid.street_id
    )


def _locked(patrol: int, by: Any) -> Patrol:
    """The open patrol, locked. Raises ``PermissionDenied``, or ``ValidationError`` when it is over."""
    row = Patrol.objects.select_for_update(of=("self",)).get(pk=patrol)
    if not walks(row.area_id, by):
        raise PermissionDenied
    if not row.is_open:
        raise ValidationError(OVER, code="over")
    return row


@transaction.atomic
def add_stop(patrol: Patrol, grid: Grid, *, by: Any) -> PatrolStop:
    """Add a grid of the area to the places of an open patrol; there already: that one."""
    row = _locked(patrol.pk, by)
    stops = PatrolStop.objects.filter(patrol=row)
    if (there := stops.filter(grid=grid).first()) is not None:
        return there
    if grid.pk not in Grid.objects.of_areas([row.area_id]).get(row.area_id, frozenset()):
        raise ValidationError({"grid": "所选网格不在本片区。"})
    last = stops.order_by("-position").values_list("position", flat=True).first()
    stop: Any = records.create(_stop(row, grid, (last or 0) + 1), by=by, action="patrol.add")
    return stop


@transaction.atomic
def look(stop: PatrolStop, *, by: Any) -> PatrolStop:
    """Note that the grid was looked at along the checklist; noted already: nothing happens."""
    _locked(stop.patrol_id, by)
    fresh = PatrolStop.objects.get(pk=stop.pk)
    if fresh.looked_on is not None:
        return fresh
    today = timezone.localdate(moments.now())
    row: Any = records.update(fresh, {"looked_on": today}, by=by, action="patrolstop.look")
    return row


@transaction.atomic
def unlook(stop: PatrolStop, *, by: Any) -> PatrolStop:
    """Take that back, marked by mistake. Raises ``ValidationError`` while findings of the grid are kept."""
    _locked(stop.patrol_id, by)
    if PatrolFinding.objects.filter(stop=stop.pk).exclude(status=FindingStatus.WITHDRAWN).exists():
        raise ValidationError("该网格已登记发现，先撤回发现，再取消已查看。")
    row: Any = records.update(stop, {"looked_on": None}, by=by, action="patrolstop.unlook")
    return row


# --- findings -------------------------------------------------------------------------


@dataclass(frozen=True)
class Found:
    """What an area leader says of a finding. ``place`` is a grid below that of the stop, where it is known more
    exactly. ``remedy`` belongs to what was fixed on the spot, ``category``
    (default: the item's) and ``address`` to what is handed over. ``submission_key``: sent twice, stored once.
    """

    stop: PatrolStop
    item: PatrolItem
    description: str
    handling: str
    remedy: str = ""
    category: IssueCategory | None = None
    address: str = ""
    place: Grid | None = None
    submission_key: uuid.UUID | None = None


def record_finding(found: Found, *, by: Any) -> PatrolFinding:
    """Store a finding of an open patrol and return it; what is handed over becomes an issue in the same stroke.

    The same ``submission_key`` again gives the first finding. Raises ``PermissionDenied``, or
    ``ValidationError`` with messages per field.
    """
    return _submitted(found) or _store(found, by)


def _submitted(found: Found) -> PatrolFinding | None:
    if found.submission_key is None:
        return None
    return PatrolFinding.objects.filter(submission_key=found.submission_key, patrol=found.stop.patrol_id).first()


def _same(found: Found, patrol: Patrol) -> PatrolFinding | None:
    """The finding that says the same already: sent again from a page that was opened anew after a lost answer."""
    rows = PatrolFinding.objects.filter(patrol=patrol, stop=found.stop, item=found.item, handling=found.handling)
    return rows.exclude(status=FindingStatus.WITHDRAWN).filter(description=found.description.strip()).first()


def places_within(stop: PatrolStop) -> frozenset[int]:
    """The keys of the stop's grid and those below. One query."""
    return Grid.objects.descendants_of([stop.grid_id])[stop.grid_id]


def _check(found: Found, patrol: Patrol) -> None:
    errors = {}
    if found.place is not None and found.place.pk not in places_within(found.stop):
        errors["place"] = "所选地点不在本网格内。"
    if found.item.checklist_id != patrol.checklist_id:
        errors["item"] = "所选检查项不在本次巡查的清单中。"
    if not found.description.strip():
        errors["description"] = "请填写发现的问题。"
    if found.handling == Handling.ON_SPOT and not found.remedy.strip():
        errors["remedy"] = "请填写现场是怎么整改的。"
    if found.handling != Handling.ON_SPOT and not (found.category or found.item.category_id):
        errors["category"] = "请选择事件分类。"
    if errors:
        raise ValidationError(errors)


@transaction.atomic
def _store(found: Found, by: Any) -> PatrolFinding:
    patrol = _locked(found.stop.patrol_id, by)
    _check(found, patrol)
    on_spot = found.handling == Handling.ON_SPOT
    stop = look(found.stop, by=by)
    if (there := _submitted(found) or _same(found, patrol)) is not None:
        return there
    grid = found.place or stop.grid
    finding = PatrolFinding(
        patrol=patrol,
        stop=stop,
        area_id=patrol.area_id,
        item=found.item,
        grid=grid,
        community_id=stop.community_id,
        street_id=stop.street_id,
        found_on=timezone.localdate(moments.now()),
        description=found.description.strip(),
        handling=found.handling,
        status=FindingStatus.FIXED if on_spot else FindingStatus.HANDED,
        remedy=found.remedy.strip() if on_spot else "",
        submission_key=found.submission_key,
    )
    if not on_spot:
        finding.issue = hand_over(finding, by=by, category=found.category, address=found.address)
    row: Any = records.create(finding, by=by, action="patrolfinding.find")
    return row


def origin_words(finding: PatrolFinding) -> str:
    """What the issue's timeline says of where it comes from."""
    handling = Handling(finding.handling).label
    return f"片区巡查 {finding.patrol.number} 发现（{finding.item.words}），{handling}"


def hand_over(finding: PatrolFinding, *, by: Any, category: IssueCategory | None = None, address: str = "") -> Issue:
    """Report the finding as an issue: of the community, or with 督办 of the street; returns the issue.

    It is in the responsible hands at once: nobody has to pass it on, whatever its category. Of a grid that has
    ended since, in those of what became of it.
    """
    found_in: Any = finding.grid
    place: Any = successor_of(found_in) or finding.community
    usual: Any = finding.item.category
    return report_issue(
        Report(
            place=place,
            category=category or usual,
            description=finding.description,
            address=address,
            source=Source.PATROL,
            level=LEVEL_OF[Handling(finding.handling)],
            note=origin_words(finding),
        ),
        by=by,
    )


def kept_findings(patrol: Patrol) -> int:
    """How many findings of ``patrol`` are not withdrawn. One query."""
    return PatrolFinding.objects.filter(patrol=patrol).exclude(status=FindingStatus.WITHDRAWN).count()
