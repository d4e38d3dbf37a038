"""The register of grids."""

from typing import Any

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import CharField, Q, QuerySet, Value

from grids.changes.services import establish
from grids.changes.succession import next_code
from grids.coverage.services import ASPECTS, aspects
from grids.grid_page.api import GridViewSet
from grids.grid_page.views import GridDetail
from grids.places.filters import CurrentFilter
from grids.places.leaders import with_leaders
from grids.places.models import Grid
from suzhou_portal.accounts.roles import Verb
from suzhou_portal.lib.registers import Register, Related, site
from suzhou_portal.lib.registers.filters import yes_no_filter
from suzhou_portal.lib.registers.tables import Computed


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
    title_column = "where"
    columns = ("code", "where", "kind", "community", "leader", "households")
    more_columns = ("name", "parent", "street", "has_party_branch", "group_chats", "boundary", "starts", "ends")
    computed = {
        "where": Computed("网格", lambda grid: grid.full_name, order="pinyin", tells=("name",), words=True),
        "leader": Computed("网格长", lambda grid: grid.leader, order="leader"),
    }
    joined = ("parent",)  # a building is called with its compound
    filters = ("kind", "community", "lacks", "street", "has_party_branch", "current")
    filterset_class = GridFilter
    found_by = ("name", "pinyin", "code")
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
