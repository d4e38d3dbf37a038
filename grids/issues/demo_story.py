"""How an issue of the demo district runs: steps through the workflow's own table, with people and times.

A story writes what users would have written: each step is checked against the table and
the rights of the person who takes it. A step that would lie after the present is not
taken, so the open issues are simply the stories that have not ended yet.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any, Protocol

from django.core.exceptions import ValidationError

from grids.issues.demo_world import Saying, tell
from grids.issues.models import Issue, IssueEvent, Severity
from grids.issues.services import Report, draft
from grids.issues.workflow import WORKFLOW
from grids.places.finding import Place
from streets.organisations.models import Organisation
from suzhou_portal.accounts.models import User
from suzhou_portal.lib.demo.times import OfficeTime
from suzhou_portal.lib.time import moments
from suzhou_portal.lib.time.worktime import SHANGHAI


@dataclass(frozen=True)
class Step:
    """One action by one person, or by the portal itself (None). ``rest``: the step begins a new
    stretch of work (a reopening). ``more``: further inputs. ``optional``: left out where the
    table does not allow it by then.
    """

    action: str
    by: User | None
    note: str = ""
    organisation: Organisation | None = None
    rest: bool = False
    more: Mapping[str, Any] = field(default_factory=dict)
    optional: bool = False


class Chapter:
    """What a topic above writes of the steps of a story: rows of its own, in ``story.rows``; nothing is stored yet.

    Subclasses override what they need and are added to :data:`CHAPTERS`.
    """

    def before(self, story: "Story", step: Step, inputs: dict[str, Any]) -> None:
        """Add inputs that the step takes."""

    def taken(self, story: "Story", step: Step, inputs: dict[str, Any], at: datetime) -> None:
        """``step`` was taken at ``at``."""


CHAPTERS: list[Chapter] = []


class Meanwhile(Protocol):
    """What happens besides the steps of a story."""

    def catch_up(self, story: "Story", until: datetime, *, idle: bool) -> None:
        """Let what was due before ``until`` happen to ``story``; ``idle``: nobody takes a step any more."""

    def adjusted(self, story: "Story", step: Step) -> Step:
        """``step`` as it is to be taken after what has happened."""


class Story:
    """An issue and the steps taken so far, with the rows that its chapters wrote; nothing is stored."""

    def __init__(self, issue: Issue) -> None:
        self.issue = issue
        self.now = issue.created_at
        self.rows: dict[type, list[Any]] = defaultdict(list)
        self.events = [
            IssueEvent(
                issue=issue,
                at=issue.created_at,
                actor=issue.reporter,
                action="report",
                to_status=issue.status,
                to_level=issue.level,
            )
        ]

    @classmethod
    def begin(
        cls,
        saying: Saying,
        place: Place,
        reporter: User,
        at: datetime,
        *,
        spot: str,
        rng: Random,
        source: str = "",
        severity: str = Severity.NORMAL,
    ) -> "Story":
        """``reporter`` reports what ``saying`` says of ``spot`` in ``place`` at ``at``."""
        report = Report(
            place=place,
            category=saying.category,
            description=tell(rng.choice(saying.texts), spot, rng),
            address=spot if rng.random() < 0.4 else "",
            severity=severity,
            source=source,
        )
        return cls(draft(report, by=reporter, at=at))

    def take(self, step: Step, at: datetime) -> None:
        """Take ``step`` at ``at``. ValueError: the table or the person's rights do not allow it."""
        issue, transition = self.issue, WORKFLOW.by_action[step.action]
        status, level = issue.status, issue.level
        inputs = {"organisation": step.organisation, "note": step.note, **step.more}
        for chapter in CHAPTERS:
            chapter.before(self, step, inputs)
        with moments.pretend(at):
            if not WORKFLOW.possible(transition, issue) or at < self.now:
                raise ValueError(f"{step.action} is not possible: {issue.status} at {at}")
            if not WORKFLOW.may(transition, issue, step.by):
                raise ValueError(f"{step.by} may not {step.action}: {issue.level} {issue.holder}")
            WORKFLOW.move(issue, step.action, step.by, inputs)
        self.now = at
        for chapter in CHAPTERS:
            chapter.taken(self, step, inputs, at)
        self._record(step, at, status, level, inputs["note"])

    def tell(self, step: Step, at: datetime) -> None:
        """Take ``step`` at ``at``, which changes nothing of the issue: what it begins elsewhere is made up there."""
        transition = WORKFLOW.by_action[step.action]
        if transition.target is not None or not WORKFLOW.may(transition, self.issue, step.by) or at < self.now:
            raise ValueError(f"{step.action} at {at}")
        self.now = at
        self._record(step, at, self.issue.status, self.issue.level, step.note)

    def _record(self, step: Step, at: datetime, status: str, level: str, note: str) -> None:
        """The event of ``step``, which found the issue in this status at this level."""
        issue = self.issue
        self.events.append(
            IssueEvent(
                issue=issue,
                at=at,
                actor=step.by,
                action=step.action,
                from_status=status,
                to_status=issue.status,
                from_level=level,
                to_level=issue.level,
                organisation=step.organisation,
                note=note,
            )
        )

    def run(self, steps: Iterable[Step], pace: "Pace", until: datetime, meanwhile: Meanwhile | None = None) -> None:
        """Take the steps one by one until they end or would lie at or after ``until``."""
        for step in steps:
            at = pace.next(step, self.now)
            if self.issue.suspended_until and at < self.issue.suspended_until:
                at = pace.after(self.issue.suspended_until)
            if meanwhile:
                meanwhile.catch_up(self, min(at, until), idle=False)
                step = meanwhile.adjusted(self, step)
            if at >= until:
                break
            with suppress(ValueError, ValidationError) if step.optional else nullcontext():
                self.take(step, at)
        if meanwhile:
            meanwhile.catch_up(self, until, idle=True)


class Line(Protocol):
    """Time as a line of seconds: office hours only, or the wall clock."""

    def position(self, moment: datetime) -> float:
        """The place of ``moment`` on the line."""

    def at(self, position: float) -> datetime:
        """The moment at ``position``."""


class WallTime:
    """Every second counts: for what is settled on the spot, by day or by night."""

    def position(self, moment: datetime) -> float:
        """Seconds since the epoch."""
        return moment.timestamp()

    def at(self, position: float) -> datetime:
        """The moment, to the second, in the portal's time zone."""
        return datetime.fromtimestamp(int(position), SHANGHAI)


WALL = WallTime()
LAST_STEPS = frozenset({"close", "void"})
TAKING_UP = frozenset({"accept", "take", "dispatch", "assign_grid", "escalate"})
DAY = 7 * 3600.0  # office seconds


class Pace:
    """Spreads the steps of a story between its report and the moment at which it shall end.

    What comes after a rest is done in office hours (``later``).
    """

    def __init__(self, line: Line, end: float, rng: Random, later: Line | None = None) -> None:
        self.line, self.end, self.rng, self.later = line, end, rng, later or line

    def next(self, step: Step, now: datetime) -> datetime:
        """When ``step`` is taken, ``now`` being the moment of the step before it; never earlier."""
        if step.rest:
            self.line = self.later
        here = self.line.position(now)
        if step.rest:
            here += self.rng.uniform(0.5, 6) * DAY
            self.end = here + self.rng.uniform(0.3, 3) * DAY
        elif step.action in LAST_STEPS:
            here = max(self.end, here)
        else:
            passed = max(self.end - here, 0) * self.rng.uniform(0.05, 0.55)
            if step.action in TAKING_UP:
                passed = min(passed, self.rng.lognormvariate(8, 0.7))  # mostly within the two hours that it may take
            here += passed
        return max(self.line.at(here), now)

    def after(self, moment: datetime) -> datetime:
        """When work goes on that stood until ``moment``: within a day of office; it then has some days more."""
        here = self.line.position(moment) + self.rng.uniform(0.1, 1) * DAY
        self.end = max(self.end, here + self.rng.uniform(0.2, 1.5) * DAY)
        return self.line.at(here)


def pace_of(story: Story, office: OfficeTime, rng: Random, *, on_the_spot: bool, late: bool) -> Pace:
    """A pace that ends the story before its time limit, or after it when ``late``.

    ``on_the_spot``: within some hours of the report, whatever the time of the day.
    """
    start, due = office.position(story.now), office.position(story.issue.due_at)
    if late:
        return Pace(office, due + rng.lognormvariate(0.6, 0.9) * DAY, rng)
    if on_the_spot:
        end = story.now + timedelta(minutes=rng.lognormvariate(4.3, 0.9))
        if end.hour in range(7, 22) and end < story.issue.due_at:
            return Pace(WALL, WALL.position(end), rng, later=office)
    return Pace(office, start + (due - start) * min(rng.betavariate(1.6, 1.9), 0.97), rng)
