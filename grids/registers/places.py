"""Registers of the grid: its places, leaders, areas and dated history."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import OuterRef, Q, Subquery

from grids.models import (
    Area,
    Grid,
    GridChange,
    GridPost,
)
from grids.registers.filtering import BelowFilter, CurrentFilter
from grids.services.grid_changes import establish, next_code
from suzhou_portal.accounts.roles import Verb
from suzhou_portal.lib.filters import yes_no_filter
from suzhou_portal.lib.registers import Register, Related, site
from suzhou_portal.lib.tables import Computed


class GridPostFilter(BelowFilter, CurrentFilter):
    """By place and by whether the term is in force."""


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
