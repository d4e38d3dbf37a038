"""Steps taken with many issues at once (``lib.cases.bulk``).

:data:`BULKS` is the table of what can be done in bulk. A batch can be taken back for some
minutes by whoever did it, by the step that reverses it.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from grids.issues.models import Issue
from grids.issues.workflow import WORKFLOW
from grids.routing.workflow import automatic_rule
from suzhou_portal.lib.cases.bulk import Outcome, Steps


@dataclass(frozen=True)
class Bulk:
    """One action that can be taken in bulk: the ``action`` of the table, and how it is spoken of.

    ``verb`` stands in "将派办 3 件"; ``will`` says what it means for one issue; ``undo_inputs`` is
    what the step that takes it back is given.
    """

    action: str
    verb: str
    will: Callable[[Issue], str]
    undo_inputs: Mapping[str, str] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """The name of the button and the page."""
        return f"批量{self.verb}"

    @property
    def undo(self) -> str:
        """The step that takes it back; "" for none."""
        return WORKFLOW.by_action[self.action].undo


def _accepted(issue: Issue) -> str:
    rule = automatic_rule(issue)
    return f"受理，并按路由规则派办给 {rule.organisation_name}" if rule else "受理"


def _to_grid(issue: Issue) -> str:
    return f"交 {issue.grid.full_name} 处理" if issue.grid else "交网格处理"


BULKS = {
    bulk.action: bulk
    for bulk in (
        Bulk("dispatch", "派办", lambda issue: "派办给所选单位"),
        Bulk("assign_grid", "交网格", _to_grid),
        Bulk("accept", "受理", _accepted),
        Bulk("close", "办结", lambda issue: "核查办结", {"note": "批量办结有误，撤回"}),
    )
}


class IssueSteps(Steps):
    """Steps of issues: what else holds one up is told."""

    def why_not(self, row: Issue, action: str) -> str:
        """See the base."""
        if row.suspended_at is not None:
            return "已挂账，须先恢复办理"
        return "没有落到网格" if action == "assign_grid" else super().why_not(row, action)


STEPS = IssueSteps(WORKFLOW)


def preview(issues: Iterable[Issue], bulk: Bulk, *, by: Any) -> list[Outcome]:
    """With which of ``issues`` ``by`` could take the step now, what it means, and why not the others. No query."""
    return STEPS.preview(issues, bulk.action, by=by, will=bulk.will)


def apply_many(
    issues: Iterable[Issue], action: str, *, versions: Mapping[int, int], inputs: Mapping[str, Any], by: Any
) -> list[Outcome]:
    """Take ``action`` with each of ``issues``; see ``Steps.take``."""
    return STEPS.take(issues, action, versions=versions, inputs=inputs, by=by)
