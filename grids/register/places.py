"""Registers of the grid: its places, leaders, areas and dated history."""

from typing import Any

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import CharField, Q, QuerySet, Value

from grids.api_operations import GridViewSet
from grids.coverage import ASPECTS, aspects
from grids.models import (
    Area,
    Grid,
    GridChange,
)
from grids.register.filtering import BelowFilter, CurrentFilter
from grids.services.grid_changes import establish, next_code
from grids.views.grid_page import ChangeDetail, GridDetail, with_leaders
from suzhou_portal.accounts.roles import Verb
from suzhou_portal.lib.registers import Register, Related, site
from suzhou_portal.lib.registers.filters import yes_no_filter
from suzhou_portal.lib.registers.tables import Computed


class GridPostFilter(BelowFilter, CurrentFilter):
    """By place and by whether the term is in force."""


class GridFilter(CurrentFilter):
    """With a short word for the party bodies, and by what should be there, is there, is missing (``coverage``)."""

    has_party_branch = yes_no_filter(field_name="has_party_branch", label="党支部/党小组")
    # Figures come with these; the list does not ask for them.
    grid = django_filters.CharFilter(
        field_name="id", method="at_or_below", label="网格及下级", max_length=21, widget=forms.HiddenInput
    )
    asked = django_filters.ChoiceFilter(
        method="of_aspect", label="应有", choices=ASPECTS, empty_label="全部", widget=forms.HiddenInput
    )
    has = django_filters.ChoiceFilter(
        method="of_aspect", label="已有", choices=ASPECTS, empty_label="全部", widget=forms.HiddenInput
    )
    lacks = django_filters.ChoiceFilter(method="of_aspect", label="缺", choices=ASPECTS, empty_label="全部")

    def at_or_below(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        """The grid with this code and those below it."""
        return rows.filter(Q(code=value) | Q(parent__code=value) | Q(parent__parent__code=value))

    def of_aspect(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        """Grids that should have it; of these, those that have it, or lack it."""
        aspect = aspects()[value]
        rows = rows.filter(aspect.asked)
        return rows if name == "asked" else rows.filter(aspect.met) if name == "has" else rows.exclude(aspect.met)


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
    filters = ("street", "community", "kind", "has_party_branch", "current", "lacks")
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
    views = {**Register.views, "detail": GridDetail}
    viewset_class = GridViewSet

    def queryset(self) -> Any:
        """With the name of the leader in office."""
        return with_leaders(super().queryset())

    def rows(self, user: Any) -> Any:
        """Leaders are named to those who see rosters: not to the administrators, who see places."""
        rows = super().rows(user)
        return rows if user.can(Verb.ROSTERS_VIEW) else rows.annotate(leader=Value(None, output_field=CharField()))

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
        names = list(dict.fromkeys(part.grid.name for part in change.parts.all() if part.side == side))
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
    views = {**Register.views, "detail": ChangeDetail}

    def queryset(self) -> Any:
        """With the grids that took part."""
        return super().queryset().prefetch_related("parts__grid")
