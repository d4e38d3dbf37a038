"""Registers of the plans of patrols, and of what was not visited for long."""

from typing import Any

from django.db import models
from django.db.models import Count, F, Q, QuerySet

from grids.patrols import plans as patrol_plans
from grids.patrols.models import PatrolPlan, PatrolPlanStop, PatrolStop
from grids.places.filters import BelowFilter, CurrentFilter
from suzhou_portal.accounts.roles import Verb
from suzhou_portal.lib.cases import Awaited, Wait
from suzhou_portal.lib.registers import Register, site
from suzhou_portal.lib.registers.filters import yes_no_filter
from suzhou_portal.lib.registers.tables import Computed


class OfAreas(Register):
    """Rows of areas: one filters by the areas that one sees rows of, not by all of the street."""

    def filter_choices(self, name: str, user: Any) -> Any:
        """See the base."""
        rows = super().filter_choices(name, user)
        if name != "area" or user is None:
            return rows
        seen = self.model._default_manager.visible_to(user, self.view_verb)
        return rows.filter(pk__in=seen.order_by().values(self.paths.get(name, name)))

    def offers_by_scope(self, name: str) -> bool:
        """Areas come and go with the rows that name them, and these with their parts; nothing else decides."""
        return True

    def deciding(self, name: str) -> tuple[type[models.Model], ...]:
        """See :meth:`offers_by_scope`."""
        more = (self.model, PatrolPlanStop, PatrolStop) if name == "area" else ()
        return (*super().deciding(name), *more)


@site.register
class PatrolPlanRegister(OfAreas):
    """巡查计划: one in force per area. A new one ends the one before."""

    model = PatrolPlan
    name = "patrol-plans"
    view_verb, edit_verb = Verb.PATROLS_VIEW, Verb.PATROLS_PLAN
    title_column = "title"
    columns = ("title", "street", "how_often", "grids", "starts", "ends")
    more_columns = ("note",)
    details = ("area", "street", "how_often", "route", "starts", "ends", "note")
    computed = {
        "title": Computed("片区", lambda plan: str(plan.area), order="area__code"),
        "how_often": Computed("巡查周期", lambda plan: plan.rhythm_words, order="rhythm"),
        "grids": Computed("网格数", lambda plan: plan.grids, order="grids", number=True),
    }
    filters = ("street", "area", "current")
    filterset_class = CurrentFilter
    search = ("area__name", "area__pinyin", "area__code")
    fields = ("area", "rhythm", "route", "starts", "ends", "note")
    together = (("starts", "ends"),)
    create_only = ("area", "starts")

    def queryset(self) -> Any:
        """With the area and how many grids the route has."""
        return super().queryset().select_related("area").annotate(grids=Count("stops"))

    def create(self, values: dict[str, Any], *, by: Any, reason: str = "") -> Any:
        """Lay the route; the plan before ends."""
        return self.kept(lambda: patrol_plans.establish(PatrolPlan(**values), by=by, reason=reason), by)

    def update(self, obj: Any, values: dict[str, Any], *, by: Any, version: int | None = None, reason: str = "") -> Any:
        """Lay the route anew where it is another."""
        return self.kept(lambda: patrol_plans.change(obj, values, by=by, version=version, reason=reason), by)


class RouteGridFilter(BelowFilter):
    """By whether nobody has looked for longer than the rhythm; by area."""

    overdue = yes_no_filter(method="only_overdue", label="超过周期")

    def only_overdue(self, rows: QuerySet, name: str, value: bool) -> QuerySet:
        """Grids that wait (True), or those looked at in time (False)."""
        late = patrol_plans.overdue()
        return rows.filter(late) if value else rows.exclude(pk__in=rows.filter(late).order_by().values("pk"))


def waiting_words(stop: Any) -> str:
    """How long nobody has looked: "超过周期，已 20 天"."""
    days = patrol_plans.days_since(stop)
    if not days and stop.last_looked:
        return "今天看过"
    return f"超过周期，已 {days} 天" if days > stop.plan.rhythm else f"周期内，已 {days} 天"


def not_visited(user: Any) -> Q | None:
    """Grids of the areas that ``user`` leads where nobody has looked for longer than the rhythm."""
    areas = user.scope_for(Verb.PATROLS_WALK).areas
    return Q(pk__in=patrol_plans.waiting_in(areas).order_by().values("pk")) if areas else None


@site.register
class RouteGridRegister(OfAreas, Awaited):
    """网格巡查情况: all grids of the routes, the longest not visited first. Read-only: patrols look at them."""

    model = PatrolPlanStop
    name = "patrol-route-grids"
    view_verb = Verb.PATROLS_VIEW
    title_column = "where"
    columns = ("where", "community", "in_area", "how_often", "last", "waiting")
    more_columns = ("street",)
    details = ("where", "community", "street", "in_area", "how_often", "last", "waiting")
    computed = {
        "where": Computed("网格", lambda stop: stop.grid.full_name, order="grid__code"),
        "in_area": Computed("片区", lambda stop: str(stop.plan.area), order="plan__area__code"),
        "how_often": Computed("巡查周期", lambda stop: stop.plan.rhythm_words, order="plan__rhythm"),
        "last": Computed("上次巡查", lambda stop: stop.last_looked or "未巡查过", order="last_looked"),
        "waiting": Computed("距今", waiting_words),
    }
    filters = ("street", "community", "grid", "overdue", "area")
    open_filters = ("waiting", "overdue", "area", "community")
    paths = {"area": "plan__area"}
    filterset_class = RouteGridFilter
    waits = (Wait("late", "久未巡查的网格", "个", not_visited, step="巡查"),)
    named_by, told_by = "grid__name", "plan__area__name"
    search = ("grid__name", "grid__pinyin", "grid__code", "plan__area__name")

    def __init__(self, site: Any) -> None:
        super().__init__(site)
        self.title = "网格巡查情况"

    def called(self, obj: Any) -> str:
        """The grid."""
        return f"{obj.community} {obj.grid.full_name}"

    def queryset(self) -> Any:
        """Of plans in force."""
        # unscoped: rows() narrows it
        rows = patrol_plans.stops_in_force()
        rows = rows.select_related("grid__parent", "community", "street", "plan__area")
        return rows.order_by(F("last_looked").asc(nulls_first=True), "plan__area__code", "position")
