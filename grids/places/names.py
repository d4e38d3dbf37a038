"""Names of places, categories and organisations for hot lists, without joins.

A few hundred short names, kept by each process (``lib.rows.kept``): lists of issues name their
places from here. A saved change of one of these models has them read again at once.
"""

from dataclasses import dataclass, field
from typing import Any

from communities.directory.models import Community
from grids.categories.models import IssueCategory
from grids.places.models import Grid, grid_called
from streets.hub.models import Street
from streets.organisations.models import Organisation
from suzhou_portal.lib.rows.kept import Kept


@dataclass(frozen=True)
class Named:
    """A row reduced to what lists show; ``upper`` is the key of the row above it, 0 for none."""

    pk: int
    code: str
    name: str
    upper: int = 0
    active: bool = True


@dataclass(frozen=True)
class Names:
    """Primary key → :class:`Named`, each in official order. ``grids`` holds the top grids only
    (居民小组), their ``upper`` being the community.
    """

    streets: dict[int, Named]
    communities: dict[int, Named]
    grids: dict[int, Named]
    categories: dict[int, Named]
    organisations: dict[int, Named]
    all_grids: dict[int, Named] = field(default_factory=dict)  # filled as asked for: see grids_named

    def categories_below(self, pk: int) -> list[int]:
        """The category ``pk`` itself and, for a group, the kinds under it."""
        return [pk, *(row.pk for row in self.categories.values() if row.upper == pk)]


def _rows(rows: Any, *columns: str) -> dict[int, Named]:
    return {
        pk: Named(pk, code, name, *rest) for pk, code, name, *rest in rows.order_by("code").values_list("pk", *columns)
    }


def _load() -> Names:
    organisations = {
        row.pk: Named(row.pk, row.code, str(row), row.street_id or 0, row.is_active)
        for row in Organisation.objects.order_by("code").only("code", "name", "short_name", "street_id", "is_active")
    }
    categories = {
        pk: Named(pk, code, name, upper or 0, active)
        for pk, code, name, upper, active in IssueCategory.objects.order_by("code").values_list(
            "pk", "code", "name", "parent_id", "is_active"
        )
    }
    return Names(
        streets=_rows(Street.objects, "code", "name"),
        communities=_rows(Community.objects, "code", "name", "street_id"),
        grids=_rows(Grid.objects.current().filter(parent=None), "code", "name", "community_id"),
        categories=categories,
        organisations=organisations,
    )


_KEPT = Kept(
    "grids.names",
    _load,
    of=("streets.Street", "streets.Organisation", "communities.Community", "grids.Grid", "grids.IssueCategory"),
)
forget = _KEPT.forget


def names() -> Names:
    """The names as they stand; five queries when they are not kept, else none."""
    return _KEPT.get()


def grids_named(keys: set[int]) -> dict[int, Named]:
    """The grids ``keys`` (and any others that happen to be kept), past ones too, by primary key.

    A building is named with its compound, as ``grids.places.finding.describe`` does; ``upper`` is its
    community. At most one query, for those not kept yet.
    """
    known = names().all_grids
    if missing := keys - known.keys():
        # unscoped: names of the places of rows that the caller has fetched in scope
        rows = Grid.objects.filter(pk__in=missing).order_by()
        for pk, code, name, kind, above, community in rows.values_list(
            "pk", "code", "name", "kind", "parent__name", "community_id"
        ):
            known[pk] = Named(pk, code, grid_called(name, kind, above), community)
    return known
