"""Chinese working time, against a slow reference that counts minutes one by one."""

import datetime as dt

from hypothesis import given, settings
from hypothesis import strategies as st

from suzhou_portal.lib.worktime import OFFICE_HOURS, SHANGHAI, WorkCalendar, is_workday, knows_year

MINUTE = dt.timedelta(minutes=1)
moments = st.datetimes(dt.datetime(2024, 1, 1), dt.datetime(2026, 11, 30)).map(
    lambda moment: moment.replace(second=0, microsecond=0, tzinfo=SHANGHAI)
)
SUMMER = ((dt.time(8, 0), dt.time(12, 0)), (dt.time(15, 0), dt.time(18, 30)))


@st.composite
def calendars(draw):
    """Working days in any pattern of two weeks; office hours that change at random days."""
    days = draw(st.sets(st.integers(0, 13), min_size=4))
    seasons = draw(st.lists(st.dates(dt.date(2023, 12, 1), dt.date(2026, 12, 31)), max_size=4, unique=True).map(sorted))
    hours = [SUMMER if index % 2 == 0 else OFFICE_HOURS for index in range(len(seasons))]
    return WorkCalendar(
        seasons=tuple(zip(seasons, hours, strict=True)), workday=lambda day: day.toordinal() % 14 in days
    )


random_calendars = calendars()


def working(calendar, moment):
    local = moment.astimezone(SHANGHAI)
    hours = OFFICE_HOURS
    for begins, spans in calendar.seasons:
        if begins <= local.date():
            hours = spans
    return calendar.workday(local.date()) and any(a <= local.time() < b for a, b in hours)


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
    assert end.time() == calendar.hours_on(end.date())[-1][1]
    assert not working(calendar, end)
    assert working(calendar, end - MINUTE)


def test_holidays_and_make_up_workdays_of_2025():
    assert not is_workday(dt.date(2025, 10, 1))
    assert is_workday(dt.date(2025, 9, 28))  # a Sunday that makes up for the National Day holiday
    start = dt.datetime(2025, 9, 30, 17, 0, tzinfo=SHANGHAI)
    assert WorkCalendar().add_working_time(start, dt.timedelta(hours=2)) == dt.datetime(
        2025, 10, 9, 9, 30, tzinfo=SHANGHAI
    )


def test_unknown_years_fall_back_to_weekdays():
    assert not knows_year(2099)
    assert is_workday(dt.date(2099, 1, 1)) == (dt.date(2099, 1, 1).weekday() < 5)


# --- clocks: a limit, pauses and extensions, against counting minute by minute -----------------

changes = st.lists(
    st.tuples(st.sampled_from(["pause", "minutes", "hours", "days"]), st.integers(1, 9), st.integers(0, 2000)),
    max_size=5,
)


def slow_due(calendar, start, amount, unit):
    """The limit itself: minutes counted one by one, days to the last working minute of the last of them."""
    if unit != "days":
        return slow_add(calendar, start, amount * (60 if unit == "hours" else 1))
    day = start.astimezone(SHANGHAI).date()
    while amount:
        day += dt.timedelta(days=1)
        amount -= calendar.workday(day)
    minutes = [dt.datetime.combine(day, dt.time.min, SHANGHAI) + n * MINUTE for n in range(24 * 60)]
    return max(minute for minute in minutes if working(calendar, minute)) + MINUTE


def slow_left(calendar, moment, due):
    left = 0
    while moment < due:
        left += working(calendar, moment)
        moment += MINUTE
    return left


@settings(max_examples=40, deadline=None)
@given(random_calendars, moments, st.integers(1, 12), st.sampled_from(["minutes", "hours", "days"]))
def test_a_limit_ends_where_counting_its_minutes_ends(calendar, start, amount, unit):
    assert calendar.due(start, amount, unit) == slow_due(calendar, start, amount, unit)


@settings(max_examples=40, deadline=None)
@given(random_calendars, moments, changes)
def test_pauses_keep_the_time_that_is_left_and_extensions_add_to_it(calendar, start, steps):
    due = calendar.due(start, 3, "days")
    now = start
    for kind, amount, wait in steps:
        now += wait * MINUTE
        if kind == "pause":
            until = now + amount * dt.timedelta(hours=7)
            left = slow_left(calendar, now, due)
            moved = calendar.resumed(due, now, until)
            assert slow_left(calendar, until, moved) == left
            assert moved == (due if due <= now else slow_add(calendar, until, left))
            due, now = moved, until
        elif kind == "days":
            moved = calendar.extended(due, amount, kind)
            between = [due.date() + dt.timedelta(days=n) for n in range(1, (moved.date() - due.date()).days + 1)]
            assert sum(map(calendar.workday, between)) == amount
            assert calendar.workday(moved.date())
            due = moved
        else:
            moved = calendar.extended(due, amount, kind)
            assert slow_left(calendar, due, moved) == amount * (60 if kind == "hours" else 1)
            due = moved


@settings(max_examples=60, deadline=None)
@given(random_calendars, moments, st.integers(0, 5000), st.integers(1, 5000))
def test_a_longer_pause_is_never_due_earlier(calendar, start, before, longer):
    due, stopped = calendar.due(start, 2, "days"), start + before * MINUTE
    first = calendar.resumed(due, stopped, stopped + MINUTE)
    assert first >= due or due <= stopped
    assert calendar.resumed(due, stopped, stopped + MINUTE + longer * MINUTE) >= first


def test_close_of_office_stays_close_of_office_when_days_are_added_over_a_change_of_season():
    calendar = WorkCalendar(seasons=((dt.date(2026, 5, 1), SUMMER),))
    due = dt.datetime(2026, 4, 29, 18, 0, tzinfo=SHANGHAI)
    assert calendar.extended(due, 5, "days").time() == dt.time(18, 30)
    noon = dt.datetime(2026, 4, 29, 12, 0, tzinfo=SHANGHAI)
    assert calendar.extended(noon, 1, "days") == dt.datetime(2026, 4, 30, 12, 0, tzinfo=SHANGHAI)
