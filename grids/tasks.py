"""Background jobs of ``grids/``: each takes no rows along and may run twice."""

from celery import shared_task

from grids.services import (
    erasure,
    mediations,
    patrol_photos,
    patrol_plans,
    reclock,
    resuming,
    settling,
    sweep,
    tallies,
)
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
    """Settle what stands on an ended grid, resume what was suspended until now, remind (of mediations, too), let
    climb, ask again for replies; returns how many rows were acted on.
    """
    parts = (
        settling.settle_stragglers,
        resuming.resume_due,
        sweep.remind,
        sweep.climb,
        sweep.ask_again,
        mediations.remind_overdue,
    )
    return sum(part() for part in parts)


@shared_task(name="grids.reclock")
def reclock_issues() -> int:
    """Set running clocks by a working calendar that was changed; returns how many."""
    return reclock.work_off()


@shared_task(name="grids.watch_calendar")
def watch_calendar() -> int:
    """Tell the system administrator of years without known holidays; returns how many were new."""
    return reclock.watch()


@shared_task(name="grids.erase_contacts")
def erase_contacts() -> int:
    """Erase reporters' contacts some months after closure, and personal photos of patrols; returns of how many
    issues.
    """
    with audit_context(AuditEntry.Source.JOB):
        patrol_photos.erase_due_photos()
        return erasure.erase_due().issues


@shared_task(name="grids.remind_of_patrols")
def remind_of_patrols() -> int:
    """Tell area leaders of grids that wait for longer than their plan says; returns of how many areas."""
    return patrol_plans.remind()
