"""The working calendar: office hours by season, days declared by the district, years not known yet."""

from datetime import date, datetime, time

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from suzhou_portal.audit.models import AuditEntry
from suzhou_portal.lib.time.worktime import DEFAULT_HOURS, SHANGHAI, Limit, Unit, is_workday
from suzhou_portal.rules.calendars import calendar, known_until, missing_years, note_known_years
from suzhou_portal.rules.models import CalendarDay, CalendarRevision, OfficeHours
from tests import factories as make

pytestmark = pytest.mark.dialect
WINTER = {"morning_from": time(9), "morning_to": time(12), "afternoon_from": time(14), "afternoon_to": time(17, 30)}
SUMMER = {"morning_from": time(8, 30), "morning_to": time(12), "afternoon_from": time(15), "afternoon_to": time(18, 30)}
TYPED = {"morning_from": "09:00", "morning_to": "12:00", "afternoon_from": "14:00", "afternoon_to": "17:30"}


def hours(starts, clock=WINTER, **fields):
    return make.saved(OfficeHours(starts=starts, **clock, **fields))


def closing(day):
    return calendar().hours_on(day)[-1][1]


def test_without_entries_the_default_counts(db):
    assert calendar().hours_on(date(2026, 1, 5)) == DEFAULT_HOURS


def test_hours_count_from_their_day_until_the_next_ones(db):
    hours(date(2026, 3, 1))
    hours(date(2026, 6, 1), SUMMER)
    days = (date(2026, 2, 28), date(2026, 3, 1), date(2026, 5, 31), date(2026, 6, 1), date(2028, 1, 1))
    assert [closing(day) for day in days] == [time(18), time(17, 30), time(17, 30), time(18, 30), time(18, 30)]


def test_seasons_come_every_year_and_a_day_entered_for_itself_goes_before(db):
    hours(date(2025, 10, 1), yearly=True)
    hours(date(2025, 5, 1), SUMMER, yearly=True)
    hours(date(2027, 5, 1), {**SUMMER, "afternoon_to": time(19)})
    days = {
        date(2025, 4, 30): time(18),
        date(2025, 5, 1): time(18, 30),
        date(2025, 12, 31): time(17, 30),
        date(2026, 1, 1): time(17, 30),
        date(2026, 7, 1): time(18, 30),
        date(2027, 7, 1): time(19),
        date(2027, 10, 1): time(17, 30),
        date(2028, 7, 1): time(18, 30),
    }
    assert {day: closing(day) for day in days} == days


def test_a_limit_by_days_ends_at_the_close_of_its_own_season(db):
    hours(date(2026, 6, 1), SUMMER)
    friday = datetime(2026, 5, 29, 10, 0, tzinfo=SHANGHAI)
    assert calendar().due(friday, Limit(1, Unit.DAYS)) == datetime(2026, 6, 1, 18, 30, tzinfo=SHANGHAI)


def test_a_declared_day_goes_before_the_national_calendar_as_long_as_it_is_valid(db):
    free, work = date(2026, 6, 3), date(2026, 6, 6)  # a Wednesday, a Saturday
    assert (is_workday(free), is_workday(work)) == (True, False)
    make.saved(CalendarDay(day=work, kind="work", reason="调休"))
    row = make.saved(CalendarDay(day=free, kind="free", reason="区运动会"))
    assert (calendar().workday(free), calendar().workday(work)) == (False, True)
    row.is_active = False
    row.save()
    assert calendar().workday(free)


@pytest.mark.parametrize(
    ("field", "value"), [("morning_to", time(8)), ("afternoon_from", time(11)), ("afternoon_to", time(13))]
)
def test_hours_must_ascend(db, field, value):
    with pytest.raises(ValidationError, match="时间须依次"):
        OfficeHours(starts=date(2026, 1, 1), **{**WINTER, field: value}).full_clean()


def test_no_season_begins_on_a_leap_day(db):
    with pytest.raises(ValidationError, match="2 月 29 日"):
        OfficeHours(starts=date(2028, 2, 29), yearly=True, **WINTER).full_clean()


def test_the_district_and_the_system_administrator_keep_the_calendar_on_record(cast, sign_in):
    for user, day in ((cast.district, "2026-12-01"), (cast.system, "2026-12-02")):
        answer = sign_in(user).post(
            "/rules/calendar-days/new/", {"day": day, "kind": "free", "reason": "区里通知", "is_active": "on"}
        )
        assert answer.status_code == 302
    answer = sign_in(cast.system).post("/rules/office-hours/new/", {"starts": "2026-12-01", **TYPED, "note": ""})
    assert answer.status_code == 302
    assert closing(date(2026, 12, 3)) == time(17, 30)
    assert not calendar().workday(date(2026, 12, 1))
    assert AuditEntry.objects.filter(object_type="rules.calendarday", actor=cast.system).exists()
    assert list(CalendarRevision.objects.values_list("by__username", "applied_at")) == [
        ("district", None), ("system", None), ("system", None),
    ]  # fmt: skip


def test_others_read_the_calendar_only(cast, sign_in):
    client = sign_in(cast.secretary)
    assert client.get("/rules/office-hours/").status_code == 200
    assert client.post("/rules/office-hours/new/", {"starts": "2026-12-01", **TYPED}).status_code == 403
    assert client.get("/rules/calendar-days/new/").status_code == 403


def test_a_refused_change_leaves_no_revision(cast, sign_in):
    answer = sign_in(cast.system).post(
        "/rules/office-hours/new/", {"starts": "2026-12-01", **TYPED, "morning_to": "08:00", "note": ""}
    )
    assert answer.status_code == 422
    assert "时间须依次" in answer.content.decode()
    assert not CalendarRevision.objects.exists()


def test_the_api_keeps_the_calendar_too(cast, sign_in):
    client = sign_in(cast.system)
    body = {"starts": "2026-12-01", "yearly": True, **TYPED, "note": "冬季"}
    answer = client.post("/api/v1/office-hours/", body, content_type="application/json")
    assert answer.status_code == 201, answer.json()
    assert closing(date(2026, 12, 1)) == time(17, 30)
    body = {"day": "2026-12-02", "kind": "free", "reason": "通知"}
    assert client.post("/api/v1/calendar-days/", body, content_type="application/json").status_code == 201
    assert CalendarRevision.objects.count() == 2


def test_years_to_come_are_missed_when_they_are_near(db):
    last = known_until()
    assert missing_years(date(last, 6, 1)) == []
    assert missing_years(date(last, 12, 1)) == [last + 1]
    assert missing_years(date(last + 1, 2, 1)) == [last + 1]


def test_a_newly_known_year_is_a_change_of_the_calendar_once(db):
    assert not note_known_years(), "where things stand at first changes nothing"
    assert not note_known_years()
    CalendarRevision.objects.update(known_until=known_until() - 1)
    assert note_known_years()
    assert not note_known_years()
    assert CalendarRevision.objects.filter(applied_at=None).count() == 1


def test_the_state_of_operations_tells_what_the_calendar_knows(cast, sign_in):
    CalendarRevision.objects.create(by=cast.system, known_until=2026, applied_at=timezone.now(), changed=3)
    text = sign_in(cast.system).get("/operations/").content.decode()
    assert f"已收录至 {known_until()} 年" in text
    assert "重算 3 件期限" in text
    for year in missing_years():
        assert f"{year} 年" in text


def test_a_sheet_of_holidays_is_imported(cast, sign_in):
    from suzhou_portal.lib.registers import imports as importing  # noqa: PLC0415 -- beside its only use
    from suzhou_portal.lib.registers import site  # noqa: PLC0415

    rows = [
        ["1", "日期", "上班或放假", "依据", "有效"],
        ["2", "2027-02-17", "放假", "国办通知", "是"],
        ["3", "2027-02-20", "上班", "国办通知", "是"],
    ]
    outcome = importing.run(site["calendar-days"], rows, by=cast.system, source="x.xlsx", apply=True)
    assert [row.errors for row in outcome.rows] == [[], []]
    assert not calendar().workday(date(2027, 2, 17))
    assert calendar().workday(date(2027, 2, 20))
