"""Background jobs of the tallies."""

from celery import shared_task

from grids.tallies import services


@shared_task(name="grids.compact_tallies")
def compact_tallies() -> int:
    """Fold waiting deltas into the tallies, batch by batch; returns how many were folded."""
    total = 0
    while folded := services.fold_deltas():
        total += folded
        if folded < services.FOLD_BATCH:
            break
    return total
