"""The working calendar in force: the national one, with the district's office hours and special days."""

from datetime import date

from django.apps import apps

from suzhou_portal.lib.kept import Kept
from suzhou_portal.lib.worktime import WorkCalendar, is_workday, knows_year


def _load() -> WorkCalendar:
    hours = apps.get_model("rules.OfficeHours")._default_manager.order_by("starts")
    special = dict(apps.get_model("rules.CalendarDay")._default_manager.values_list("day", "is_workday"))

    def workday(day: date) -> bool:
        return special[day] if day in special else is_workday(day)

    return WorkCalendar(seasons=tuple((row.starts, row.spans) for row in hours), workday=workday)


KEPT = Kept("rules.calendar", _load)


def calendar() -> WorkCalendar:
    """The calendar as it stands; two queries when it is not kept, else none."""
    return KEPT.get()


def unknown_years(first: date, last: date) -> list[int]:
    """The years from ``first`` to ``last`` whose holidays neither the library nor the district has set."""
    days = apps.get_model("rules.CalendarDay")._default_manager
    return [
        year
        for year in range(first.year, last.year + 1)
        if not knows_year(year) and not days.filter(day__year=year).exists()
    ]
