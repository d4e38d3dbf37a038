"""Walking a patrol: beginning it, looking at its grids, recording what is found."""

from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone

from grids.checklists.models import PatrolChecklist
from grids.patrols.models import Patrol, PatrolPlan, PatrolStatus, PatrolStop
from grids.patrols.plans import note_looks, own_grids
from grids.patrols.rights import walks
from grids.places.models import Area, Grid
from suzhou_portal.audit.describing import name_actions
from suzhou_portal.lib.rows import records
from suzhou_portal.lib.time import moments
from suzhou_portal.rules.numbers import next_number

SERIES = "XC"  # 巡查
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
    note_looks([row.grid_id])
    return row


@transaction.atomic
def unlook(stop: PatrolStop, *, by: Any) -> PatrolStop:
    """Take that back, marked by mistake. Raises ``ValidationError`` while findings of the grid are kept."""
    _locked(stop.patrol_id, by)
    if stop.patrol.kept_findings.filter(stop=stop.pk).exists():
        raise ValidationError("该网格已登记发现，先撤回发现，再取消已查看。")
    row: Any = records.update(stop, {"looked_on": None}, by=by, action="patrolstop.unlook")
    note_looks([row.grid_id])
    return row


def kept_findings(patrol: Patrol) -> int:
    """How many findings of ``patrol`` are not withdrawn. One query."""
    return int(patrol.kept_findings.count())
