"""Dispatching many issues at once: each on its own, so that one refusal does not stop the others."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError

from grids.models import Issue
from grids.models.issues import Status
from grids.workflow import WORKFLOW
from suzhou_portal.lib.free_text import CONFIRM
from suzhou_portal.lib.records import StaleVersion
from suzhou_portal.lib.workflow import ActionForbidden, ActionNotPossible

ACTION = "dispatch"


@dataclass(frozen=True)
class Outcome:
    """What became, or would become, of one issue; ``reason`` is empty when it can be dispatched."""

    issue: Issue
    reason: str = ""


def _refusal(issue: Issue, user: Any) -> str:
    """Why ``user`` cannot dispatch ``issue`` now; "" when they can."""
    if issue.status not in WORKFLOW.by_action[ACTION].source:
        return f"当前为“{Status(issue.status).label}”"
    if any(transition.action == ACTION for transition in WORKFLOW.available(issue, user)):
        return ""
    return "您没有派办此件的权限"


def preview_dispatch(issues: Iterable[Issue], *, by: Any) -> list[Outcome]:
    """Which of ``issues`` ``by`` could dispatch now, and why not the others. No query."""
    return [Outcome(issue, _refusal(issue, by)) for issue in issues]


def dispatch_many(
    issues: Iterable[Issue],
    *,
    versions: dict[int, int],
    organisation: int,
    note: str,
    by: Any,
    not_personal: bool = False,
) -> list[Outcome]:
    """Dispatch each of ``issues`` to ``organisation`` (a key), each in a savepoint of its own.

    ``versions`` are those that the user saw, by key: a newer one is a refusal, like every
    other reason; nothing is raised. ``not_personal``: the user has confirmed what the note holds.
    """
    inputs = {"organisation": organisation, "note": note, CONFIRM: not_personal}
    outcomes = []
    for issue in issues:
        reason = ""
        try:
            issue = WORKFLOW.apply(issue, ACTION, by=by, version=versions.get(issue.pk), inputs=inputs)
        except StaleVersion:
            reason = "刚被他人更新"
        except ActionNotPossible as error:
            reason = _refusal(error.current, by)
        except ActionForbidden:
            reason = "您没有派办此件的权限"
        except ValidationError as error:
            reason = "；".join(error.messages)
        outcomes.append(Outcome(issue, reason))
    return outcomes
