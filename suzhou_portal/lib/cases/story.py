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
    """One step as people read it. ``action`` and ``actor`` (a key) as stored, ``at`` a moment, ``key`` of the event."""

    at: Any
    who: str
    sentence: str
    note: str = ""
    action: str = ""
    actor: int | None = None
    before: str = ""
    after: str = ""
    key: int = 0


def story_of(workflow: Workflow, row: models.Model, user: Any) -> list[Told]:
    """The steps of ``row``, the newest last. One query; from the trail one more per model that it names."""
    if workflow.events is None:
        return _from_trail(row, user)
    events = list(workflow.events_of(row).select_related("actor").order_by("id"))
    for event in events:
        setattr(event, workflow.link, row)
    return [_told(workflow, event) for event in events]


def _told(workflow: Workflow, event: Any) -> Told:
    return Told(
        at=event.at,
        who=workflow.who_of(event) or PORTAL,
        sentence=workflow.sentence_of(event),
        note=event.note,
        action=event.action,
        actor=event.actor_id,
        before=event.from_status,
        after=event.to_status,
        key=event.pk,
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


def since(steps: Iterable[Told], missed: int, last_event: int = 0) -> list[Told]:
    """What others did after a page was made, at least one step: those after ``last_event``, where the page named it;
    else the last ``missed`` of ``steps``.
    """
    told = list(steps)
    newer = [step for step in told if step.key > last_event] if last_event else []
    return newer or told[-max(1 if last_event else missed, 1) :]
