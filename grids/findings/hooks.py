"""What the area leader says of an issue that a patrol found: not put right, so it opens again; or put right."""

from typing import Any

from grids.findings.workflow import follow
from grids.issues.main_road import reopen
from grids.issues.models import Issue, Status
from grids.issues.workflow import WORKFLOW, IssueConsequence
from grids.patrols.rights import may_return
from suzhou_portal.lib.cases.inputs import OPTIONAL_NOTE, REASON
from suzhou_portal.lib.cases.workflow import Transition

TRANSITIONS = (
    Transition(
        action="not_fixed",
        label="没有整改到位，重开",
        source=frozenset({Status.CLOSED}),
        target=Status.ACCEPTED,
        allowed=may_return,
        inputs=REASON,
        change=reopen,
        sentence="片区长确认没有整改到位，重开",
        hint="回到原层级继续办理；办结后再请片区长确认。",
    ),
    # The same where the issue has left the area, or is one that no patrol found: the portal opens it at their word.
    Transition(
        action="reopen_found",
        label="巡查确认没有整改到位，重开",
        source=frozenset({Status.CLOSED}),
        target=Status.ACCEPTED,
        inputs=REASON,
        change=reopen,
        sentence="片区长确认没有整改到位，重开",
        automatic=True,
    ),
    Transition(
        action="found_fixed",
        label="片区长确认已整改",
        source=frozenset({Status.CLOSED, Status.VOID, Status.MERGED}),
        target=None,
        inputs=OPTIONAL_NOTE,
        sentence="片区长确认已整改",
        automatic=True,
    ),
)


class Awaited(IssueConsequence):
    """Findings wait for their confirmation when their issue has ended, and no longer when it opens again."""

    def before(self, obj: Issue) -> bool:
        """Whether it was open."""
        return obj.is_open

    def after(self, obj: Issue, transition: Transition, by: Any, event: Any, before: bool) -> None:
        """See the class."""
        if obj.is_open != before and obj.status != Status.MERGED:
            follow(obj, transition.action)


WORKFLOW.extend(*TRANSITIONS)
WORKFLOW.hang(Awaited())
