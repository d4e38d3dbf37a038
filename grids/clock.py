"""The clock of an issue: when it is due, when it turns yellow."""

from datetime import datetime, timedelta

from grids.models import IssueCategory
from grids.models.categories import LimitUnit
from suzhou_portal.lib.worktime import OFFICE, WorkCalendar

# The last quarter of the office hours until due is the yellow light (district default).
WARN_SHARE = 4


def due_times(category: IssueCategory, start: datetime, calendar: WorkCalendar = OFFICE) -> tuple[datetime, datetime]:
    """(``warn_at``, ``due_at``) of an issue of ``category`` whose clock starts at ``start`` (aware)."""
    if category.limit_unit == LimitUnit.HOURS:
        due = calendar.add_working_time(start, timedelta(hours=category.limit))
    else:
        due = calendar.add_working_days(start, category.limit)
    return warn_time(start, due, calendar), due


def warn_time(start: datetime, due: datetime, calendar: WorkCalendar = OFFICE) -> datetime:
    """When a clock that runs from ``start`` to ``due`` turns yellow."""
    whole = calendar.working_time_between(start, due)
    return calendar.add_working_time(start, whole - whole / WARN_SHARE)


def working_days_on(start: datetime, days: int, calendar: WorkCalendar = OFFICE) -> tuple[datetime, datetime]:
    """(``warn_at``, ``due_at``) of a clock of ``days`` working days that starts at ``start``."""
    due = calendar.add_working_days(start, days)
    return warn_time(start, due, calendar), due
