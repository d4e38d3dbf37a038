"""The run of an issue: the table of its steps, and what every step does besides.

``main_road`` holds the run from 上报 to 办结; who may act is told by ``rights``. Topics above add their own steps
and hang what follows from steps, reports and moves on :data:`WORKFLOW` (:class:`IssueConsequence`).
"""

from typing import Any

from django.db.models import Q

from grids.categories.models import Level
from grids.issues import clock, main_road, stamping
from grids.issues.models import ENDED, Issue, IssueEvent
from grids.issues.telling import tell_holder
from grids.places.models import Grid
from grids.places.succession import successor_of
from suzhou_portal.audit import trail
from suzhou_portal.audit.describing import name_actions
from suzhou_portal.lib.cases.workflow import Consequence, Transition, Workflow
from suzhou_portal.lib.time import moments


class IssueConsequence(Consequence):
    """What a topic hangs on the steps of issues, on their report, and on their moves to another place."""

    def drafted(self, issue: Issue) -> None:
        """Fields of a new issue or part that follow from its place, level and clock; in memory, no query."""

    def onward(self, issue: Issue) -> tuple[str, dict[str, Any]] | None:
        """Move a report that is not stored yet on by a step of the portal's own: the action and its inputs."""
        return None

    def reported(self, issue: Issue, report: Any, by: Any) -> None:
        """What other rows follow a report (``services.Report``, or a ``Part``), in its transaction."""

    def relocated(self, issue: Issue, before: Any) -> None:
        """``issue`` (saved) has another place or category. ``before``: as in ``after``, where no step has done it;
        None within a step.
        """


class IssueWorkflow(Workflow):
    """The main road, with its event and notice."""

    model = Issue
    events = IssueEvent
    transitions = main_road.TRANSITIONS

    sentences = {"report": "上报", "move": "随网格变动转移"}

    def locked(self, obj: Issue) -> Issue:
        """The row, locked; of a part the whole is locked first, as by whoever divides or ends it."""
        if obj.parent_id is not None:
            Issue.objects.select_for_update(of=("self",)).get(pk=obj.parent_id)
        locked: Issue = super().locked(obj)
        return locked

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

    def sentence_of(self, event: Any) -> str:
        """See the base: ``派办给 城管执法队``."""
        told = super().sentence_of(event)
        return told.format(organisation=event.organisation or "", level=Level(event.to_level).label)

    def after(self, obj: Issue, transition: Transition, by: Any, event: IssueEvent, observed: Any) -> None:
        """Tell the new holder."""
        if not transition.quiet:
            tell_holder(obj, by, self.sentence_of(event))

    def finally_(self, obj: Issue, transition: Transition, by: Any, event: IssueEvent) -> None:
        """What comes to life again stands on a grid in force."""
        if event.from_status in ENDED:
            settle(obj)


class ClockFollows(IssueConsequence):
    """The clock follows every step, and what figures count is noted."""

    def before(self, obj: Issue) -> tuple[clock.Before, stamping.Before]:
        """Status, holder and times."""
        return clock.Before.of(obj), stamping.Before.of(obj)

    def moved(self, obj: Issue, action: str, before: Any, inputs: dict[str, Any]) -> None:
        """See the class."""
        was, counting = before
        stamping.stamp(obj, action, counting, moments.now())
        clock.follow(obj, was, moments.now())


WORKFLOW = IssueWorkflow()
WORKFLOW.hang(ClockFollows())


sentence_of = WORKFLOW.sentence_of


# --- another place ------------------------------------------------------------------------


def move_issue(issue: Issue, target: Grid | None, *, by: Any) -> None:
    """Take ``issue`` (locked) from its grid to ``target``, or (None) to its community as a whole: on its
    timeline, in the trail, and wherever its place matters.
    """
    before, grid = trail.snapshot(issue), issue.grid
    known = [one.before(issue) for one in WORKFLOW.consequences]
    issue.grid = target
    if target is not None:
        issue.community, issue.street = target.community, target.street
    issue.version += 1
    issue.save()
    IssueEvent.objects.create(
        issue=issue,
        actor=by,
        action="move",
        from_status=issue.status,
        to_status=issue.status,
        from_level=issue.level,
        to_level=issue.level,
        note=f"由 {grid.full_name} 转到 {target.full_name if target else issue.community}",
    )
    trail.record("issue.move", issue, by=by, changes=trail.diff(before, trail.snapshot(issue)))
    for consequence, seen in zip(WORKFLOW.consequences, known, strict=True):
        consequence.relocated(issue, seen)


def relocated(issue: Issue) -> None:
    """``issue`` (saved) has another place or category through a step: what stands on these follows."""
    for consequence in WORKFLOW.consequences:
        consequence.relocated(issue, None)


def settle(issue: Issue) -> bool:
    """Take the open ``issue`` (locked), with its parts and duplicates there, to what became of its grid, or to its
    community when nothing did; tells whether it had to move.
    """
    if not issue.is_open or (grid := issue.grid) is None or grid.ends is None:
        return False
    target = successor_of(grid)
    if target == grid:
        return False
    move_issue(issue, target, by=None)
    beside = Issue.objects.select_for_update(of=("self",)).filter(Q(parent=issue) | Q(merged_into=issue), grid=grid)
    for row in beside.select_related("street", "community", "grid__parent").order_by("pk"):
        move_issue(row, target, by=None)
    return True


name_actions({"issue.report": "上报", "issue.move": "随网格变动转移"}, group="网格事件")
