"""Steps taken with many issues at once: each on its own, so that one refusal does not stop the others.

:data:`BULKS` is the table of what can be done in bulk. A batch can be taken back for some
minutes by whoever did it, by the step that reverses it.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError

from grids.issues.models import Issue, Status
from grids.issues.workflow import WORKFLOW
from grids.routing.workflow import automatic_rule
from suzhou_portal.lib.rows.records import ActionForbidden, ActionNotPossible, StaleVersion

MOST = 100
FORBIDDEN = "您没有办理此步的权限"
CHANGED = "刚被他人更新"


@dataclass(frozen=True)
class Bulk:
    """One action that can be taken in bulk: the ``action`` of the table, and how it is spoken of.

    ``verb`` stands in "将派办 3 件"; ``will`` says what it means for one issue. ``undo`` is the
    action that takes it back ("" for none), with its ``undo_inputs``.
    """

    action: str
    verb: str
    will: Callable[[Issue], str]
    undo: str = ""
    undo_inputs: Mapping[str, str] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """The name of the button and the page."""
        return f"批量{self.verb}"


def _accepted(issue: Issue) -> str:
    rule = automatic_rule(issue)
    return f"受理，并按路由规则派办给 {rule.organisation_name}" if rule else "受理"


def _to_grid(issue: Issue) -> str:
    return f"交 {issue.grid.full_name} 处理" if issue.grid else "交网格处理"


BULKS = {
    bulk.action: bulk
    for bulk in (
        Bulk("dispatch", "派办", lambda issue: "派办给所选单位", "recall"),
        Bulk("assign_grid", "交网格", _to_grid, "recall"),
        Bulk("accept", "受理", _accepted),
        Bulk("close", "办结", lambda issue: "核查办结", "reopen", {"note": "批量办结有误，撤回"}),
    )
}


@dataclass(frozen=True)
class Outcome:
    """What became, or would become, of one issue; ``reason`` is empty when it goes through."""

    issue: Issue
    reason: str = ""
    will: str = ""


def _refusal(issue: Issue, action: str, user: Any) -> str:
    """Why ``user`` cannot take ``action`` with ``issue`` now; "" when they can."""
    transition = WORKFLOW.by_action[action]
    if issue.status not in transition.source:
        return f"当前为“{Status(issue.status).label}”"
    if not WORKFLOW.may(transition, issue, user):
        return FORBIDDEN
    if WORKFLOW.possible(transition, issue):
        return ""
    if issue.suspended_at is not None:
        return "已挂账，须先恢复办理"
    return "没有落到网格" if action == "assign_grid" else "现在不能办理此步"


def preview(issues: Iterable[Issue], bulk: Bulk, *, by: Any) -> list[Outcome]:
    """With which of ``issues`` ``by`` could take the step now, what it means, and why not the others. No query."""
    return [
        Outcome(issue, reason, "" if reason else bulk.will(issue))
        for issue in issues
        for reason in (_refusal(issue, bulk.action, by),)
    ]


def apply_many(
    issues: Iterable[Issue], action: str, *, versions: Mapping[int, int], inputs: Mapping[str, Any], by: Any
) -> list[Outcome]:
    """Take ``action`` with each of ``issues``, each in a transaction (or savepoint) of its own.

    ``versions`` are those that the user saw, by key: a newer one is a refusal, like every
    other reason; nothing is raised. ``inputs`` is form data, the same for all.
    """
    outcomes = []
    for issue in issues:
        reason = ""
        try:
            issue = WORKFLOW.apply(issue, action, by=by, version=versions.get(issue.pk), inputs=inputs)
        except StaleVersion:
            reason = CHANGED
        except ActionNotPossible as error:
            reason = _refusal(error.current, action, by) or CHANGED
        except ActionForbidden:
            reason = FORBIDDEN
        except ValidationError as error:
            reason = "；".join(error.messages)
        outcomes.append(Outcome(issue, reason))
    return outcomes
