"""The clock of an issue as the API answers it."""

from datetime import datetime, tzinfo
from typing import Any

from django.utils import timezone

from grids.clock.models import ClockRequest
from grids.issues.models import UNCOUNTED, Issue, light_at


def clock_answer(row: Any, now: datetime, zone: tzinfo) -> dict[str, Any]:
    """The light, the limits and what is asked for, of an issue or a row of its columns; the light of what is void
    or merged is None.
    """
    light = None
    if row.status not in UNCOUNTED:
        light = light_at(row.warn_at, row.due_at, row.closed_at or now, row.suspended_at)
    return {
        "light": light,
        "due_at": row.due_at.astimezone(zone),
        "step_due_at": row.step_due_at.astimezone(zone) if row.step_due_at else None,
        "suspended_until": row.suspended_until.astimezone(zone) if row.suspended_until else None,
        "pending_request": row.asked_kind or None,
    }


def clock_key(row: Any, now: datetime) -> tuple[Any, ...]:
    """What the possible steps of a row depend on, as far as its clock is concerned."""
    return row.asked_level, row.suspended_at is None, row.extensions, row.due_at > now


def clock_requests(issue: Issue) -> list[dict[str, Any]]:
    """All that was asked for the clock of ``issue``, the newest last; one query."""
    # unscoped: the caller fetched the issue in scope
    rows = ClockRequest.objects.filter(issue=issue.pk).select_related("organisation", "requested_by", "decided_by")
    return [
        {
            "kind": row.kind,
            "amount": row.amount,
            "unit": row.unit or None,
            "until": row.until,
            "reason": row.reason,
            "requested_by": str(row.requested_by),
            "requested_at": timezone.localtime(row.requested_at),
            "level": row.level,
            "decision": row.decision or None,
            "decided_by": str(row.decided_by) if row.decided_by else None,
            "decided_at": timezone.localtime(row.decided_at) if row.decided_at else None,
            "note": row.note,
        }
        for row in rows.order_by("id")
    ]
