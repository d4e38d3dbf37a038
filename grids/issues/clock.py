"""The clock of an issue: when it is due, when it turns yellow, when its step should be done.

The one place that writes the fields of ``grids.issues.columns.Clocked``. Everything works on
the row in memory; the workflow calls it once per change (``IssueWorkflow.move``), reports and
made-up histories the same way. The times follow from where the clock started, its limit, and
the granted requests: :func:`reckoned` tells them anew when the working calendar changes.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from datetime import time as clock_time
from typing import Any

from django.utils import timezone

from grids.categories.models import LEVELS
from grids.issues.columns import RequestKind
from grids.issues.models import Issue, Status
from grids.limits.models import Step
from grids.limits.services import step_limit
from suzhou_portal.lib.time.worktime import Extension, Limit, Pause, Unit
from suzhou_portal.rules.calendars import WARN_SHARE, calendar

STEP_OF = {
    Status.REPORTED: Step.ACCEPTING,
    Status.ACCEPTED: Step.DISPATCHING,
    Status.DISPATCHED: Step.HANDLING,
    Status.HANDLING: Step.HANDLING,
    Status.ANSWERED: Step.CHECKING,
    Status.VERIFIED: Step.CHECKING,
}


# --- running --------------------------------------------------------------------------


def start(issue: Issue, at: datetime, limit: Limit | None = None) -> None:
    """Let a new clock run from ``at``: of ``limit``, or of what the category has now."""
    limit = limit or Limit(issue.category.limit, issue.category.limit_unit)
    office = calendar()
    issue.clock_started_at, issue.extensions = at, 0
    issue.limit, issue.limit_unit = limit.amount, limit.unit
    issue.due_at = office.due(at, limit)
    issue.warn_at = office.warn(at, issue.due_at, WARN_SHARE)


def start_part(part: Issue, whole: Issue, at: datetime, days: int | None = None, *, renew: bool = False) -> None:
    """The clock of a ``part`` made at ``at``: of so many working ``days``, or the one of its whole; with ``renew`` a
    new one of its own where that has run out.
    """
    if days or (renew and whole.due_at <= at):
        start(part, at, Limit(days, Unit.DAYS) if days else None)
        return
    for name in ("clock_started_at", "limit", "limit_unit", "warn_at", "due_at"):
        setattr(part, name, getattr(whole, name))


def begin_step(issue: Issue, at: datetime) -> None:
    """Let the limit of the step run in which ``issue`` now is."""
    step = STEP_OF.get(Status(issue.status))
    issue.step_started_at = at if step else None
    issue.step_due_at = _step_due(issue, issue.due_at, ())


def _step_due(issue: Issue, due: datetime, changes: Iterable[Extension | Pause]) -> datetime | None:
    step = STEP_OF.get(Status(issue.status))
    limit = step_limit(issue.category_id, step) if step else None
    if limit is None or issue.step_started_at is None:
        return None
    office = calendar()
    return min(office.moved(office.due(issue.step_started_at, limit), changes), due)


# --- put off, stopped, resumed ----------------------------------------------------------


def extend(issue: Issue, limit: Limit) -> None:
    """延期: so much more time for the issue and for its step."""
    office = calendar()
    issue.extensions += 1
    issue.warn_at, issue.due_at = office.extended(issue.warn_at, limit), office.extended(issue.due_at, limit)
    if issue.step_due_at is not None:
        issue.step_due_at = min(office.extended(issue.step_due_at, limit), issue.due_at)


def suspend(issue: Issue, at: datetime, until: datetime) -> None:
    """挂账: the clock stands from ``at``; its times are set as if it went on at ``until``."""
    _reschedule(issue, at, at, until)
    issue.suspended_at, issue.suspended_until = at, until


def resume(issue: Issue, at: datetime) -> datetime:
    """恢复办理: the clock goes on at ``at``, or since the end of the suspension where that has passed; returns when."""
    stopped, planned = issue.suspended_at, issue.suspended_until
    assert stopped is not None and planned is not None  # noqa: S101, PT018 -- the table asks for both
    resumed = min(max(at, stopped), planned)
    _reschedule(issue, stopped, planned, resumed)
    issue.suspended_at = issue.suspended_until = None
    return resumed


def _reschedule(issue: Issue, stopped: datetime, planned: datetime, resumed: datetime) -> None:
    office = calendar()
    for name in ("warn_at", "due_at", "step_due_at", "climb_at"):
        moment = getattr(issue, name)
        if moment is not None:
            setattr(issue, name, office.rescheduled(moment, stopped, planned, resumed))


def day_begins(day: date) -> datetime:
    """Midnight at the beginning of ``day``: when a suspension until that day ends."""
    return timezone.make_aware(datetime.combine(day, clock_time.min))


# --- what every step means for the clock ------------------------------------------------


@dataclass(frozen=True)
class Before:
    """What :func:`follow` wants to know of the row before a step."""

    status: str
    level: str
    holder: str
    organisation_id: int | None

    @classmethod
    def of(cls, issue: Issue) -> "Before":
        """As ``issue`` stands."""
        return cls(issue.status, issue.level, issue.holder, issue.organisation_id)


# A request is that of whoever works on the issue or has it to arrange.
ASKABLE = frozenset({Status.ACCEPTED, Status.DISPATCHED, Status.HANDLING})


def follow(issue: Issue, before: Before, at: datetime) -> None:
    """Let step limit and pending request follow the step just taken at ``at``.

    A step begins anew with another step, or at another level. Merging and its undoing leave
    the clock as it was. A request lapses when the issue leaves those who asked.
    """
    if Status.MERGED in (issue.status, before.status):
        return
    if issue.status in (Status.VOID, Status.CLOSED):
        issue.suspended_at = issue.suspended_until = None
    if STEP_OF.get(Status(issue.status)) != STEP_OF.get(Status(before.status)) or issue.level != before.level:
        begin_step(issue, at)
    if not issue.asked_level:
        return
    moved = (issue.holder, issue.organisation_id) != (before.holder, before.organisation_id)
    if issue.status not in ASKABLE or moved:
        issue.asked_kind = issue.asked_level = ""
    else:
        issue.asked_level = max(issue.asked_level, issue.level, key=LEVELS.index)


# --- reckoned anew ----------------------------------------------------------------------


@dataclass(frozen=True)
class Times:
    """The computed times of a clock."""

    warn_at: datetime
    due_at: datetime
    step_due_at: datetime | None

    @classmethod
    def of(cls, issue: Issue) -> "Times":
        """As they are stored."""
        return cls(issue.warn_at, issue.due_at, issue.step_due_at)


def reckoned(issue: Issue, granted: Iterable[Any]) -> Times:
    """The times of ``issue`` by the calendar in force, from the beginning of its clock through all the requests
    ``granted`` for it (and for its whole before it became a part of it), in their order.
    """
    office = calendar()
    limit = Limit(issue.limit, issue.limit_unit)
    due = office.due(issue.clock_started_at, limit)
    warn = office.warn(issue.clock_started_at, due, WARN_SHARE)
    changes = [(request.decided_at, _change(request)) for request in granted]
    since_start = [change for at, change in changes if at and at >= issue.clock_started_at]
    since_step = [change for at, change in changes if at and issue.step_started_at and at >= issue.step_started_at]
    due = office.moved(due, since_start)
    return Times(office.moved(warn, since_start), due, _step_due(issue, due, since_step))


def _change(request: Any) -> Extension | Pause:
    if request.kind == RequestKind.EXTENSION:
        return Extension(request.limit)
    decided, until = request.decided_at, request.until
    assert decided is not None and until is not None  # noqa: S101, PT018 -- constraints of the table
    return Pause(decided, request.ended_at or day_begins(until))


def set_times(issue: Issue, times: Times) -> None:
    """Write ``times`` into the row."""
    issue.warn_at, issue.due_at, issue.step_due_at = times.warn_at, times.due_at, times.step_due_at
