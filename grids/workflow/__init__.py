"""The run of an issue: its table of steps, one module per topic, and what every step does besides.

``main_road`` holds the run from 上报 to 办结. Who may act is told by ``grids.rights``.
"""

from collections import Counter
from typing import Any

from communities.models import Community
from grids.measures import counted
from grids.models import Issue, IssueEvent
from grids.models.categories import Level
from grids.models.issues import Holder, Status
from grids.services.tallies import append_difference
from grids.workflow import correcting, main_road, merging, parts, routing, supervising
from grids.workflow.inputs import organisations_for
from grids.workflow.telling import tell_holder
from streets.models import Street
from suzhou_portal.lib.workflow import Transition, Workflow

__all__ = ["WORKFLOW", "IssueWorkflow", "organisations_for", "sentence_of", "tell_holder"]


class IssueWorkflow(Workflow):
    """The table of all modules, with its event, tally and notice."""

    model = Issue
    transitions = (
        *main_road.TRANSITIONS,
        *parts.TRANSITIONS,
        *merging.TRANSITIONS,
        *supervising.TRANSITIONS,
        *routing.TRANSITIONS,
        *correcting.TRANSITIONS,
    )

    def locked(self, obj: Issue) -> Issue:
        """The row, locked; of a part the whole is locked first, as by whoever divides or ends it."""
        if obj.parent_id is not None:
            Issue.objects.select_for_update(of=("self",)).get(pk=obj.parent_id)
        locked: Issue = super().locked(obj)
        return locked

    def possible(self, transition: Transition, obj: Issue) -> bool:
        """See the base; a whole that waits for its parts is worked on through them."""
        if obj.holder == Holder.PARTS and transition.action in parts.BLOCKED:
            return False
        return super().possible(transition, obj)

    def move(self, row: Issue, action: str, by: Any, inputs: dict[str, Any]) -> None:
        """See the base; another limit is another time to climb, and to be reminded."""
        due_at = row.due_at
        super().move(row, action, by, inputs)
        if row.due_at != due_at:
            row.climb_at, row.told_light = supervising.next_climb(row.due_at), ""

    def observe(self, obj: Issue) -> tuple[Counter[Any], tuple[int, int | None], bool]:
        """What the issue counted for before the change, and where; whether it was done as a part."""
        return counted(obj), (obj.street_id, obj.community_id), obj.is_part and parts.is_done(obj)

    def record_event(
        self, obj: Issue, transition: Transition, by: Any, before: dict[str, Any], inputs: dict[str, Any]
    ) -> IssueEvent:
        """One step of the timeline."""
        event = self.event_of(obj, transition.action, by, before, inputs)
        event.save(force_insert=True)
        return event

    def event_of(self, obj: Issue, action: str, by: Any, before: dict[str, Any], inputs: dict[str, Any]) -> IssueEvent:
        """The unsaved step ``action`` that led from ``before`` (a snapshot) to ``obj``."""
        return IssueEvent(
            issue=obj,
            actor=by,
            action=action,
            from_status=before["status"],
            to_status=obj.status,
            from_level=before["level"],
            to_level=obj.level,
            organisation=inputs.get("organisation"),
            note=inputs.get("note", ""),
            rule_id=inputs.get("rule"),
        )

    def after(self, obj: Issue, transition: Transition, by: Any, event: IssueEvent, observed: Any) -> None:
        """Tally the difference; tell the new holder; let whole and parts follow one another."""
        tallied, place, was_done = observed
        append_difference(obj, tallied, counted(obj), places_before=_places_left(obj, place))
        tell_holder(obj, by, sentence_of(event))
        if obj.is_part:
            parts.roll_up(obj, was_done)
        elif obj.division and obj.status == Status.CLOSED:
            parts.end_parts(obj, "close_part")


def _places_left(issue: Issue, place: tuple[int, int | None]) -> tuple[Street, Community | None] | None:
    """The street and community (keys in ``place``) where ``issue`` was before a step moved it; None: it did not."""
    street, community = place
    if place == (issue.street_id, issue.community_id):
        return None
    return Street.objects.get(pk=street), Community.objects.get(pk=community) if community else None


WORKFLOW = IssueWorkflow()
# Steps that are not transitions: the report itself, and a grid change that takes the issue along.
OTHER_SENTENCES = {
    "report": "上报",
    "move": "随网格变动转移",
    "call": "吹哨，请 {organisation} 报到",
    "part": "由总件拆分而来",
}


def sentence_of(event: IssueEvent) -> str:
    """The step as a sentence without its note, e.g. ``派办给 城管执法队``."""
    transition = WORKFLOW.by_action.get(event.action)
    sentence = transition.sentence if transition else OTHER_SENTENCES[event.action]
    return sentence.format(organisation=event.organisation or "", level=Level(event.to_level).label)
