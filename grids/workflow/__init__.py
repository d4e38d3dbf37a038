"""The run of an issue: its table of steps, one module per topic, and what every step does besides.

``main_road`` holds the run from 上报 to 办结. Who may act is told by ``grids.rights``.
"""

from collections import Counter
from typing import Any

from grids.measures import counted
from grids.models import Issue, IssueEvent
from grids.models.categories import Level
from grids.services.tallies import append_difference
from grids.workflow import main_road
from grids.workflow.inputs import organisations_for
from grids.workflow.telling import tell_holder
from suzhou_portal.lib.workflow import Transition, Workflow

__all__ = ["WORKFLOW", "IssueWorkflow", "organisations_for", "sentence_of", "tell_holder"]


class IssueWorkflow(Workflow):
    """The table of all modules, with its event, tally and notice."""

    model = Issue
    transitions = (*main_road.TRANSITIONS,)

    def observe(self, obj: Issue) -> Counter[Any]:
        """What the issue counted for before the change."""
        return counted(obj)

    def record_event(
        self, obj: Issue, transition: Transition, by: Any, before: dict[str, Any], inputs: dict[str, Any]
    ) -> IssueEvent:
        """One step of the timeline."""
        return IssueEvent.objects.create(
            issue=obj,
            actor=by,
            action=transition.action,
            from_status=before["status"],
            to_status=obj.status,
            from_level=before["level"],
            to_level=obj.level,
            organisation=inputs.get("organisation"),
            note=inputs.get("note", ""),
        )

    def after(self, obj: Issue, transition: Transition, by: Any, event: IssueEvent, observed: Counter[Any]) -> None:
        """Tally the difference; tell the new holder."""
        append_difference(obj, observed, counted(obj))
        tell_holder(obj, by, sentence_of(event))


WORKFLOW = IssueWorkflow()
# Steps that are not transitions: the report itself, and a grid change that takes the issue along.
OTHER_SENTENCES = {"report": "上报", "move": "随网格变动转移"}


def sentence_of(event: IssueEvent) -> str:
    """The step as a sentence without its note, e.g. ``派办给 城管执法队``."""
    transition = WORKFLOW.by_action.get(event.action)
    if transition is None:
        return OTHER_SENTENCES[event.action]
    return transition.sentence.format(organisation=event.organisation or "", level=Level(event.to_level).label)
