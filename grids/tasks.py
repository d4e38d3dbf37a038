"""Background jobs of ``grids/``: each takes no rows along and may run twice."""

from celery import shared_task

from grids.services import tallies


@shared_task(name="grids.compact_tallies")
def compact_tallies() -> int:
    """Fold waiting deltas into the tallies, batch by batch; returns how many were folded."""
    total = 0
    while folded := tallies.fold_deltas():
        total += folded
        if folded < tallies.FOLD_BATCH:
            break
    return total
