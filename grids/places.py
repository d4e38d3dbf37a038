"""Finding places by code, name or pinyin, in a user's scope: what every form and filter uses."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Q

from communities.models import Community
from grids.models import Grid
from streets.models import Street
from suzhou_portal.lib.scoping import ScopedQuerySet

Place = Street | Community | Grid


def place_named(code: str, user: Any, verb: str | None = None) -> Place | None:
    """The place with this code in ``user``'s scope (9, 12, or 15–21 digits), or None."""
    rows: ScopedQuerySet
    if len(code) == 9:
        rows = Street.objects
    elif len(code) == 12:
        rows = Community.objects.select_related("street")
    else:
        rows = Grid.objects.current().select_related("community", "street")
    return rows.visible_to(user, verb).filter(code=code).first()


def find_places(query: str, user: Any, *, verb: str | None = None, limit: int = 20) -> list[Place]:
    """Places in scope whose name contains ``query`` or whose pinyin begins with it, upper levels first.

    An empty query gives the topmost places. Up to three queries.
    """
    query = query.strip().lower()
    found: list[Place] = []
    sources: Iterable[ScopedQuerySet] = (
        Street.objects.all(),
        Community.objects.select_related("street"),
        Grid.objects.current().select_related("community", "street"),
    )
    for rows in sources:
        rows = rows.visible_to(user, verb)
        if query:
            rows = rows.filter(
                Q(name__icontains=query) | Q(pinyin__startswith=query) | Q(pinyin__contains=f" {query}")
            )
        found.extend(rows.order_by("code")[: limit - len(found)])
        if len(found) >= limit:
            break
    return found


def describe(place: Place) -> str:
    """A place with what it lies in: ``东北街街道 民主街社区 第一居民小组``."""
    if isinstance(place, Grid):
        return f"{place.street.name} {place.community.name} {place.name}"
    if isinstance(place, Community):
        return f"{place.street.name} {place.name}"
    return place.name
