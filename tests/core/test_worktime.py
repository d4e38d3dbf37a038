"""Chinese working time, against a slow reference that counts minutes one by one."""

import datetime as dt
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from suzhou_portal.lib.time.worktime import (
    OFFICE,
    SHANGHAI,
    Extension,
    Limit,
    Pause,
    Unit,
    WorkCalendar,
    is_workday,
    knows_year,
)

MINUTE = dt.timedelta(minutes=1)
FIRST = dt.datetime(2026, 3, 2, tzinfo=SHANGHAI)
SHARE = 4


# --- random worlds ------------------------------------------------------------------------


@st.composite
def hours(draw):
    """One to three spans within a day, in minutes."""
    edges = sorted(draw(st.sets(st.integers(0, 1439), min_size=2, max_size=6)))
    edges = edges[: len(edges) // 2 * 2]
    clock = [dt.time(edge // 60, edge % 60) for edge in edges]
    return tuple(zip(clock[::2], clock[1::2], strict=True))


@st.composite
def calendars(draw):
    """Weekends, random holidays and make-up days, and two seasons with hours of their own."""
    free = draw(st.sets(st.integers(0, 60), max_size=12))
    made_up = draw(st.sets(st.integers(0, 60), max_size=6)) - free
    winter, summer, change = draw(hours()), draw(hours()), draw(st.integers(0, 40))

    def workday(day):
        number = (day - FIRST.date()).days
        return number in made_up or (number not in free and day.weekday() < 5)

    def hours_on(day):
        return winter if (day - FIRST.date()).days < change else summer

    return WorkCalendar(hours=hours_on, workday=workday)


moments = st.integers(0, 25 * 1440).map(lambda minutes: FIRST + minutes * MINUTE)
limits = st.one_of(
    st.builds(Limit, st.integers(1, 600), st.just(Unit.MINUTES)),
    st.builds(Limit, st.integers(1, 20), st.just(Unit.HOURS)),
    st.builds(Limit, st.integers(1, 6), st.just(Unit.DAYS)),
)


# --- the slow reference -------------------------------------------------------------------


@dataclass
class Slow:
    """The same questions, answered minute by minute."""

    calendar: WorkCalendar

    def working(self, moment):
        day, clock = moment.date(), moment.time()
        return self.calendar.workday(day) and any(a <= clock < b for a, b in self.calendar.hours_on(day))

    def add(self, moment, minutes):
        while minutes > 0:
            minutes -= self.working(moment)
            moment += MINUTE
        return moment

    def between(self, start, end):
        found, moment = 0, start
        while moment < end:
            found += self.working(moment)
            moment += MINUTE
        return found

    def opening(self, moment):
        while not self.working(moment):
            moment += MINUTE
        return moment

    def closing(self, day):
        return dt.datetime.combine(day, self.calendar.hours_on(day)[-1][1], SHANGHAI)

    def later_day(self, day, count):
        while count:
            day += dt.timedelta(days=1)
            count -= self.calendar.workday(day)
        return day

    def due(self, start, limit):
        if limit.unit == Unit.DAYS:
            return self.closing(self.later_day(start.date(), limit.amount))
        return self.add(start, limit.amount * (60 if limit.unit == Unit.HOURS else 1))

    def extended(self, moment, limit):
        if limit.unit != Unit.DAYS:
            return self.due(moment, limit)
        midnight = dt.datetime.combine(moment.date(), dt.time(), SHANGHAI)
        day = self.later_day(moment.date(), limit.amount)
        if not self.between(moment, midnight + dt.timedelta(days=1)):
            return self.closing(day)
        passed = self.between(midnight, moment)
        begin = dt.datetime.combine(day, self.calendar.hours_on(day)[0][0], SHANGHAI)
        return min(self.add(begin, passed), self.closing(day))

    def resumed(self, moment, stopped, resumed):
        return moment if moment <= stopped else self.add(resumed, self.between(stopped, moment))


@settings(max_examples=60, deadline=None)
@given(calendars(), moments)
def test_the_office_opens_where_the_first_working_minute_begins(calendar, moment):
    assert calendar.opening(moment) == Slow(calendar).opening(moment)


@settings(max_examples=60, deadline=None)
@given(calendars(), moments, limits)
def test_limits_end_where_counting_minutes_ends(calendar, start, limit):
    due = calendar.due(start, limit)
    assert due == Slow(calendar).due(start, limit)
    assert calendar.working_time_between(start, due) == Slow(calendar).between(start, due) * MINUTE
    if limit.unit != Unit.DAYS:
        assert calendar.working_time_between(start, due) == limit.time


@settings(max_examples=60, deadline=None)
@given(calendars(), moments, limits, st.integers(2, 6))
def test_the_warning_comes_when_its_share_of_office_time_is_left(calendar, start, limit, share):
    due = calendar.due(start, limit)
    warn = calendar.warn(start, due, share)
    assert start <= warn <= due
    whole = calendar.working_time_between(start, due)
    assert calendar.working_time_between(warn, due) == whole / share


@settings(max_examples=60, deadline=None)
@given(calendars(), moments, limits)
def test_an_extension_adds_what_counting_minutes_adds(calendar, moment, limit):
    later = calendar.extended(moment, limit)
    assert later == Slow(calendar).extended(moment, limit)
    assert later > moment
    if limit.unit != Unit.DAYS:
        assert calendar.working_time_between(moment, later) == limit.time


@settings(max_examples=60, deadline=None)
@given(calendars(), moments, moments, moments)
def test_a_pause_keeps_the_office_time_that_was_left(calendar, due, stopped, resumed):
    stopped, resumed = min(stopped, resumed), max(stopped, resumed)
    later = calendar.resumed(due, stopped, resumed)
    assert later == Slow(calendar).resumed(due, stopped, resumed)
    if due <= stopped:
        assert later == due, "overdue stays overdue"
    else:
        assert later >= resumed
        assert calendar.working_time_between(resumed, later) == calendar.working_time_between(stopped, due)


@settings(max_examples=60, deadline=None)
@given(calendars(), moments, limits, st.lists(moments, min_size=3, max_size=3))
def test_resuming_early_is_the_same_as_never_having_planned_longer(calendar, start, limit, times):
    stopped, early, planned = sorted(times)
    due = calendar.due(start, limit)
    as_planned = calendar.resumed(due, stopped, planned)
    assert calendar.rescheduled(as_planned, stopped, planned, early) == calendar.resumed(due, stopped, early)


@settings(max_examples=60, deadline=None)
@given(calendars(), moments, moments, limits, st.tuples(moments, moments))
def test_nothing_overtakes(calendar, one, other, limit, pause):
    """Later starts end later, longer limits end later, longer pauses end later."""
    early, late = min(one, other), max(one, other)
    stopped, resumed = min(pause), max(pause)
    assert calendar.due(early, limit) <= calendar.due(late, limit)
    assert calendar.due(early, limit) <= calendar.due(early, Limit(limit.amount + 1, limit.unit))
    assert calendar.extended(early, limit) <= calendar.extended(late, limit)
    assert calendar.extended(early, limit) <= calendar.extended(early, Limit(limit.amount + 1, limit.unit))
    assert calendar.resumed(early, stopped, resumed) <= calendar.resumed(late, stopped, resumed)
    assert calendar.resumed(early, stopped, resumed) <= calendar.resumed(early, stopped, resumed + 90 * MINUTE)


@settings(max_examples=50, deadline=None)
@given(calendars(), moments, limits, st.lists(st.tuples(st.integers(0, 4000), limits, st.booleans()), max_size=5))
def test_replaying_a_history_equals_following_it_step_by_step(calendar, start, limit, history):
    """Each change as it comes, pauses set as planned and then resumed early, against the whole told anew."""
    slow, now = Slow(calendar), start
    step = told = calendar.due(start, limit)
    changes = []
    for gap, more, is_pause in history:
        now += gap * MINUTE
        if not is_pause:
            changes.append(Extension(more))
            step, told = calendar.extended(step, more), slow.extended(told, more)
            continue
        planned, resumed = now + 2 * gap * MINUTE, now + gap * MINUTE
        step = calendar.resumed(step, now, planned)
        step = calendar.rescheduled(step, now, planned, resumed)
        changes.append(Pause(now, resumed))
        told = slow.resumed(told, now, resumed)
        now = resumed
    assert calendar.moved(calendar.due(start, limit), changes) == step == told


def test_holidays_and_make_up_workdays_of_2025():
    assert not is_workday(dt.date(2025, 10, 1))
    assert is_workday(dt.date(2025, 9, 28))  # a Sunday that makes up for the National Day holiday
    start = dt.datetime(2025, 9, 30, 17, 0, tzinfo=SHANGHAI)
    assert OFFICE.add_working_time(start, dt.timedelta(hours=2)) == dt.datetime(2025, 10, 9, 9, 30, tzinfo=SHANGHAI)


def test_an_extension_by_days_keeps_the_hour_and_the_close_stays_the_close():
    friday = dt.datetime(2025, 6, 6, 10, 15, tzinfo=SHANGHAI)
    assert OFFICE.extended(friday, Limit(2, Unit.DAYS)) == dt.datetime(2025, 6, 10, 10, 15, tzinfo=SHANGHAI)
    close = friday.replace(hour=18, minute=0)
    assert OFFICE.extended(close, Limit(1, Unit.DAYS)) == dt.datetime(2025, 6, 9, 18, 0, tzinfo=SHANGHAI)


def test_days_are_no_length_of_office_time():
    with pytest.raises(ValueError):
        _ = Limit(1, Unit.DAYS).time


def test_unknown_years_fall_back_to_weekdays():
    assert not knows_year(2099)
    assert is_workday(dt.date(2099, 1, 1)) == (dt.date(2099, 1, 1).weekday() < 5)
