"""The working calendar in force: what the district has entered, on top of the national holidays.

:func:`calendar` is asked wherever a time limit is reckoned. A change is a
:class:`~suzhou_portal.rules.models.CalendarRevision`, written with it: whoever keeps clocks
works these off (issues: ``grids.clock.services``) and may listen to :data:`FORESEEN` to
say at once what a change will mean.
"""

import datetime as dt
from bisect import bisect_right
from functools import lru_cache
from typing import Any

from django.apps import apps
from django.dispatch import Signal
from django.utils import timezone

from suzhou_portal.lib.rows.kept import Kept
from suzhou_portal.lib.time import moments
from suzhou_portal.lib.time.worktime import (
    DEFAULT_HOURS,
    Limit,
    Spans,
    Unit,
    WorkCalendar,
    is_workday,
    knows_year,
)

# Sent after a change by hand; receivers answer a sentence on what it means, or "".
FORESEEN = Signal()
# Deadlines reach so far ahead: a year is missed when it begins within this time.
AHEAD = dt.timedelta(days=45)
# The last quarter of the office hours until something is due is the yellow light (district default).
WARN_SHARE = 4


class Timetables:
    """Which office hours count on which day. ``rows``: (first day, every year?, hours)."""

    def __init__(self, rows: list[tuple[dt.date, bool, Spans]]) -> None:
        self.rows = rows
        self._around = lru_cache(maxsize=200)(self._begun_around)

    def on(self, day: dt.date) -> Spans:
        """The hours that began last before ``day`` or on it; the default before all."""
        begun = self._around(day.year)
        index = bisect_right(begun, day, key=lambda pair: pair[0])
        return begun[index - 1][1] if index else DEFAULT_HOURS

    def _begun_around(self, year: int) -> list[tuple[dt.date, Spans]]:
        """The days up to the end of ``year`` on which hours begin, as far as they can count in it, ascending.

        On one day the row entered for just that day counts before one that comes every year.
        """
        found: dict[dt.date, Spans] = {}
        for starts, yearly, hours in sorted(self.rows, key=lambda row: (not row[1], row[0])):
            days = [starts]
            if yearly:
                days += [starts.replace(year=other) for other in (year - 1, year) if other > starts.year]
            found |= dict.fromkeys([day for day in days if day.year <= year], hours)
        return sorted(found.items())


def _load() -> WorkCalendar:
    hours = apps.get_model("rules.OfficeHours")._default_manager.order_by("starts")
    declared = apps.get_model("rules.CalendarDay")._default_manager.filter(is_active=True)
    timetables = Timetables([(row.starts, row.yearly, row.spans) for row in hours])
    days = {day: kind == "work" for day, kind in declared.values_list("day", "kind")}

    def workday(day: dt.date) -> bool:
        known = days.get(day)
        return is_workday(day) if known is None else known

    return WorkCalendar(hours=timetables.on if timetables.rows else DEFAULT_HOURS, workday=workday)


KEPT = Kept("rules.calendar", _load)


def calendar() -> WorkCalendar:
    """The calendar as it stands; two queries when it is not kept, else none."""
    return KEPT.get()


def deadline(days: int) -> tuple[dt.datetime, dt.datetime]:
    """(yellow from, due) of what has to be done within so many working ``days`` from now (``lib.cases.rows.Timed``)."""
    office, start = calendar(), moments.now()
    due = office.due(start, Limit(days, Unit.DAYS))
    return office.warn(start, due, WARN_SHARE), due


def known_until() -> int:
    """The last year whose national holidays are known."""
    year = timezone.localdate().year
    while knows_year(year + 1):
        year += 1
    while not knows_year(year):
        year -= 1
    return year


def missing_years(today: dt.date | None = None) -> list[int]:
    """The years, present or soon to come, that are reckoned as Monday to Friday for want of their holidays."""
    today = today or timezone.localdate()
    return [year for year in sorted({today.year, (today + AHEAD).year}) if not knows_year(year)]


def note_change(by: Any) -> None:
    """Put it on record that the calendar was changed; in the transaction of the change."""
    apps.get_model("rules.CalendarRevision")._default_manager.create(
        at=timezone.now(), by=by, known_until=known_until()
    )


def note_known_years() -> bool:
    """Take a new version of the library for the change of the calendar that it is; tells whether it was one."""
    revisions = apps.get_model("rules.CalendarRevision")._default_manager
    last = revisions.order_by("-id").first()
    if last is not None and last.known_until == known_until():
        return False
    # The first one only notes where things stand: nothing was reckoned otherwise before.
    revisions.create(known_until=known_until(), applied_at=None if last else timezone.now())
    return last is not None


def foreseen() -> list[str]:
    """What the change just saved means, in sentences."""
    return [text for _receiver, text in FORESEEN.send(sender=None) if text]
