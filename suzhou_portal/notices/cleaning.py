"""Forgetting what nobody looks at any more, by the district's parameters."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef
from django.utils import timezone

from suzhou_portal.notices.models import Delivery, DigestRun, Notice, OutboxMessage
from suzhou_portal.notices.parameters import KEEP_DELIVERIES, KEEP_READ, KEEP_UNREAD
from suzhou_portal.rules.parameters import parameter

# Rows of one statement: no lock is held for long.
BATCH = 5000
NEVER_SENT = (Delivery.State.DEAD, Delivery.State.JOINED, Delivery.State.WITHDRAWN)


def _before(days: str) -> datetime:
    return timezone.now() - timedelta(days=parameter(days))


def _delete(rows: Any) -> int:
    """Delete ``rows`` batch by batch; returns how many."""
    total = 0
    while keys := list(rows.order_by().values_list("pk", flat=True)[:BATCH]):
        rows.model.objects.filter(pk__in=keys)._raw_delete(rows.db)
        total += len(keys)
    return total


def forget_old() -> dict[str, int]:
    """Delete old rows; returns how many of each kind. Safe to run twice.

    A message goes when nobody's inbox and no delivery refers to it any more; so a ``dedupe_key``
    holds at least as long as the shortest of these times.
    """
    old_outbox = OutboxMessage.objects.filter(delivered_at__lt=_before(KEEP_DELIVERIES)).exclude(
        Exists(Notice.objects.filter(message=OuterRef("pk"))) | Exists(Delivery.objects.filter(message=OuterRef("pk")))
    )
    return {
        "sent": _delete(Delivery.objects.filter(sent_at__lt=_before(KEEP_DELIVERIES))),
        "dead": _delete(Delivery.objects.filter(state__in=NEVER_SENT, created_at__lt=_before(KEEP_UNREAD))),
        "read": _delete(Notice.objects.filter(read_at__lt=_before(KEEP_READ))),
        "unread": _delete(Notice.objects.filter(read_at=None, created_at__lt=_before(KEEP_UNREAD))),
        "messages": _delete(old_outbox),
        "days": _delete(DigestRun.objects.filter(day__lt=timezone.localdate(_before(KEEP_DELIVERIES)))),
    }
