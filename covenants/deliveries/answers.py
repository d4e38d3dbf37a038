"""Commitments and deliveries as the API answers them."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone

from covenants.deliveries.lines import Line
from covenants.deliveries.models import Delivery
from suzhou_portal.lib.cases.rest import describe_action


def moment(value: datetime | None) -> datetime | None:
    return timezone.localtime(value) if value else None


def number(value: Decimal | None) -> str | None:
    return None if value is None else f"{value:.2f}"


def commitment_answer(line: Line, user: Any) -> dict[str, Any]:
    row = line.row
    return {
        "id": row.pk,
        "kind": row.kind,
        "title": row.title,
        "quantity": number(row.quantity),
        "unit": row.unit,
        "amount": number(row.amount),
        "due_on": row.due_on,
        "need": row.need.number if row.need else None,
        "done_quantity": number(row.done_quantity),
        "done_amount": number(row.done_amount),
        "fulfilled_on": row.fulfilled_on,
        "is_cancelled": row.is_cancelled,
        "state": line.state,
        "milestones": [
            {"id": node.pk, "title": node.title, "due_on": node.due_on, "state": state}
            for node, state in line.milestones
        ],
        "deliveries": [
            {
                **delivery_answer(found.row),
                "available_actions": [
                    describe_action(act.transition, found.row, user, with_choices=False) for act in found.actions
                ],
            }
            for found in line.deliveries
        ],
    }


def delivery_answer(row: Delivery) -> dict[str, Any]:
    """``row`` without its actions; no query when its people were fetched."""
    return {
        "id": row.pk,
        "commitment": row.commitment_id,
        "status": row.status,
        "on": row.on,
        "quantity": number(row.quantity),
        "amount": number(row.amount),
        "milestone": row.milestone_id,
        "note": row.note,
        "opinion": row.opinion,
        "submitted_by": str(row.submitted_by),
        "submitted_at": moment(row.submitted_at),
        "decided_by": str(row.decided_by) if row.decided_by else None,
        "decided_at": moment(row.decided_at),
        "version": row.version,
    }
