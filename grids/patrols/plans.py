"""Plans of patrols: making and changing them, and what is due by them."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F, Max, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from grids.changes.moving import Operation, goes_along
from grids.patrols.models import PatrolPlan, PatrolPlanStop, PatrolStatus, PatrolStop
from grids.places.models import Area, Grid
from suzhou_portal.accounts.roles import Role
from suzhou_portal.lib.registers.choices import pick
from suzhou_portal.lib.rows import records
from suzhou_portal.lib.rows.kept import Kept
from suzhou_portal.lib.rows.written import depends_on
from suzhou_portal.notices.models import Kind
from suzhou_portal.notices.services import enqueue


def grids_in(area: Area) -> QuerySet[Grid]:
    """The grids in force of an area, with those below, in the order of their codes."""
    keys = Grid.objects.of_areas([area.pk]).get(area.pk, frozenset())
    return Grid.objects.current().filter(pk__in=keys).select_related("parent", "community").order_by("code")


def own_grids(area: Area) -> list[Grid]:
    """The grids in force that the area names itself: what a patrol without a route looks at."""
    return list(area.grids.current().select_related("parent", "community").order_by("code"))


def read_route(text: str, area: Area) -> list[Grid]:
    """The grids that the lines of ``text`` name, in order; of an empty text all that the area names itself.

    Raises ``ValidationError`` that names the line.
    """
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if not lines:
        return own_grids(area)
    rows = grids_in(area)
    found: list[Grid] = []
    for number, line in enumerate(lines, 1):
        try:
            grid: Any = pick(rows, "code", line)
        except ValidationError as error:
            raise ValidationError(f"第 {number} 行：{'；'.join(error.messages)}") from error
        if grid is None:
            raise ValidationError(f"第 {number} 行不是本片区的在用网格：{line[:40]}。")
        if grid in found:
            raise ValidationError(f"第 {number} 行与前面重复：{line[:40]}。")
        found.append(grid)
    return found


def route_text(grids: Iterable[Grid]) -> str:
    """The route as :func:`read_route` reads it: a line "code name" for each grid."""
    return "\n".join(f"{grid.code} {grid.full_name}" for grid in grids)


def _routed(plan: PatrolPlan) -> list[Grid]:
    """The grids of the plan's route, which is then written out. Raises ``ValidationError`` under ``route``."""
    try:
        grids = read_route(plan.route, plan.area)
    except ValidationError as error:
        raise ValidationError({"route": error.messages}) from error
    if not grids:
        raise ValidationError({"route": "该片区还没有网格，请先在片区中选择。"})
    plan.route = route_text(grids)
    return grids


LOOKS = PatrolStop.objects.filter(looked_on__isnull=False).exclude(patrol__status=PatrolStatus.VOID)


def note_looks(grids: Iterable[int]) -> None:
    """Have the stops of plans in these ``grids`` (keys) say when a patrol last looked there. Whatever writes a look, or
    a stop, calls it in the same transaction: lists sort by it.
    """
    looks = LOOKS.filter(grid=OuterRef("grid")).order_by().values("grid").annotate(last=Max("looked_on"))
    PatrolPlanStop.objects.filter(grid__in=grids).update(last_looked=Subquery(looks.values("last")))


def _lay(plan: PatrolPlan, grids: list[Grid]) -> None:
    plan.stops.all().delete()
    PatrolPlanStop.objects.bulk_create(
        PatrolPlanStop(plan=plan, position=position, grid=grid, community=grid.community, street_id=grid.street_id)
        for position, grid in enumerate(grids, 1)
    )
    note_looks([grid.pk for grid in grids])


@transaction.atomic
def establish(plan: PatrolPlan, *, by: Any, reason: str = "") -> PatrolPlan:
    """Store a new plan with its route; the plan of the area that has no end ends when this one starts.

    Raises ``ValidationError`` with messages per field.
    """
    Area.objects.select_for_update().get(pk=plan.area_id)
    grids = _routed(plan)
    before = PatrolPlan.objects.filter(area=plan.area_id, ends=None, starts__lt=plan.starts).first()
    if before is not None:
        records.update(before, {"ends": plan.starts}, by=by, reason="由新的巡查计划接替")
    records.create(plan, by=by, reason=reason)
    _lay(plan, grids)
    return plan


@transaction.atomic
def change(
    plan: PatrolPlan, values: dict[str, Any], *, by: Any, version: int | None = None, reason: str = ""
) -> PatrolPlan:
    """Change a plan; patrols that were begun by it keep their route. See ``lib.rows.records.update``."""
    if "route" in values:
        draft = PatrolPlan(area=plan.area, route=values["route"])
        grids = _routed(draft)
        values = {**values, "route": draft.route}
    fresh: Any = records.update(plan, values, by=by, version=version, reason=reason)
    if "route" in values and fresh.version != plan.version:
        _lay(fresh, grids)
    return fresh


# --- when grids change ---------------------------------------------------------------


def _became(operation: Operation, grid: Grid) -> list[Grid]:
    """What became of ``grid``: itself where it does not change, all parts of a split, nothing where it is closed."""
    if grid not in operation.heirs:
        return [grid]
    heir = operation.heirs[grid]
    return [heir, *operation.spread.get(grid, ())] if heir else []


@goes_along
def move_routes(operation: Operation) -> None:
    """The routes of plans go on with the successors that lie in their area: else these would be looked at by nobody,
    and missed by nobody. So do the places of open patrols that nobody has looked at yet.
    """
    ending = [grid.pk for grid in operation.heirs]
    touched = PatrolPlanStop.objects.filter(grid__in=ending).order_by().values("plan")
    today = timezone.localdate()
    plans = PatrolPlan.objects.select_for_update(of=("self",)).filter(pk__in=touched)
    for plan in plans.filter(Q(ends=None) | Q(ends__gt=today)).order_by("pk"):
        within = Grid.objects.of_areas([plan.area_id]).get(plan.area_id, frozenset())
        stops = plan.stops.select_related("grid__parent", "grid__community").order_by("position")
        found = dict.fromkeys(grid for stop in stops for grid in _became(operation, stop.grid) if grid.pk in within)
        if grids := list(found):
            _lay(operation.update(plan, {"route": route_text(grids)}), grids)
    open_stops = PatrolStop.objects.filter(patrol__status=PatrolStatus.OPEN, looked_on=None, grid__in=ending)
    for stop in open_stops.select_related("grid", "patrol").order_by("patrol", "position"):
        _move_stop(operation, stop)


def _move_stop(operation: Operation, stop: PatrolStop) -> None:
    """Where its successors are on the patrol already, or lie in another area, it stays and says so."""
    area = stop.patrol.area_id
    free = Grid.objects.of_areas([area]).get(area, frozenset()) - set(
        PatrolStop.objects.filter(patrol=stop.patrol_id).values_list("grid", flat=True)
    )
    for grid in _became(operation, stop.grid):
        if grid.pk not in free:
            continue
        values = {"grid": grid, "community": grid.community, "street": grid.street}
        if stop.grid_id in {row.pk for row in operation.heirs}:
            operation.update(stop, values)
            stop.grid = grid
        else:
            operation.create(PatrolStop(patrol=stop.patrol, position=stop.position, **values))


# --- what is due ----------------------------------------------------------------------


def stops_in_force(on: date | None = None) -> QuerySet[PatrolPlanStop]:
    """The stops of the plans in force whose grid is."""
    day = on or timezone.localdate()
    rows = PatrolPlanStop.objects.filter(plan__starts__lte=day, grid__starts__lte=day)
    return rows.filter(Q(plan__ends=None) | Q(plan__ends__gt=day), Q(grid__ends=None) | Q(grid__ends__gt=day))


def _rhythms() -> frozenset[int]:
    return frozenset(PatrolPlan.objects.order_by().values_list("rhythm", flat=True).distinct())


# Every dashboard asks which grids nobody has looked at for long.
RHYTHMS_IN_USE = Kept("grids.patrol_rhythms", _rhythms, of=("grids.PatrolPlan",))
depends_on("grids.PatrolPlan")


def overdue(on: date | None = None) -> Q:
    """The condition on stops that nobody has looked there for longer than the plan's rhythm.

    What was never looked at counts from the start of the plan, or of the grid where that began later. No query
    while the rhythms are kept.
    """
    day = on or timezone.localdate()
    found = Q(pk__in=[])
    for rhythm in RHYTHMS_IN_USE.get():
        since = day - timedelta(days=rhythm)
        never = Q(last_looked=None, plan__starts__lt=since, grid__starts__lt=since)
        found |= Q(plan__rhythm=rhythm) & (Q(last_looked__lt=since) | never)
    return found


def waiting_in(areas: Iterable[int]) -> QuerySet[PatrolPlanStop]:
    """The stops of the plans of these areas (keys) where nobody has looked for longer than the rhythm."""
    return stops_in_force().filter(overdue(), plan__area__in=areas)


def waits_since(stop: Any) -> date:
    """The day of the last look; where nobody ever has looked, the start of the plan or (later) of the grid."""
    day: date = stop.last_looked or max(stop.plan.starts, stop.grid.starts)
    return day


def days_since(stop: Any, on: date | None = None) -> int:
    """For how many days nobody has looked."""
    return ((on or timezone.localdate()) - waits_since(stop)).days


def remind() -> int:
    """Tell the leaders of areas where grids have waited for longer than the rhythm; returns how many areas.

    Once per plan and waiting: told again when another grid has begun to wait the longest. Safe to run again.
    """
    waiting: dict[int, list[Any]] = {}
    rows = stops_in_force().filter(overdue()).select_related("plan__area", "grid").order_by(F("plan_id"))
    for stop in rows:
        waiting.setdefault(stop.plan_id, []).append(stop)
    for plan, stops in waiting.items():
        oldest = min(map(waits_since, stops))
        area = stops[0].plan.area
        enqueue(
            title=f"{area}有 {len(stops)} 个网格超过巡查周期未看",
            url="/patrols/",
            roles=(Role.AREA,),
            place={"area": area.pk},
            kind=Kind.SOON,
            dedupe_key=f"patrol-due:{plan}:{oldest}",
        )
    return len(waiting)
