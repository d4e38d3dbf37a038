"""Background jobs of ``covenants/``: each takes no rows along and may run twice."""

from celery import shared_task

from covenants.services import sweep
from suzhou_portal.audit.models import AuditEntry
from suzhou_portal.audit.trail import audit_context


@shared_task(name="covenants.sweep")
def sweep_covenants() -> int:
    """End terms and evaluations, remind, tell what is late; returns how many rows were acted on."""
    with audit_context(AuditEntry.Source.JOB):
        return sum(part() for part in (sweep.end_terms, sweep.close_evaluations, sweep.remind, sweep.tell_late))


@shared_task(name="covenants.erase_files")
def erase_covenant_files() -> int:
    """Erase attachments with personal data in time; returns how many."""
    with audit_context(AuditEntry.Source.JOB):
        return sweep.erase_files()
