"""Chinese working time: office hours on working days, make-up workdays and holidays included.

Deadlines are computed once, when a case changes, and stored. Holidays come from the
``chinesecalendar`` package; for years that it does not know yet, Monday to Friday are
working days (``knows_year`` tells). The calendar of the portal, with the district's own
office hours and days, is ``rules.calendars.calendar()``.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
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


Spans = tuple[tuple[dt.time, dt.time], ...]
OFFICE_HOURS: Spans = ((dt.time(8, 30), dt.time(12, 0)), (dt.time(14, 30), dt.time(18, 0)))


class Unit(StrEnum):
    """Units of time limits, all over the working calendar."""

    MINUTES = "minutes"
    HOURS = "hours"
    DAYS = "days"


@dataclass(frozen=True)
class WorkCalendar:
    """Office hours (pairs of local times within a day, ascending) over a calendar of working days.

    ``seasons`` are later office hours with the day from which they hold, ascending (summer and
    winter timetables).
    """

    hours: Spans = OFFICE_HOURS
    seasons: tuple[tuple[dt.date, Spans], ...] = ()
    workday: Callable[[dt.date], bool] = field(default=is_workday)
    zone: ZoneInfo = SHANGHAI

    def hours_on(self, day: dt.date) -> Spans:
        """The office hours of ``day``; none on a day of rest."""
        if not self.workday(day):
            return ()
        hours = self.hours
        for begins, spans in self.seasons:
            if begins > day:
                break
            hours = spans
        return hours

    def _spans(self, day: dt.date) -> list[tuple[dt.datetime, dt.datetime]]:
        hours = self.hours_on(day)
        return [(dt.datetime.combine(day, a, self.zone), dt.datetime.combine(day, b, self.zone)) for a, b in hours]

    def _working_day_after(self, day: dt.date, days: int) -> dt.date:
        """The ``days``-th working day after ``day`` (itself for 0)."""
        while days > 0:
            day += dt.timedelta(days=1)
            if self.workday(day):
                days -= 1
        return day

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
        day = self._working_day_after(start.astimezone(self.zone).date(), days)
        closes = (self.hours_on(day) or self.hours)[-1][1]
        return dt.datetime.combine(day, closes, self.zone)

    def working_time_between(self, start: dt.datetime, end: dt.datetime) -> dt.timedelta:
        """Office hours between two moments; zero when ``end`` is not after ``start``."""
        start, end = start.astimezone(self.zone), end.astimezone(self.zone)
        total, day = dt.timedelta(), start.date()
        while day <= end.date():
            for begin, close in self._spans(day):
                total += max(dt.timedelta(), min(close, end) - max(begin, start))
            day += dt.timedelta(days=1)
        return total

    # --- clocks -------------------------------------------------------------------------

    def due(self, start: dt.datetime, amount: int, unit: str) -> dt.datetime:
        """When a limit of ``amount`` ``unit`` (:class:`Unit`) that begins at ``start`` has passed."""
        if unit == Unit.DAYS:
            return self.add_working_days(start, amount)
        return self.add_working_time(start, dt.timedelta(**{unit: amount}))

    def extended(self, due: dt.datetime, amount: int, unit: str) -> dt.datetime:
        """``due`` put off by ``amount`` ``unit``: minutes and hours of office time; or so many working
        days on, when as much of the office day has passed (close of office stays close of office).
        """
        if unit != Unit.DAYS:
            return self.add_working_time(due, dt.timedelta(**{unit: amount}))
        local = due.astimezone(self.zone)
        opens = dt.datetime.combine(local.date(), dt.time.min, self.zone)
        left_today = self.working_time_between(local, opens + dt.timedelta(days=1))
        day = self._working_day_after(local.date(), amount)
        spans = self._spans(day)
        if not left_today or not spans:
            return spans[-1][1] if spans else local
        passed = self.working_time_between(opens, local)
        whole = self.working_time_between(spans[0][0], spans[-1][1])
        return self.add_working_time(spans[0][0], min(passed, whole)) if passed else spans[0][0]

    def resumed(self, due: dt.datetime, stopped: dt.datetime, resumed: dt.datetime) -> dt.datetime:
        """When a clock due at ``due`` is due after standing still from ``stopped`` to ``resumed``: the
        office time that was left is left again. What was overdue when it stopped stays overdue.
        """
        if due <= stopped or resumed <= stopped:
            return due
        return self.add_working_time(resumed, self.working_time_between(stopped, due))
