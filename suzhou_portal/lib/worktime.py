"""Chinese working time: office hours on working days, make-up workdays and holidays included.

Deadlines are computed once, when a case changes, and stored. Holidays come from the
``chinesecalendar`` package; for years that it does not know yet, Monday to Friday are
working days (``knows_year`` tells).
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from zoneinfo import ZoneInfo

import chinese_calendar

SHANGHAI = ZoneInfo("Asia/Shanghai")


def knows_year(year: int) -> bool:
    """True when the holiday calendar of ``year`` is known."""
    try:
        chinese_calendar.is_workday(dt.date(year, 6, 15))
    except NotImplementedError:
        return False
    return True


@lru_cache(maxsize=20_000)
def is_workday(day: dt.date) -> bool:
    """True for a working day in China; weekdays where the calendar is not known yet."""
    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:
        return day.weekday() < 5


@dataclass(frozen=True)
class WorkCalendar:
    """Office hours (pairs of local times within a day, ascending) over a calendar of working days."""

    hours: tuple[tuple[dt.time, dt.time], ...] = (
        (dt.time(8, 30), dt.time(12, 0)),
        (dt.time(14, 30), dt.time(18, 0)),
    )
    workday: Callable[[dt.date], bool] = field(default=is_workday)
    zone: ZoneInfo = SHANGHAI

    def _spans(self, day: dt.date) -> list[tuple[dt.datetime, dt.datetime]]:
        if not self.workday(day):
            return []
        return [(dt.datetime.combine(day, a, self.zone), dt.datetime.combine(day, b, self.zone)) for a, b in self.hours]

    def add_working_time(self, start: dt.datetime, amount: dt.timedelta) -> dt.datetime:
        """The moment at which ``amount`` of office hours has passed since ``start`` (aware); in UTC+8."""
        moment, left = start.astimezone(self.zone), amount
        day = moment.date()
        while True:
            for begin, end in self._spans(day):
                begin = max(begin, moment)
                if begin < end:
                    if end - begin >= left:
                        return begin + left
                    left -= end - begin
            day += dt.timedelta(days=1)

    def add_working_days(self, start: dt.datetime, days: int) -> dt.datetime:
        """The close of office on the ``days``-th working day after the day of ``start``.

        The day of ``start`` does not count, whether it is a working day or not.
        """
        day = start.astimezone(self.zone).date()
        while days > 0:
            day += dt.timedelta(days=1)
            if self.workday(day):
                days -= 1
        return dt.datetime.combine(day, self.hours[-1][1], self.zone)

    def working_time_between(self, start: dt.datetime, end: dt.datetime) -> dt.timedelta:
        """Office hours between two moments; zero when ``end`` is not after ``start``."""
        start, end = start.astimezone(self.zone), end.astimezone(self.zone)
        total, day = dt.timedelta(), start.date()
        while day <= end.date():
            for a, b in self._spans(day):
                total += max(dt.timedelta(), min(b, end) - max(a, start))
            day += dt.timedelta(days=1)
        return total


OFFICE = WorkCalendar()
