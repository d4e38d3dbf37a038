"""Background jobs of the accounts; each may run twice."""

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from suzhou_portal.accounts.models import IdempotentRequest
from suzhou_portal.audit.models import AuditEntry
from suzhou_portal.audit.trail import audit_context
from suzhou_portal.lib.rows import sealed

KEPT = timedelta(days=7)


@shared_task(name="accounts.forget_idempotent_requests")
def forget_idempotent_requests() -> int:
    """Delete the answers kept for repeated requests after seven days; returns how many."""
    deleted, _ = IdempotentRequest.objects.filter(created_at__lt=timezone.now() - KEPT).delete()
    return deleted


@shared_task(name="accounts.rotate_data_keys")
def rotate_data_keys() -> int:
    """Seal anew what another data key or cipher sealed (``PORTAL_DATA_KEYS``); returns how many rows."""
    with audit_context(AuditEntry.Source.JOB):
        return sealed.rotate().rows
