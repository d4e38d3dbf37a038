"""Registers of the patrols: checklists, plans, what was not visited for long, patrols, findings."""

from typing import Any

import django_filters
from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from grids.api_patrols import FindingViewSet, PatrolViewSet
from grids.forms_patrols import ChecklistForm
from grids.models import Area, Patrol, PatrolChecklist, PatrolFinding, PatrolPlan, PatrolPlanStop, PatrolStop
from grids.models.checklists import PatrolField
from grids.models.patrols import FindingStatus, Handling
from grids.register.filtering import BelowFilter, CurrentFilter
from grids.services import checklists, patrol_plans
from grids.views.patrol_pages import FindingDetail, PatrolDetail
from suzhou_portal.accounts.roles import Verb
from suzhou_portal.lib.registers import Link, Register, Related, site
from suzhou_portal.lib.registers.filters import PeriodFilter, RowFilter, yes_no_filter
from suzhou_portal.lib.registers.tables import Computed

CURRENT, COMING, FORMER = "现行", "未起用", "历史"


def current_number() -> QuerySet:
    """The number of the version in force, as a subquery."""
    return PatrolChecklist.objects.begun().values("number")[:1]  # unscoped: reference data


def checklist_state(row: Any) -> str:
    """现行, 历史 or 未起用."""
    if row.number == row.current:
        return CURRENT
    return COMING if row.starts > timezone.localdate() else FORMER


@site.register
class PatrolChecklistRegister(Register):
    """十查清单: its versions. A new one begins with the text of the last; none is ever changed."""

    model = PatrolChecklist
    name = "patrol-checklists"
    view_verb, edit_verb = Verb.CATALOGUES_VIEW, Verb.CATALOGUES_EDIT
    key = "number"
    title_column = "title"
    columns = ("title", "starts", "state", "note")
    details = ("title", "starts", "state", "content", "note")
    computed = {
        "title": Computed("清单", str, order="number"),
        "state": Computed("状态", checklist_state),
    }
    fields = ("starts", "content", "note")
    form_class = ChecklistForm
    views = {**Register.views, "edit": None, "import": None, "import-errors": None, "template": None}

    def queryset(self) -> Any:
        """With the number of the version in force."""
        return super().queryset().annotate(current=Subquery(current_number()))

    def may_change(self, user: Any, obj: Any) -> bool:
        """Never: a new version takes its place."""
        return False

    def find(self, user: Any, key: str) -> Any:
        """By its number."""
        return super().find(user, key) if key.isascii() and key.isdecimal() and len(key) < 9 else None

    def create(self, values: dict[str, Any], *, by: Any, reason: str = "") -> Any:
        """Publish the version with its items."""
        return self.kept(lambda: checklists.publish(PatrolChecklist(**values), by=by, reason=reason), by)


class OfAreas(Register):
    """Rows of areas: one filters by the areas that one sees rows of, not by all of the street."""

    def filter_choices(self, name: str, user: Any) -> Any:
        """See the base."""
        rows = super().filter_choices(name, user)
        if name != "area" or user is None:
            return rows
        seen = self.model._default_manager.visible_to(user, self.view_verb)
        return rows.filter(pk__in=seen.order_by().values("area"))


@site.register
class PatrolPlanRegister(OfAreas):
    """巡查计划: one in force per area. A new one ends the one before."""

    model = PatrolPlan
    name = "patrol-plans"
    view_verb, edit_verb = Verb.PATROLS_VIEW, Verb.PATROLS_PLAN
    title_column = "title"
    columns = ("title", "street", "how_often", "grids", "starts", "ends", "note")
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


def areas_with_plans(user: Any) -> QuerySet:
    """The areas whose plan ``user`` may see."""
    if user is None:
        return Area._default_manager.none()
    plans = PatrolPlan.objects.visible_to(user, Verb.PATROLS_VIEW).order_by().values("area")
    return Area.objects.visible_to(user, Verb.PATROLS_VIEW).filter(pk__in=plans)


class RouteGridFilter(BelowFilter):
    """By whether nobody has looked for longer than the rhythm; by area."""

    overdue = yes_no_filter(method="only_overdue", label="超过周期")
    area = RowFilter(
        field_name="plan__area",
        label="片区",
        queryset=lambda request: areas_with_plans(request.user if request else None),
        to_field_name="code",
        empty_label="全部",
    )

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


@site.register
class RouteGridRegister(Register):
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
    filterset_class = RouteGridFilter
    search = ("grid__name", "grid__pinyin", "grid__code", "plan__area__name")

    def __init__(self, site: Any) -> None:
        super().__init__(site)
        self.title = "网格巡查情况"

    def queryset(self) -> Any:
        """Of plans in force, with the last look."""
        # unscoped: rows() narrows it
        rows = patrol_plans.with_looks(patrol_plans.stops_in_force())
        rows = rows.select_related("grid__parent", "community", "street", "plan__area")
        return rows.order_by(F("last_looked").asc(nulls_first=True), "plan__area__code", "position")


def looked_words(patrol: Any) -> str:
    """How far it has come: "5/7"."""
    return f"{patrol.looked}/{patrol.places}"


class PatrolFilter(PeriodFilter):
    """By the day on which it began."""

    period_field = "started_on"


@site.register
class PatrolRegister(OfAreas):
    """巡查记录: begun and walked on the phone (``grids.views.patrols``), never edited as a form."""

    model = Patrol
    name = "patrols"
    view_verb, edit_verb = Verb.PATROLS_VIEW, Verb.PATROLS_WALK
    key = "number"
    title_column = "number"
    columns = ("number", "area", "started_on", "status", "progress", "found", "on_spot")
    more_columns = ("street", "ended_on", "started_by", "note")
    details = ("number", "area", "street", "started_on", "ended_on", "status", "started_by", "checklist", "note")
    computed = {
        "progress": Computed("已查看网格", looked_words),
        "found": Computed("发现", lambda patrol: patrol.found, order="found", number=True),
        "on_spot": Computed("即查即改", lambda patrol: patrol.on_spot, order="on_spot", number=True),
    }
    filters = ("street", "area", "status")
    filterset_class = PatrolFilter
    search = ("number", "area__name", "area__pinyin")
    related = (Related("patrol-findings", "patrol"),)
    long = True
    viewset_class = PatrolViewSet
    views = {**Register.views, "detail": PatrolDetail}

    def rows(self, user: Any) -> Any:
        """With what was looked at and found, as far as ``user`` may see it: a community counts its own grids."""
        verb = self.view_verb
        stops = PatrolStop.objects.visible_to(user, verb).filter(patrol=OuterRef("pk"))
        finds = PatrolFinding.objects.visible_to(user, verb).filter(patrol=OuterRef("pk"))
        finds = finds.exclude(status=FindingStatus.WITHDRAWN)
        return (
            super()
            .rows(user)
            .select_related("area", "street", "checklist", "started_by")
            .annotate(
                places=_count(stops),
                looked=_count(stops.filter(looked_on__isnull=False)),
                found=_count(finds),
                on_spot=_count(finds.filter(handling=Handling.ON_SPOT)),
            )
        )


def _count(rows: QuerySet) -> Coalesce:
    """How many ``rows`` belong to the outer patrol."""
    counted = rows.order_by().values("patrol").annotate(count=Count("pk")).values("count")
    return Coalesce(Subquery(counted), 0)


class FindingFilter(BelowFilter, PeriodFilter):
    """By field of the checklist, by what became of it. A grid means the grids below it, too."""

    period_field = "found_on"

    field = django_filters.ChoiceFilter(
        field_name="item__field", label="领域", choices=PatrolField.choices, empty_label="全部"
    )
    handed = yes_no_filter(method="only_handed", label="交办督办")
    kept = yes_no_filter(method="only_kept", label="计入统计")

    def only_handed(self, rows: QuerySet, name: str, value: bool) -> QuerySet:
        """Handed over (True) or fixed on the spot (False)."""
        return rows.exclude(handling=Handling.ON_SPOT) if value else rows.filter(handling=Handling.ON_SPOT)

    def only_kept(self, rows: QuerySet, name: str, value: bool) -> QuerySet:
        """What figures count (True): not withdrawn."""
        withdrawn = Q(status=FindingStatus.WITHDRAWN)
        return rows.exclude(withdrawn) if value else rows.filter(withdrawn)


@site.register
class PatrolFindingRegister(OfAreas):
    """巡查发现: recorded on a patrol, corrected and confirmed on its page."""

    model = PatrolFinding
    name = "patrol-findings"
    view_verb, edit_verb = Verb.PATROLS_VIEW, Verb.PATROLS_WALK
    title_column = "found_on"
    columns = ("found_on", "where", "community", "description", "handling", "status", "issue")
    more_columns = ("street", "area", "patrol", "field", "item", "remedy", "confirmed_on", "returned")
    details = (
        *("found_on", "patrol", "area", "where", "community", "street", "field", "item", "description", "handling"),
        *("remedy", "status", "issue", "confirmed_on", "returned"),
    )
    computed = {
        "where": Computed("网格", lambda row: row.grid.full_name, order="grid__code"),
        "field": Computed("领域", lambda row: row.item.get_field_display(), order="item__field"),
    }
    filters = ("street", "community", "grid", "area", "field", "handling", "status", "handed", "kept", "patrol")
    filterset_class = FindingFilter
    search = ("description", "patrol__number", "issue__number")
    viewset_class = FindingViewSet
    views = {**Register.views, "detail": FindingDetail}

    def queryset(self) -> Any:
        """With grid, item, patrol and issue."""
        return (
            super().queryset().select_related("grid__parent", "item", "patrol", "area", "issue", "community", "street")
        )

    def links(self, obj: Any, user: Any) -> list[Link]:
        """The ways to the patrol and the issue."""
        found = [Link("查看本次巡查", obj.patrol.get_absolute_url())]
        return [*found, Link("查看事件", obj.issue.get_absolute_url())] if obj.issue else found
