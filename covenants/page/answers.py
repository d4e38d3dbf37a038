"""A covenant as the API answers it, with all that belongs to it."""

from dataclasses import asdict
from typing import Any

from covenants.agreements.models import Covenant
from covenants.agreements.terms import Edit
from covenants.agreements.wording import Draft, drafts_of
from covenants.agreements.workflow import sentence_of
from covenants.deliveries.answers import commitment_answer, moment
from covenants.deliveries.lines import lines_of
from covenants.deliveries.satisfaction import satisfaction_with
from covenants.evaluation.sealing import handed_in, readable


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
        "created_at": moment(row.created_at),
        "previous": row.previous.number if row.previous else None,
        "version": row.version,
    }


def detail_answer(row: Covenant, user: Any) -> dict[str, Any]:
    """What one covenant answers besides: drafts, promises, what ``user`` may read of the evaluations, the timeline."""
    return {
        "drafts": [_draft(draft) for draft in drafts_of(row)],
        "commitments": [commitment_answer(line, user) for line in lines_of(row, user)],
        "evaluated": sorted(handed_in(row)),
        "evaluations": [
            {"side": found.side, "scores": found.scores, "total": found.total, "comment": found.comment}
            for found in readable(row, user)
        ],
        "satisfaction": asdict(satisfaction_with(row.commitments.all())),
        "events": [
            {
                "at": moment(event.at),
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
        "at": moment(draft.row.at),
        "note": draft.row.note,
        "terms": draft.terms.json(),
        "edits": [_edit(edit) for edit in draft.changes.edits],
        "items": [
            {"key": line.item.key, "mark": line.mark, "edits": [_edit(edit) for edit in line.edits]}
            for line in draft.changes.lines
        ],
    }
