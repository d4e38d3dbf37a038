"""Background jobs of the accounts; each may run twice."""

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from suzhou_portal.accounts.models import IdempotentRequest

KEPT = timedelta(days=7)


@shared_task(name="accounts.forget_idempotent_requests")
def forget_idempotent_requests() -> int:
    """Delete the answers kept for repeated requests after seven days; returns how many."""
    deleted, _ = IdempotentRequest.objects.filter(created_at__lt=timezone.now() - KEPT).delete()
    return deleted
