"""The run of an issue: its table of steps, one module per topic, and what every step does besides.

``main_road`` holds the run from 上报 to 办结. Who may act is told by ``grids.rights``.
"""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from communities.models import Community
from grids import clock as clocks
from grids.measures import counted
from grids.models import Issue, IssueEvent
from grids.models.categories import Level
from grids.models.issues import ENDED, Holder, Status
from grids.services.searching import add_note
from grids.services.settling import settle
from grids.services.tallies import append_difference
from grids.workflow import (
    clock,
    correcting,
    main_road,
    merging,
    parts,
    patrol_findings,
    patrolling,
    routing,
    stamping,
    supervising,
    to_mediation,
    visiting,
)
from grids.workflow.inputs import organisations_for
from grids.workflow.telling import tell_holder
from streets.models import Street
from suzhou_portal.lib.cases.workflow import Transition, Workflow
from suzhou_portal.lib.time import moments

__all__ = ["WORKFLOW", "IssueWorkflow", "organisations_for", "sentence_of", "tell_holder"]


@dataclass(frozen=True)
class Observed:
    """An issue before a step: what it counted for, where it was (keys of street and community), whether it was
    done as a part, had a request pending, was suspended, was open.
    """

    tallied: Counter[Any]
    place: tuple[int, int | None]
    was_done: bool
    asked: bool
    suspended: bool
    was_open: bool


class IssueWorkflow(Workflow):
    """The table of all modules, with its event, tally and notice."""

    model = Issue
    transitions = (
        *main_road.TRANSITIONS,
        *parts.TRANSITIONS,
        *merging.TRANSITIONS,
        *supervising.TRANSITIONS,
        *clock.TRANSITIONS,
        *routing.TRANSITIONS,
        *correcting.TRANSITIONS,
        *visiting.TRANSITIONS,
        *patrolling.TRANSITIONS,
        *to_mediation.TRANSITIONS,
    )

    def locked(self, obj: Issue) -> Issue:
        """The row, locked; of a part the whole is locked first, as by whoever divides or ends it."""
        if obj.parent_id is not None:
            Issue.objects.select_for_update(of=("self",)).get(pk=obj.parent_id)
        locked: Issue = super().locked(obj)
        return locked

    def possible(self, transition: Transition, obj: Issue) -> bool:
        """See the base; a whole that waits for its parts is worked on through them, a suspended issue not at all."""
        if transition.aside:
            return super().possible(transition, obj)
        if obj.suspended_at is not None and transition.action not in clock.WHILE_SUSPENDED:
            return False
        if obj.holder == Holder.PARTS and transition.action in parts.BLOCKED:
            return False
        return super().possible(transition, obj)

    def move(self, row: Issue, action: str, by: Any, inputs: dict[str, Any]) -> None:
        """See the base; the clock follows, and another limit is another time to climb, and to be reminded.

        Closure asks for a visit; what figures count is noted.
        """
        due_at, before, counting = row.due_at, clocks.Before.of(row), stamping.Before.of(row)
        super().move(row, action, by, inputs)
        stamping.stamp(row, action, counting, moments.now())
        clocks.follow(row, before, moments.now())
        visiting.follow_status(row, before.status)
        if row.due_at != due_at:
            row.climb_at, row.told_light = supervising.next_climb(row.due_at), ""

    def observe(self, obj: Issue) -> Observed:
        """What :meth:`after` wants to know."""
        return Observed(
            tallied=counted(obj),
            place=(obj.street_id, obj.community_id),
            was_done=obj.is_part and parts.is_done(obj),
            asked=bool(obj.asked_level),
            suspended=obj.suspended_at is not None,
            was_open=obj.is_open,
        )

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

    def after(self, obj: Issue, transition: Transition, by: Any, event: IssueEvent, observed: Observed) -> None:
        """Tally the difference; let the note be found; tell the new holder; let requests, whole and parts follow."""
        append_difference(obj, observed.tallied, counted(obj), places_before=_places_left(obj, observed.place))
        add_note(obj, event.note)
        if transition.action not in clock.QUIET:
            tell_holder(obj, by, sentence_of(event))
        if observed.asked and not obj.asked_level and transition.action not in clock.ON_REQUEST:
            clock.lapse(obj, event.at)
        if observed.suspended and not obj.is_open and obj.status != Status.MERGED:
            clock.end_suspension(obj, event.at)
        if obj.is_open != observed.was_open and obj.status != Status.MERGED:
            patrol_findings.follow(obj, transition.action)
        if obj.is_part:
            parts.roll_up(obj, observed.was_done)
        elif obj.division and obj.status == Status.CLOSED:
            parts.end_parts(obj, "close_part")
        if event.from_status in ENDED:
            settle(obj)


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
    "go_along": "随总件更正地点",
    "call": "吹哨，请 {organisation} 报到",
    "part": "由总件拆分而来",
}


def sentence_of(event: IssueEvent) -> str:
    """The step as a sentence without its note, e.g. ``派办给 城管执法队``."""
    transition = WORKFLOW.by_action.get(event.action)
    sentence = transition.sentence if transition else OTHER_SENTENCES[event.action]
    return sentence.format(organisation=event.organisation or "", level=Level(event.to_level).label)
