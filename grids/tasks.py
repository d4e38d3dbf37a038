"""Background jobs of ``grids/``: each takes no rows along and may run twice."""

from celery import shared_task

from grids.services import erasure, sweep, tallies
from suzhou_portal.audit.models import AuditEntry
from suzhou_portal.audit.trail import audit_context


@shared_task(name="grids.compact_tallies")
def compact_tallies() -> int:
    """Fold waiting deltas into the tallies, batch by batch; returns how many were folded."""
    total = 0
    while folded := tallies.fold_deltas():
        total += folded
        if folded < tallies.FOLD_BATCH:
            break
    return total


@shared_task(name="grids.sweep")
def sweep_issues() -> int:
    """Let suspended clocks go on, remind, let climb, ask again for replies; returns how many rows were acted on."""
    return sum(part() for part in (sweep.resume, sweep.remind, sweep.climb, sweep.ask_again))


@shared_task(name="grids.erase_contacts")
def erase_contacts() -> int:
    """Erase reporters' contacts some months after closure; returns of how many issues."""
    with audit_context(AuditEntry.Source.JOB):
        return erasure.erase_due().issues
