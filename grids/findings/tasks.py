"""Background jobs of findings."""

from celery import shared_task

from grids.findings import photos
from suzhou_portal.audit.models import AuditEntry
from suzhou_portal.audit.trail import audit_context


@shared_task(name="grids.erase_patrol_photos")
def erase_patrol_photos() -> int:
    """Erase personal photos of patrols some months after their end; returns how many."""
    with audit_context(AuditEntry.Source.JOB):
        return photos.erase_due_photos()
