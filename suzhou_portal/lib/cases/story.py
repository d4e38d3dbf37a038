"""The story of a case: every step a sentence, from its events or, where it keeps none, from the trail."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import models

from suzhou_portal.lib.cases.workflow import Workflow
from suzhou_portal.lib.rows.history import history

PORTAL = "系统"


@dataclass(frozen=True)
class Told:
    """One step as people read it. ``action`` and ``actor`` (a key) as stored, ``at`` a moment."""

    at: Any
    who: str
    sentence: str
    note: str = ""
    action: str = ""
    actor: int | None = None
    before: str = ""
    after: str = ""


def sentence_of(workflow: Workflow, event: Any) -> str:
    """An event in words, without its note: the sentence of its step in the table, else its label."""
    transition = workflow.by_action.get(event.action)
    if transition is None:
        return workflow.other_sentences.get(event.action, event.action)
    return transition.sentence or transition.label


def story_of(workflow: Workflow, row: models.Model, user: Any) -> list[Told]:
    """The steps of ``row``, the newest last. One query; from the trail one more per model that it names."""
    if workflow.events is None:
        return _from_trail(row, user)
    return [_told(workflow, event) for event in workflow.events_of(row).select_related("actor").order_by("id")]


def _told(workflow: Workflow, event: Any) -> Told:
    return Told(
        at=event.at,
        who=str(event.actor or PORTAL),
        sentence=sentence_of(workflow, event),
        note=event.note,
        action=event.action,
        actor=event.actor_id,
        before=event.from_status,
        after=event.to_status,
    )


def _from_trail(row: models.Model, user: Any) -> list[Told]:
    return [
        Told(
            at=step.entry.at,
            who=step.actor,
            sentence=step.action,
            note="；".join(f"{change.label}由“{change.before}”改为“{change.after}”" for change in step.changes),
            action=step.entry.action.rpartition(".")[2],
            actor=step.entry.actor_id,
        )
        for step in reversed(history(row, user))
    ]


def since(steps: Iterable[Told], missed: int) -> list[Told]:
    """The last ``missed`` of ``steps``, at least one: what others did after a page was made."""
    return list(steps)[-max(missed, 1) :]
