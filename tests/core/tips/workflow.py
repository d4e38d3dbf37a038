"""待核实 → 属实 or 不属实."""

from typing import Any

from scratch.tips.models import Status, Tip, TipEvent

from suzhou_portal.accounts.roles import Role, Verb
from suzhou_portal.lib.cases.inputs import OPTIONAL_NOTE, REASON
from suzhou_portal.lib.cases.telling import tell
from suzhou_portal.lib.cases.workflow import Transition, Workflow


def may_judge(row: Tip, user: Any) -> bool:
    return user.scope_for(Verb.GRIDS_EDIT).holds(street=row.street_id, community=row.community_id, grid=None)


def is_known(row: Tip) -> bool:
    return row.what != "空"


ENDED = (Status.TRUE, Status.FALSE)


class TipWorkflow(Workflow):
    model, events, sentences = Tip, TipEvent, {"note": "记下线索"}
    transitions = (
        Transition(
            *("confirm", "属实", Status.NEW, Status.TRUE, may_judge, OPTIONAL_NOTE),
            stamps="ended_at",
            bulk=True,
            undo="resume",
            ready=is_known,
        ),
        Transition("dismiss", "不属实", Status.NEW, Status.FALSE, may_judge, REASON, stamps="ended_at", bulk=True),
        Transition("resume", "重新核实", ENDED, Status.NEW, may_judge, OPTIONAL_NOTE, clears="ended_at"),
    )

    def after(self, obj: Tip, transition: Transition, by: Any, event: TipEvent, observed: Any) -> None:
        for role, place in ((Role.STREET, "street"), (Role.COMMUNITY, "community")):
            tell(obj, transition.label, roles=[role], place={place: getattr(obj, f"{place}_id")})


TIPPING = TipWorkflow()
