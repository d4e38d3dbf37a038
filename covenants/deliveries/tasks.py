"""Background jobs of deliveries."""

from celery import shared_task

from covenants.deliveries.erasing import erase_files
from suzhou_portal.audit.models import AuditEntry
from suzhou_portal.audit.trail import audit_context


@shared_task(name="covenants.erase_files")
def erase_covenant_files() -> int:
    """Erase attachments with personal data in time; returns how many."""
    with audit_context(AuditEntry.Source.JOB):
        return erase_files()
