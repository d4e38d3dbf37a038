"""The run of a covenant, 谈约 – 签约 – 履约 – 评约: its table, its timeline, and whom each step is told."""

from typing import Any

from covenants.models import Covenant, CovenantEvent
from covenants.models.covenants import Status
from covenants.rights import side_of
from covenants.workflow import ending, negotiating
from covenants.workflow.deliveries import SENTENCES
from covenants.workflow.telling import tell_others
from suzhou_portal.lib.cases.workflow import Transition, Workflow

# The event of a sealed evaluation tells that it was handed in: neither scores nor words.
SEALED = frozenset({"evaluate"})


class CovenantWorkflow(Workflow):
    """The table over :class:`~covenants.models.Covenant`."""

    model = Covenant
    transitions = (*negotiating.TRANSITIONS, *ending.TRANSITIONS)

    def record_event(
        self, obj: Covenant, transition: Transition, by: Any, before: dict[str, Any], inputs: dict[str, Any]
    ) -> CovenantEvent:
        """One step of the timeline."""
        return CovenantEvent.objects.create(
            covenant=obj,
            actor=by,
            side=(side_of(obj, by) or "") if by else "",
            action=transition.action,
            from_status=before["status"],
            to_status=obj.status,
            revision=obj.revision,
            note="" if transition.action in SEALED else inputs.get("note", ""),
        )

    def after(self, obj: Covenant, transition: Transition, by: Any, event: CovenantEvent, observed: Any) -> None:
        """Tell the other party; of the portal's own steps, both."""
        tell_others(obj, by, sentence_of(event), event.side)


WORKFLOW = CovenantWorkflow()
OTHER_SENTENCES = {"begin": "发起商谈", "renew": "续约，发起商谈", **SENTENCES}


def sentence_of(event: CovenantEvent) -> str:
    """The step as a sentence without its note, e.g. ``提出第 2 稿``."""
    transition = WORKFLOW.by_action.get(event.action)
    sentence = transition.sentence if transition else OTHER_SENTENCES[event.action]
    return sentence.format(revision=event.revision)


def awaits(covenant: Covenant, user: Any) -> bool:
    """Something on ``covenant`` waits for the side that ``user`` acts for."""
    return any(
        t.is_primary(covenant) or t.action in {"agree_end", "refuse_end"} for t in WORKFLOW.available(covenant, user)
    ) or (covenant.status == Status.NEGOTIATING and not covenant.revision)
