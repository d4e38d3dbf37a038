"""What applying a roster and taking it back have in common: keys in pieces, dated changes of many grids at once."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from grids.places.models import Grid, GridChange, GridChangePart
from suzhou_portal.audit import trail

BATCH = 500


def parts(keys: Iterable[Any]) -> Iterable[list[Any]]:
    """``keys`` in pieces that a statement can take."""
    rows = list(keys)
    return (rows[start : start + BATCH] for start in range(0, len(rows), BATCH))


def write_changes(told: Sequence[tuple[Grid, date, str]], *, by: Any, reason: str) -> None:
    """Put 更换网格长 on record for many grids at once: (grid, effective, "old → new")."""
    changes = [
        GridChange(
            kind=GridChange.Kind.LEADER,
            effective=effective,
            reason=reason,
            street_id=grid.street_id,
            community_id=grid.community_id,
            by=by,
        )
        for grid, effective, _note in told
    ]
    GridChange.objects.bulk_create(changes, batch_size=BATCH)
    side = GridChangePart.Side.AFTER
    GridChangePart.objects.bulk_create(
        [
            GridChangePart(change=change, grid=grid, side=side, origin=grid, note=note)
            for change, (grid, _effective, note) in zip(changes, told, strict=True)
        ],
        batch_size=BATCH,
    )
    trail.record_each("grid.leader", [(change, {}) for change in changes], by=by, reason=reason)
