"""What became of a grid that has ended."""

from typing import Any

from django.db.models import F
from django.utils import timezone

from grids.places.finding import Place, place_named
from grids.places.models import Grid, GridChangePart


def successor_of(grid: Grid) -> Grid | None:
    """What became of ``grid``: itself while in force, else the grid that took over, however many changes ago.

    None when it was closed without one. One query per change.
    """
    today, current = timezone.localdate(), grid
    while current.ends is not None and current.ends <= today:
        parts = GridChangePart.objects.filter(origin=current, side=GridChangePart.Side.AFTER, takes_over=True)
        parts = parts.exclude(grid=F("origin"))  # a new leader is no new grid
        part = parts.select_related("grid__community__street", "grid__parent").order_by("-change").first()
        if part is None:
            return None
        current = part.grid
    return current


def place_of_code(code: str, user: Any, verb: str) -> Place | None:
    """The place with this code in ``user``'s scope; of a grid that has ended, what became of it."""
    if (place := place_named(code, user, verb)) is not None or not (code.isascii() and code.isdigit()):
        return place
    # unscoped: only what became of it is shown, and that is looked up in scope
    ended = Grid.objects.filter(code=code, ends__isnull=False).first()
    heir = successor_of(ended) if ended is not None else None
    return place_named(heir.code, user, verb) if heir is not None else None
