"""The register of areas (片区)."""

from typing import Any

from django.db.models import Q

from grids.places.models import Area, Grid
from suzhou_portal.accounts.roles import Verb
from suzhou_portal.lib.registers import Register, site
from suzhou_portal.lib.registers.tables import Computed


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
    found_by = ("name", "pinyin", "code")
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
