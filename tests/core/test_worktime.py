"""Chinese working time, against a slow reference that counts minutes one by one."""

import datetime as dt

from hypothesis import given, settings
from hypothesis import strategies as st

from suzhou_portal.lib.worktime import OFFICE, SHANGHAI, WorkCalendar, is_workday, knows_year

MINUTE = dt.timedelta(minutes=1)
moments = st.datetimes(dt.datetime(2024, 1, 1), dt.datetime(2026, 11, 30)).map(
    lambda moment: moment.replace(second=0, microsecond=0, tzinfo=SHANGHAI)
)
random_calendars = st.sets(st.integers(0, 13), min_size=4).map(
    lambda days: WorkCalendar(workday=lambda day: day.toordinal() % 14 in days)
)


def working(calendar, moment):
    local = moment.astimezone(SHANGHAI)
    return calendar.workday(local.date()) and any(a <= local.time() < b for a, b in calendar.hours)


def slow_add(calendar, start, minutes):
    moment = start
    while minutes:
        if working(calendar, moment):
            minutes -= 1
        moment += MINUTE
    return moment


@settings(max_examples=60, deadline=None)
@given(random_calendars, moments, st.integers(1, 1200))
def test_adding_working_minutes_equals_counting_them(calendar, start, minutes):
    expected = slow_add(calendar, start, minutes)
    assert calendar.add_working_time(start, minutes * MINUTE) == expected
    assert calendar.working_time_between(start, expected) == minutes * MINUTE


@settings(max_examples=60, deadline=None)
@given(random_calendars, moments, st.integers(1, 12))
def test_working_days_end_at_close_of_office_after_that_many_days(calendar, start, days):
    end = calendar.add_working_days(start, days)
    passed = [
        day
        for step in range(1, (end.date() - start.date()).days + 1)
        if calendar.workday(day := start.date() + dt.timedelta(days=step))
    ]
    assert len(passed) == days
    assert passed[-1] == end.date()
    assert end.time() == dt.time(18, 0)


def test_holidays_and_make_up_workdays_of_2025():
    assert not is_workday(dt.date(2025, 10, 1))
    assert is_workday(dt.date(2025, 9, 28))  # a Sunday that makes up for the National Day holiday
    start = dt.datetime(2025, 9, 30, 17, 0, tzinfo=SHANGHAI)
    assert OFFICE.add_working_time(start, dt.timedelta(hours=2)) == dt.datetime(2025, 10, 9, 9, 30, tzinfo=SHANGHAI)


def test_unknown_years_fall_back_to_weekdays():
    assert not knows_year(2099)
    assert is_workday(dt.date(2099, 1, 1)) == (dt.date(2099, 1, 1).weekday() < 5)
