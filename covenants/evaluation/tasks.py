"""Background jobs of the run of covenants: of the evaluation, and of the commitments before it."""

from celery import shared_task

from covenants.deliveries.reminders import remind, tell_late
from covenants.evaluation.services import close_evaluations, end_terms
from suzhou_portal.audit.models import AuditEntry
from suzhou_portal.audit.trail import audit_context


@shared_task(name="covenants.sweep")
def sweep_covenants() -> int:
    """End terms and evaluations, remind, tell what is late; returns how many rows were acted on."""
    with audit_context(AuditEntry.Source.JOB):
        return sum(part() for part in (end_terms, close_evaluations, remind, tell_late))
