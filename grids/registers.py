"""Registers of the grids, their leaders, the areas, the grid's history, the categories, letters and visits."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from grids.forms import RoutingRuleForm
from grids.models import (
    Area,
    ClockRequest,
    Grid,
    GridChange,
    GridPost,
    IssueCategory,
    ReturnVisit,
    RoutingRule,
    StepLimit,
    Supervision,
)
from grids.models.issues import Holder
from grids.services.grid_changes import establish, next_code
from grids.views.rules import RuleCreate, RuleDetail, RuleEdit
from suzhou_portal.accounts.roles import Verb
from suzhou_portal.lib.filters import RegisterFilterSet, yes_no_filter
from suzhou_portal.lib.registers import Link, Register, Related, site
from suzhou_portal.lib.tables import Computed


def in_force() -> Q:
    """Begun and not ended, as of today."""
    today = timezone.localdate()
    return Q(starts__lte=today) & (Q(ends=None) | Q(ends__gt=today))


class CurrentFilter(RegisterFilterSet):
    """Adds 在用/在任: rows in force today, or those that are not."""

    current = yes_no_filter(method="only_current", label="现行")

    def only_current(self, rows: QuerySet, name: str, value: bool) -> QuerySet:
        """Rows in force today (True) or not (False)."""
        return rows.filter(in_force()) if value else rows.exclude(in_force())


class GridPostFilter(CurrentFilter):
    """A grid means the grids below it, too."""

    def filter_queryset(self, queryset: QuerySet) -> QuerySet:
        """See django-filter; the grid is taken with those below."""
        grid = self.form.cleaned_data.get("grid")
        if grid is None:
            return super().filter_queryset(queryset)
        self.form.cleaned_data["grid"] = None
        try:
            rows = super().filter_queryset(queryset)
        finally:
            self.form.cleaned_data["grid"] = grid
        return rows.filter(Q(grid=grid) | Q(grid__parent=grid) | Q(grid__parent__parent=grid))


class GridFilter(CurrentFilter):
    """With a short word for the party bodies."""

    has_party_branch = yes_no_filter(field_name="has_party_branch", label="党支部/党小组")


@site.register
class GridRegister(Register):
    """网格. Its place in the grid changes by dated operations (``grid_changes``), never by editing."""

    model = Grid
    name = "grids"
    view_verb, edit_verb = Verb.PLACES_VIEW, Verb.GRIDS_EDIT
    key = "code"
    columns = ("code", "name", "kind", "community", "parent", "leader", "households")
    more_columns = ("street", "has_party_branch", "group_chats", "boundary", "starts", "ends")
    computed = {"leader": Computed("网格长", lambda grid: grid.leader, order="leader")}
    filters = ("street", "community", "kind", "has_party_branch", "current")
    filterset_class = GridFilter
    search = ("name", "pinyin", "code")
    fields = (
        *("community", "parent", "kind", "name", "code", "households", "has_party_branch", "group_chats"),
        *("boundary", "starts"),
    )
    create_only = ("community", "parent", "kind", "code", "starts")
    optional = {"code": "留空则自动编号。"}
    import_key = "code"
    related = (Related("grid-posts", "grid"),)
    long = True
    pickable = Q(ends=None)

    def queryset(self) -> Any:
        """With the name of the leader in office."""
        # unscoped: joined to grids, which are fetched in scope
        leaders = GridPost.objects.current().filter(grid=OuterRef("pk"), kind=GridPost.Kind.LEADER)
        return super().queryset().annotate(leader=Subquery(leaders.values("name")[:1]))

    def create(self, values: dict[str, Any], *, by: Any, reason: str = "") -> Any:
        """On record as a founding; an empty code becomes the next free one under the grid or community above."""
        above = values.get("parent") or values.get("community")
        if not values.get("code") and above is not None:
            try:
                values = {**values, "code": next_code(above)}
            except ValidationError as error:
                raise ValidationError({"code": error.messages}) from error
        return self.kept(lambda: establish(Grid(**values), by=by, reason=reason), by)

    def describe(self, obj: Grid) -> str:
        """With its community, a building with its compound: names like 1号楼 are many."""
        return f"{obj.community} {obj.full_name}"


@site.register
class GridPostRegister(Register):
    """网格长任职. A new leader ends the old term: 更换网格长 is a dated change of the grid."""

    model = GridPost
    name = "grid-posts"
    view_verb, edit_verb = Verb.ROSTERS_VIEW, Verb.GRIDS_EDIT
    columns = ("name", "kind", "where", "community", "telephone", "starts", "ends")
    more_columns = ("street",)
    details = columns
    computed = {"where": Computed("网格", lambda post: post.grid.full_name, order="grid__code")}
    filters = ("street", "community", "grid", "kind", "current")
    filterset_class = GridPostFilter
    search = ("name", "grid__name", "grid__pinyin", "grid__code")
    fields = ("grid", "kind", "name", "telephone", "starts", "ends")
    create_only = ("grid", "kind")

    def queryset(self) -> Any:
        """With the grid above, which tells one 1号楼 from another."""
        return super().queryset().select_related("grid__parent")


def parts_of_area(area: Area) -> str:
    """The grids of an area by community: "民主街社区：第一居民小组、第二居民小组；…"."""
    found: dict[str, list[str]] = {}
    for grid in area.grids.all():
        found.setdefault(str(grid.community), []).append(grid.full_name)
    return "；".join(f"{community}：{'、'.join(names)}" for community, names in found.items())


@site.register
class AreaRegister(Register):
    """片区: a street's part of the city for patrols, a set of grids."""

    model = Area
    name = "areas"
    view_verb, edit_verb = Verb.PLACES_VIEW, Verb.GRIDS_EDIT
    key = "code"
    columns = ("code", "name", "street", "parts")
    computed = {"parts": Computed("所含网格", parts_of_area)}
    details = columns
    filters = ("street",)
    search = ("name", "pinyin", "code")
    fields = ("code", "name", "street", "grids")
    create_only = ("code", "street")
    import_key = "code"

    def queryset(self) -> Any:
        """With what names the grids."""
        return super().queryset().prefetch_related("grids__community", "grids__parent")

    def may_edit(self, user: Any) -> bool:
        """From the street upwards: an area reaches across communities."""
        scope = user.scope_for(self.edit_verb)
        return super().may_edit(user) and bool(scope.district or scope.streets)

    def form_choices(self, name: str, user: Any, obj: Any = None) -> Any:
        """Grids: resident groups, whose lower grids come along; and what the area already has."""
        rows = super().form_choices(name, user, obj)
        if name != "grids":
            return rows
        wanted = Q(kind=Grid.Kind.RESIDENT_GROUP)
        if obj is not None and obj.pk is not None:
            wanted = (wanted & Q(street=obj.street_id)) | Q(pk__in=obj.grids.values("pk"))
        return rows.filter(wanted)


def parts_of(change: GridChange) -> str:
    """What became what: "第1居民小组 → 第2居民小组、第3居民小组"; long lists are cut."""
    sides = []
    for side in ("before", "after"):
        names = [part.grid.name for part in change.parts.all() if part.side == side]
        sides.append("、".join(names[:4]) + (f" 等 {len(names)} 个" if len(names) > 4 else ""))
    return " → ".join(text for text in sides if text)


@site.register
class GridChangeRegister(Register):
    """网格变动: the dated history of the grid; read-only."""

    model = GridChange
    name = "grid-changes"
    view_verb = Verb.PLACES_VIEW
    title_column = "effective"
    columns = ("effective", "kind", "parts", "community", "reason", "by")
    more_columns = ("street", "at")
    computed = {"parts": Computed("网格", parts_of)}
    filters = ("street", "community", "kind")
    search = ("reason", "community__name", "community__pinyin")

    def queryset(self) -> Any:
        """With the grids that took part."""
        return super().queryset().prefetch_related("parts__grid")


@site.register
class IssueCategoryRegister(Register):
    """事件分类: two levels; issues are filed under the lower one."""

    model = IssueCategory
    name = "issue-categories"
    view_verb, edit_verb = Verb.CATALOGUES_VIEW, Verb.CATALOGUES_EDIT
    key = "code"
    columns = ("code", "name", "parent", "start_level", "limit", "limit_unit", "is_active")
    more_columns = ("keywords",)
    filters = ("parent", "start_level", "is_active")
    search = ("name", "code", "keywords")
    fields = ("code", "name", "parent", "start_level", "limit", "limit_unit", "keywords", "is_active")
    create_only = ("code", "parent")
    import_key = "code"

    def form_choices(self, name: str, user: Any, obj: Any = None) -> Any:
        """Only groups can stand above."""
        return super().form_choices(name, user, obj).filter(parent=None)

    def filter_choices(self, name: str, user: Any) -> Any:
        """Only groups have something below."""
        return super().filter_choices(name, user).filter(parent=None)


@site.register
class StepLimitRegister(Register):
    """环节时限, per category and step. Issues take them up with the step that begins next."""

    model = StepLimit
    name = "step-limits"
    view_verb, edit_verb = Verb.CATALOGUES_VIEW, Verb.CATALOGUES_EDIT
    title_column = "step"
    columns = ("applies_to", "step", "limit", "unit", "is_active", "note")
    details = columns
    computed = {"applies_to": Computed("适用分类", lambda row: str(row.category or "所有分类"), order="category__code")}
    filters = ("category", "step", "is_active")
    fields = ("category", "step", "limit", "unit", "is_active", "note")
    create_only = ("category", "step")

    def queryset(self) -> Any:
        """With the category."""
        return super().queryset().select_related("category")


@site.register
class ClockRequestRegister(Register):
    """延期、挂账的申请和审批: made and decided on the issue's page, never edited."""

    model = ClockRequest
    name = "clock-requests"
    view_verb = Verb.ISSUES_VIEW
    title_column = "what"
    columns = ("issue", "what", "asked_by", "requested_at", "level", "decision", "decided_at")
    more_columns = ("reason", "note", "ended_at")
    details = (
        *("issue", "what", "reason", "asked_by", "requested_by", "requested_at", "level", "decision"),
        *("decided_by", "decided_at", "note", "ended_at"),
    )
    computed = {
        "what": Computed("申请", lambda row: row.words, order="kind"),
        "asked_by": Computed("申请方", lambda row: str(row.organisation or Holder(row.asker).label), order="asker"),
    }
    filters = ("kind", "level", "decision")
    search = ("issue__number",)

    def queryset(self) -> Any:
        """With the organisation that asked."""
        return super().queryset().select_related("organisation")

    def links(self, obj: ClockRequest, user: Any) -> list[Link]:
        """The way to the issue."""
        return [Link("查看事件", obj.issue.get_absolute_url())]


class SupervisionFilter(RegisterFilterSet):
    """By whether a reply is awaited."""

    waiting = yes_no_filter(method="only_waiting", label="待回复")

    def only_waiting(self, rows: QuerySet, name: str, value: bool) -> QuerySet:
        """Letters that wait for their reply (True) or not (False)."""
        waiting = Q(replied_at=None, withdrawn_at=None)
        return rows.filter(waiting) if value else rows.exclude(waiting)


@site.register
class SupervisionRegister(Register):
    """督办单. Sent, answered and withdrawn on the issue's page, never edited."""

    model = Supervision
    name = "supervisions"
    view_verb = Verb.ISSUES_VIEW
    key = "number"
    title_column = "number"
    columns = ("number", "issue", "level", "to", "community", "issued_at", "due_at", "state")
    more_columns = ("street", "grid", "replied_at", "promised_on")
    details = (
        *("number", "issue", "level", "to", "street", "community", "grid", "issued_at", "issued_by", "reason"),
        *("demand", "due_at", "state", "reply", "promised_on", "replied_by", "replied_at"),
    )
    computed = {
        "to": Computed("督办对象", lambda row: str(row.organisation or row.get_addressee_display()), order="addressee"),
        "state": Computed("状态", lambda row: row.state),
    }
    filters = ("street", "community", "level", "organisation", "waiting")
    filterset_class = SupervisionFilter
    search = ("number", "issue__number")

    def queryset(self) -> Any:
        """With the organisation that it asks."""
        return super().queryset().select_related("organisation")

    def links(self, obj: Supervision, user: Any) -> list[Link]:
        """The way to the issue."""
        return [Link("查看事件", obj.issue.get_absolute_url())]


@site.register
class RoutingRuleRegister(Register):
    """路由规则: the district's, and each street's own; a street reads the district's without changing them."""

    model = RoutingRule
    name = "routing-rules"
    view_verb, edit_verb = Verb.ROUTING_VIEW, Verb.ROUTING_EDIT
    title_column = "about"
    columns = ("about", "where", "organisation", "automatic", "is_active", "note")
    details = ("about", "where", "organisation", "automatic", "is_active", "note")
    computed = {
        "about": Computed("事件分类", lambda rule: rule.category_words, order="category__code"),
        "where": Computed("地点", lambda rule: rule.place_words, order="street__code"),
    }
    filters = ("category", "street", "community", "organisation", "is_active")
    search = ("category__name", "organisation__name", "organisation__pinyin", "street__name", "community__name", "note")
    fields = ("category", "street", "community", "grid", "organisation", "automatic", "note", "is_active")
    create_only = ("category", "street", "community", "grid")
    form_class = RoutingRuleForm
    views = {**Register.views, "detail": RuleDetail, "create": RuleCreate, "edit": RuleEdit}

    def queryset(self) -> Any:
        """With the grid above, which tells one 1号楼 from another."""
        return super().queryset().select_related("grid__parent")


@site.register
class ReturnVisitRegister(Register):
    """回访记录. Recorded on the issue's page, never changed."""

    model = ReturnVisit
    name = "return-visits"
    view_verb = Verb.ISSUES_VIEW
    title_column = "at"
    columns = ("at", "issue", "community", "reached", "responded", "resolved", "satisfaction", "note", "by")
    more_columns = ("street", "grid")
    filters = ("street", "community", "reached", "responded", "resolved", "satisfaction")
    search = ("issue__number", "note")

    def links(self, obj: ReturnVisit, user: Any) -> list[Link]:
        """The way to the issue."""
        return [Link("查看事件", obj.issue.get_absolute_url())]
