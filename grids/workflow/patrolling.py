"""What the area leader says of an issue that a patrol found: not put right, so it opens again; or put right."""

from grids.models.issues import Status
from grids.patrol_rights import may_return
from grids.workflow.inputs import OPTIONAL_NOTE, REASON
from grids.workflow.main_road import reopen
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
