"""Taking back what was told of a step that was taken back: what nobody has seen yet is not told at all."""

from collections.abc import Collection
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from suzhou_portal.notices.models import Delivery, Kind, Notice, OutboxMessage

# What has stood unread in an inbox for so long may have been seen all the same.
SEEN_AFTER = timedelta(minutes=15)


@transaction.atomic
def withdraw(url: str, causes: Collection[str]) -> dict[str, Any]:
    """Take back what was told of the row at ``url`` when one of the steps ``causes`` was taken; returns the
    audience of those who know of it already, for whom it stays where it is; {} for nobody.

    A sender or deliverer who has a message in hand is waited for: what it has sent is known.
    """
    rows = OutboxMessage.objects.filter(url=url, cause__in=causes, withdrawn_at=None)
    keys = list(rows.select_for_update().order_by("id").values_list("pk", flat=True))
    if not keys:
        return {}
    now = timezone.now()
    OutboxMessage.objects.filter(pk__in=keys, delivered_at=None).update(delivered_at=now)
    OutboxMessage.objects.filter(pk__in=keys).update(withdrawn_at=now)
    deliveries = Delivery.objects.filter(message__in=keys)
    waiting = deliveries.filter(state=Delivery.State.WAITING, attempts=0)
    waiting.update(state=Delivery.State.WITHDRAWN, next_at=now)
    known = set(deliveries.exclude(state=Delivery.State.WITHDRAWN).values_list("user_id", flat=True))
    notices = Notice.objects.filter(message__in=keys)
    for user, read, at in notices.values_list("user_id", "read_at", "created_at"):
        if read or at <= now - SEEN_AFTER:
            known.add(user)
    notices.exclude(user__in=known).delete()
    return {"user_ids": sorted(known), "kind": Kind.DECISION} if known else {}
