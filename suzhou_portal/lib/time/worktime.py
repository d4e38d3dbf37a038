"""Chinese working time: office hours on working days, make-up workdays and holidays included.

Deadlines are computed once, when a case changes, and stored. Holidays come from the
``chinesecalendar`` package; for years that it does not know yet, Monday to Friday are
working days (``knows_year`` tells). What the district itself declares comes on top
(``suzhou_portal.rules.calendars``).

Everything here is pure: moments in, moments out, all of them aware. A clock that is stopped
keeps the office time that is left of it (:meth:`WorkCalendar.resumed`), an extension adds
office time or working days (:meth:`WorkCalendar.extended`), and :meth:`WorkCalendar.moved`
tells a moment after a whole history of both.
"""

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from zoneinfo import ZoneInfo

import chinese_calendar

SHANGHAI = ZoneInfo("Asia/Shanghai")
# Office hours of a day: pairs of local times, ascending, the end not included.
Spans = tuple[tuple[dt.time, dt.time], ...]
# The platform's default, until the district has entered its own.
DEFAULT_HOURS: Spans = ((dt.time(8, 30), dt.time(12, 0)), (dt.time(14, 30), dt.time(18, 0)))
ONE_DAY = dt.timedelta(days=1)
NO_TIME = dt.timedelta()


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


class Unit(StrEnum):
    """Units of time limits, over the working calendar."""

    MINUTES = "minutes"
    HOURS = "hours"
    DAYS = "days"


@dataclass(frozen=True)
class Limit:
    """A length of working time: ``amount`` (a positive number) of ``unit``."""

    amount: int
    unit: str

    @property
    def time(self) -> dt.timedelta:
        """Minutes and hours as office time. Raises ``ValueError`` for days, whose length depends on the day."""
        if self.unit == Unit.MINUTES:
            return dt.timedelta(minutes=self.amount)
        if self.unit == Unit.HOURS:
            return dt.timedelta(hours=self.amount)
        raise ValueError(f"{self.unit} are no length of office time")


@dataclass(frozen=True)
class Extension:
    """延期: so much more time."""

    limit: Limit


@dataclass(frozen=True)
class Pause:
    """挂账: the clock stands from ``stopped_at`` to ``resumed_at``."""

    stopped_at: dt.datetime
    resumed_at: dt.datetime


@dataclass(frozen=True)
class WorkCalendar:
    """Office hours over a calendar of working days. ``hours`` may depend on the day (summer, winter)."""

    hours: Spans | Callable[[dt.date], Spans] = DEFAULT_HOURS
    workday: Callable[[dt.date], bool] = field(default=is_workday)
    zone: ZoneInfo = SHANGHAI

    # --- days ---------------------------------------------------------------------------

    def hours_on(self, day: dt.date) -> Spans:
        """The office hours of ``day``, whether it is a working day or not."""
        return self.hours(day) if callable(self.hours) else self.hours

    def day_length(self, day: dt.date) -> dt.timedelta:
        """The office time of a working day with the hours of ``day``."""
        whole = [dt.datetime.combine(day, b) - dt.datetime.combine(day, a) for a, b in self.hours_on(day)]
        return sum(whole, NO_TIME)

    def _spans(self, day: dt.date) -> list[tuple[dt.datetime, dt.datetime]]:
        if not self.workday(day):
            return []
        combine, zone = dt.datetime.combine, self.zone
        return [(combine(day, a, zone), combine(day, b, zone)) for a, b in self.hours_on(day)]

    def _working_day(self, day: dt.date, count: int) -> dt.date:
        """The ``count``-th working day after ``day``."""
        while count > 0:
            day += ONE_DAY
            count -= self.workday(day)
        return day

    def _closing(self, day: dt.date) -> dt.datetime:
        return dt.datetime.combine(day, self.hours_on(day)[-1][1], self.zone)

    # --- office time ----------------------------------------------------------------------

    def add_working_time(self, start: dt.datetime, amount: dt.timedelta) -> dt.datetime:
        """The moment at which ``amount`` of office hours has passed since ``start``; in UTC+8.

        No amount: ``start`` itself, in office hours or not.
        """
        moment, left = start.astimezone(self.zone), amount
        if left <= NO_TIME:
            return moment
        day = moment.date()
        while True:
            for begin, end in self._spans(day):
                begin = max(begin, moment)
                if begin < end:
                    if end - begin >= left:
                        return begin + left
                    left -= end - begin
            day += ONE_DAY

    def opening(self, moment: dt.datetime) -> dt.datetime:
        """``moment`` itself within office hours, else when the office opens next; in UTC+8."""
        moment = moment.astimezone(self.zone)
        day = moment.date()
        while True:
            for begin, end in self._spans(day):
                if moment < end:
                    return max(begin, moment)
            day += ONE_DAY

    def add_working_days(self, start: dt.datetime, days: int) -> dt.datetime:
        """The close of office on the ``days``-th working day after the day of ``start``.

        The day of ``start`` does not count, whether it is a working day or not.
        """
        return self._closing(self._working_day(start.astimezone(self.zone).date(), days))

    def working_time_between(self, start: dt.datetime, end: dt.datetime) -> dt.timedelta:
        """Office hours between two moments; zero when ``end`` is not after ``start``."""
        start, end = start.astimezone(self.zone), end.astimezone(self.zone)
        total, day, last = NO_TIME, start.date(), end.date()
        while day <= last:
            for a, b in self._spans(day):
                total += max(NO_TIME, min(b, end) - max(a, start))
            day += ONE_DAY
        return total

    # --- limits ---------------------------------------------------------------------------

    def due(self, start: dt.datetime, limit: Limit) -> dt.datetime:
        """When a clock of ``limit`` that starts at ``start`` has run out: after that much office time, or at the
        close of that working day.
        """
        if limit.unit == Unit.DAYS:
            return self.add_working_days(start, limit.amount)
        return self.add_working_time(start, limit.time)

    def warn(self, start: dt.datetime, due: dt.datetime, share: int) -> dt.datetime:
        """When the last 1/``share`` of the office time from ``start`` to ``due`` begins."""
        whole = self.working_time_between(start, due)
        return self.add_working_time(start, whole - whole / share)

    def extended(self, moment: dt.datetime, limit: Limit) -> dt.datetime:
        """``moment`` put off by ``limit``: that much more office time, or that many working days later at the same
        office time.

        The same office time: after as much of the day's office hours as had passed at ``moment``;
        the close stays the close, also where another season closes at another hour.
        """
        if limit.unit != Unit.DAYS:
            return self.add_working_time(moment, limit.time)
        local = moment.astimezone(self.zone)
        spans = self._spans(local.date())
        day = self._working_day(local.date(), limit.amount)
        if not spans or local >= spans[-1][1]:
            return self._closing(day)
        passed = sum((max(NO_TIME, min(b, local) - a) for a, b in spans), NO_TIME)
        if passed >= self.day_length(day):
            return self._closing(day)
        opening = dt.datetime.combine(day, self.hours_on(day)[0][0], self.zone)
        return self.add_working_time(opening, passed)

    def resumed(self, moment: dt.datetime, stopped_at: dt.datetime, resumed_at: dt.datetime) -> dt.datetime:
        """``moment`` of a clock that stood from ``stopped_at`` to ``resumed_at``: the office time that was left is
        kept. What had passed before the stop stays where it was (overdue stays overdue).
        """
        return self.rescheduled(moment, stopped_at, stopped_at, resumed_at)

    def rescheduled(
        self, moment: dt.datetime, stopped_at: dt.datetime, planned: dt.datetime, resumed_at: dt.datetime
    ) -> dt.datetime:
        """``moment`` of a clock that was to stand from ``stopped_at`` until ``planned``, and was set so, when it is
        resumed at ``resumed_at`` instead.
        """
        if moment <= stopped_at:
            return moment
        return self.add_working_time(resumed_at, self.working_time_between(planned, moment))

    def moved(self, moment: dt.datetime, changes: Iterable[Extension | Pause]) -> dt.datetime:
        """``moment`` after ``changes`` in the order in which they came about."""
        for change in changes:
            if isinstance(change, Extension):
                moment = self.extended(moment, change.limit)
            else:
                moment = self.resumed(moment, change.stopped_at, change.resumed_at)
        return moment


OFFICE = WorkCalendar()
