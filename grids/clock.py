"""The clock of an issue: when it is due, when it turns yellow, and when its present step is due.

Computed once per change and stored (``due_at``, ``warn_at``, ``step_due_at``), never per page
view. The whole limit is the category's; a step's limit (``StepLimit``) is the most specific one.
"""

from datetime import datetime
from typing import Any

from grids.models import Issue, IssueCategory, StepLimit
from grids.models.clock import Step
from grids.models.issues import Status
from suzhou_portal.lib.kept import Kept
from suzhou_portal.lib.worktime import WorkCalendar
from suzhou_portal.rules.calendars import calendar as calendar_in_force

# The last quarter of the office hours until due is the yellow light (district default).
WARN_SHARE = 4
STEP_OF: dict[str, Step] = {
    Status.REPORTED: Step.ACCEPT,
    Status.ACCEPTED: Step.DISPATCH,
    Status.DISPATCHED: Step.HANDLE,
    Status.HANDLING: Step.HANDLE,
    Status.ANSWERED: Step.VERIFY,
    Status.VERIFIED: Step.VERIFY,
}
Limit = tuple[int, str]


def due_times(
    category: IssueCategory, start: datetime, calendar: WorkCalendar | None = None
) -> tuple[datetime, datetime]:
    """(``warn_at``, ``due_at``) of an issue of ``category`` whose clock starts at ``start`` (aware)."""
    return times_within(start, category.limit, category.limit_unit, calendar)


def times_within(
    start: datetime, amount: int, unit: str, calendar: WorkCalendar | None = None
) -> tuple[datetime, datetime]:
    """(``warn_at``, ``due_at``) of a clock of ``amount`` ``unit`` that starts at ``start``."""
    calendar = calendar or calendar_in_force()
    due = calendar.due(start, amount, unit)
    return warn_time(start, due, calendar), due


def warn_time(start: datetime, due: datetime, calendar: WorkCalendar | None = None) -> datetime:
    """When a clock that runs from ``start`` to ``due`` turns yellow."""
    calendar = calendar or calendar_in_force()
    whole = calendar.working_time_between(start, due)
    return calendar.add_working_time(start, whole - whole / WARN_SHARE)


def start_clock(issue: Issue, moment: datetime) -> None:
    """Begin the whole limit of ``issue`` at ``moment``: a report, a reopening."""
    issue.warn_at, issue.due_at = due_times(issue.category, moment)


# --- steps ------------------------------------------------------------------------------


def _load_limits() -> dict[tuple[int | None, str], Limit]:
    rows = StepLimit.objects.values_list("category_id", "step", "amount", "unit")
    return {(category, step): (amount, unit) for category, step, amount, unit in rows}


LIMITS = Kept("grids.step_limits", _load_limits)


def step_limit(category: IssueCategory, step: str) -> Limit | None:
    """The limit of ``step`` for ``category``: its own, its group's, the one for all; None for none."""
    limits = LIMITS.get()
    for key in (category.pk, category.parent_id, None):
        if found := limits.get((key, step)):
            return found
    return None


def start_step(issue: Issue, moment: datetime) -> None:
    """Set when the present step of ``issue``, begun at ``moment``, is due: never later than the whole."""
    step = STEP_OF.get(issue.status)
    if step is None:
        issue.step_due_at = None
        return
    limit = step_limit(issue.category, step)
    issue.step_due_at = min(issue.due_at, calendar_in_force().due(moment, *limit)) if limit else issue.due_at


# --- standing still -----------------------------------------------------------------------

CLOCK_FIELDS = ("warn_at", "due_at", "step_due_at")


def clock_of(issue: Issue) -> dict[str, datetime | None]:
    """The three times of ``issue``, to go back to."""
    return {name: getattr(issue, name) for name in CLOCK_FIELDS}


def stand_still(issue: Issue, clock: dict[str, datetime | None], stopped: datetime, resumed: datetime) -> None:
    """Set the times of ``issue`` to those of ``clock`` after standing still between the two moments."""
    calendar = calendar_in_force()
    for name, moment in clock.items():
        setattr(issue, name, moment and calendar.resumed(moment, stopped, resumed))


def put_off(issue: Issue, amount: int, unit: str) -> None:
    """Extend the whole limit and the present step's by ``amount`` ``unit``."""
    calendar = calendar_in_force()
    for name, moment in clock_of(issue).items():
        setattr(issue, name, moment and calendar.extended(moment, amount, unit))


def replayed(issue: Issue, requests: list[Any]) -> tuple[datetime, datetime]:
    """(``warn_at``, ``due_at``) of ``issue`` computed anew from its start, its limit, and the granted
    ``requests`` since, in order: what they are under the calendar in force now.
    """
    calendar = calendar_in_force()
    warn, due = due_times(issue.category, issue.clock_start)
    for request in requests:
        if request.is_extension:
            warn, due = (calendar.extended(moment, request.amount, request.unit) for moment in (warn, due))
        else:
            span = (request.decided_at, request.stood_until)
            warn, due = (calendar.resumed(moment, *span) for moment in (warn, due))
    return warn, due
