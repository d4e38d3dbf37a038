"""Background jobs of reporters' contacts."""

from celery import shared_task

from grids.reporters import erasure
from suzhou_portal.audit.models import AuditEntry
from suzhou_portal.audit.trail import audit_context


@shared_task(name="grids.erase_contacts")
def erase_contacts() -> int:
    """Erase reporters' contacts some months after closure, with what hangs on it; returns of how many issues."""
    with audit_context(AuditEntry.Source.JOB):
        return erasure.erase_due().issues
