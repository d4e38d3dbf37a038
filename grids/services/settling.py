"""Open issues always stand on a grid in force: what comes to life again on an ended one moves to what became of it."""

from typing import Any

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from grids.models import Grid, GridChangePart, Issue
from grids.places import Place, place_named
from grids.services.grid_moving import move_issue

BATCH = 500


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


def settle(issue: Issue) -> bool:
    """Take the open ``issue`` (locked), with its parts and duplicates there, to what became of its grid, or to its
    community when nothing did; tells whether it had to move.
    """
    if not issue.is_open or (grid := issue.grid) is None or grid.ends is None:
        return False
    target = successor_of(grid)
    if target == grid:
        return False
    move_issue(issue, target, by=None)
    beside = Issue.objects.select_for_update(of=("self",)).filter(Q(parent=issue) | Q(merged_into=issue), grid=grid)
    for row in beside.select_related("street", "community", "grid__parent").order_by("pk"):
        move_issue(row, target, by=None)
    return True


def settle_stragglers() -> int:
    """The issues that were reported while their grid was being changed; returns how many moved."""
    late = Issue.objects.open().filter(grid__ends__lte=timezone.localdate())
    return sum(_settle(key) for key in list(late.order_by().values_list("pk", flat=True)[:BATCH]))


@transaction.atomic
def _settle(key: int) -> bool:
    issue = Issue.objects.select_for_update(of=("self",), skip_locked=True).filter(pk=key).first()
    return issue is not None and settle(issue)


def place_of_code(code: str, user: Any, verb: str) -> Place | None:
    """The place with this code in ``user``'s scope; of a grid that has ended, what became of it."""
    if (place := place_named(code, user, verb)) is not None or not (code.isascii() and code.isdigit()):
        return place
    # unscoped: only what became of it is shown, and that is looked up in scope
    ended = Grid.objects.filter(code=code, ends__isnull=False).first()
    heir = successor_of(ended) if ended is not None else None
    return place_named(heir.code, user, verb) if heir is not None else None
