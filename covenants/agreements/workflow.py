"""The run of a covenant, 谈约 – 签约 – 履约 – 评约: its table, its timeline, and whom each step is told.

Talks, signing and the early end are here; topics above add their steps and hang what follows
(:class:`~covenants.agreements.consequences.CovenantConsequence`) on :data:`WORKFLOW`.
"""

from collections.abc import Mapping
from typing import Any

from covenants.agreements import consequences, ending, negotiating
from covenants.agreements.models import Covenant, CovenantEvent, Status
from covenants.agreements.rights import side_of
from covenants.agreements.telling import tell_others
from suzhou_portal.lib.cases.workflow import Transition, Workflow


class CovenantWorkflow(Workflow):
    """The table over :class:`~covenants.models.Covenant`."""

    model = Covenant
    events = CovenantEvent
    sentences = {"begin": "发起商谈", "renew": "续约，发起商谈"}
    transitions = (*negotiating.TRANSITIONS, *ending.TRANSITIONS)

    def __init__(self) -> None:
        super().__init__()
        self.consequences = consequences.HUNG
        # Steps whose words the timeline does not tell.
        self.without_note: set[str] = set()

    def event_of(
        self, obj: Covenant, action: str, by: Any, before: Mapping[str, Any], inputs: Mapping[str, Any]
    ) -> CovenantEvent:
        """With the side that took the step and the revision that it was about."""
        told = {} if action in self.without_note else inputs
        event: CovenantEvent = super().event_of(obj, action, by, before, told)
        event.side, event.revision = (side_of(obj, by) or "") if by else "", obj.revision
        return event

    def sentence_of(self, event: Any) -> str:
        """See the base: ``提出第 2 稿``."""
        return super().sentence_of(event).format(revision=event.revision)

    def who_of(self, event: Any) -> str:
        """With the party that the actor stands for."""
        return " ".join(filter(None, [event.covenant.party(event.side), super().who_of(event) or "系统"]))

    def after(self, obj: Covenant, transition: Transition, by: Any, event: CovenantEvent, observed: Any) -> None:
        """Tell the other party; of the portal's own steps, both."""
        if not transition.quiet:
            tell_others(obj, by, self.sentence_of(event), event.side, action=transition.action)


WORKFLOW = CovenantWorkflow()


sentence_of = WORKFLOW.sentence_of


def awaits(covenant: Covenant, user: Any) -> bool:
    """Something on ``covenant`` waits for the side that ``user`` acts for."""
    return any(
        t.is_primary(covenant) or t.action in {"agree_end", "refuse_end"} for t in WORKFLOW.available(covenant, user)
    ) or (covenant.status == Status.NEGOTIATING and not covenant.revision)
