"""Covenants, promises and deliveries as the API answers them."""

from dataclasses import asdict
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone

from covenants.models import Covenant, Delivery
from covenants.satisfaction import satisfaction_with
from covenants.sealing import handed_in, readable
from covenants.terms import Edit
from covenants.wording import Draft, Line, drafts_of, lines_of
from covenants.workflow import sentence_of
from suzhou_portal.lib.cases.rest import describe_action


def _moment(value: datetime | None) -> datetime | None:
    return timezone.localtime(value) if value else None


def _number(value: Decimal | None) -> str | None:
    return None if value is None else f"{value:.2f}"


def covenant_answer(row: Covenant) -> dict[str, Any]:
    """``row`` as lists answer it, without its actions; no query when its parties were fetched."""
    return {
        "id": row.pk,
        "number": row.number,
        "title": row.title,
        "organisation": row.organisation.code,
        "organisation_name": row.organisation.name,
        "street": row.street.code,
        "community": row.community.code if row.community else None,
        "place_name": f"{row.street} {row.community}" if row.community else str(row.street),
        "status": row.status,
        "begins": row.begins,
        "ends": row.ends,
        "signed_on": row.signed_on,
        "revision": row.revision,
        "place_accepts": row.place_accepts,
        "unit_accepts": row.unit_accepts,
        "in_force": row.in_force,
        "evaluate_until": row.evaluate_until,
        "result": row.result,
        "created_at": _moment(row.created_at),
        "previous": row.previous.number if row.previous else None,
        "version": row.version,
    }


def detail_answer(row: Covenant, user: Any) -> dict[str, Any]:
    """``row`` with drafts, promises, what ``user`` may read of the evaluations, and the timeline."""
    return {
        **covenant_answer(row),
        "drafts": [_draft(draft) for draft in drafts_of(row)],
        "commitments": [_commitment(line, user) for line in lines_of(row, user)],
        "evaluated": sorted(handed_in(row)),
        "evaluations": [
            {"side": found.side, "scores": found.scores, "total": found.total, "comment": found.comment}
            for found in readable(row, user)
        ],
        "satisfaction": asdict(satisfaction_with(row.commitments.all())),
        "events": [
            {
                "at": _moment(event.at),
                "actor": str(event.actor) if event.actor else None,
                "side": event.side or None,
                "action": event.action,
                "from": event.from_status or None,
                "to": event.to_status,
                "note": event.note,
                "sentence": sentence_of(event),
            }
            for event in row.events.select_related("actor")
        ],
    }


def _edit(edit: Edit) -> dict[str, str]:
    return {"label": edit.label, "before": edit.before, "after": edit.after}


def _draft(draft: Draft) -> dict[str, Any]:
    return {
        "index": draft.row.index,
        "side": draft.row.side,
        "by": str(draft.row.by),
        "at": _moment(draft.row.at),
        "note": draft.row.note,
        "terms": draft.terms.json(),
        "edits": [_edit(edit) for edit in draft.changes.edits],
        "items": [
            {"key": line.item.key, "mark": line.mark, "edits": [_edit(edit) for edit in line.edits]}
            for line in draft.changes.lines
        ],
    }


def _commitment(line: Line, user: Any) -> dict[str, Any]:
    row = line.row
    return {
        "id": row.pk,
        "kind": row.kind,
        "title": row.title,
        "quantity": _number(row.quantity),
        "unit": row.unit,
        "amount": _number(row.amount),
        "due_on": row.due_on,
        "need": row.need.number if row.need else None,
        "done_quantity": _number(row.done_quantity),
        "done_amount": _number(row.done_amount),
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
        "quantity": _number(row.quantity),
        "amount": _number(row.amount),
        "milestone": row.milestone_id,
        "note": row.note,
        "opinion": row.opinion,
        "submitted_by": str(row.submitted_by),
        "submitted_at": _moment(row.submitted_at),
        "decided_by": str(row.decided_by) if row.decided_by else None,
        "decided_at": _moment(row.decided_at),
        "version": row.version,
    }
