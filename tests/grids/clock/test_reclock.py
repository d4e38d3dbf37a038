"""A changed working calendar sets the clocks that run: once, exactly, and on record."""

from datetime import date, datetime, time, timedelta

import pytest
from django.utils import timezone

from grids.clock import services as reclock
from grids.issues.models import Issue
from grids.issues.workflow import WORKFLOW
from grids.limits.models import StepLimit
from grids.tallies.measures import counted
from grids.tallies.models import IssueDelta
from suzhou_portal.accounts.roles import Role
from suzhou_portal.audit.models import AuditEntry
from suzhou_portal.lib.time.worktime import SHANGHAI
from suzhou_portal.notices.models import OutboxMessage
from suzhou_portal.rules.calendars import calendar, note_change
from suzhou_portal.rules.models import CalendarDay, CalendarRevision, OfficeHours, UnknownYear
from tests import factories as make

pytestmark = pytest.mark.dialect
MONDAY = datetime(2026, 6, 1, 9, 0, tzinfo=SHANGHAI)
LATER = timedelta(minutes=5)


@pytest.fixture
def clock(monkeypatch):
    """``clock(moment)``: it is now that time."""

    def turn(moment):
        monkeypatch.setattr(timezone, "now", lambda: moment)

    turn(MONDAY)
    return turn


def declare_free(*days, by=None):
    for day in days:
        make.saved(CalendarDay(day=day, kind="free", reason="区里通知"))
        note_change(by)


def work_off():
    return reclock.work_off(timezone.now() + LATER)


def test_a_free_day_puts_open_deadlines_off_and_ended_ones_not(cast, clock):
    issue = make.make_issue(cast.secretary, cast.c1, cast.lamp)
    ended = make.make_issue(cast.secretary, cast.c1, cast.lamp)
    for action in ("take", "answer", "close"):
        ended = WORKFLOW.apply(ended, action, by=cast.secretary, inputs={"note": "好了"})
    assert issue.due_at == datetime(2026, 6, 4, 18, 0, tzinfo=SHANGHAI)
    declare_free(date(2026, 6, 3))
    assert reclock.work_off() == 0, "other processes may still reckon with the old calendar"
    assert (work_off(), work_off()) == (1, 0)
    fresh = Issue.objects.get(pk=issue.pk)
    assert fresh.due_at == datetime(2026, 6, 5, 18, 0, tzinfo=SHANGHAI)
    assert fresh.climb_at > fresh.due_at
    assert Issue.objects.get(pk=ended.pk).due_at == ended.due_at
    event = fresh.events.latest("id")
    assert (event.action, event.actor, event.note) == (
        "reclock", None, "办理期限由 06-04 18:00 改为 06-05 18:00",
    )  # fmt: skip
    assert AuditEntry.objects.filter(action="issue.reclock", object_id=str(issue.pk)).count() == 1
    revision = CalendarRevision.objects.get()
    assert (revision.changed, revision.applied_at is not None) == (1, True)


def test_other_office_hours_move_the_close_and_the_steps(cast, clock):
    make.saved(StepLimit(step="dispatching", limit=10))
    issue = make.make_issue(cast.secretary, cast.c1, cast.lamp)
    make.saved(
        OfficeHours(
            starts=date(2026, 1, 1),
            morning_from=time(9),
            morning_to=time(12),
            afternoon_from=time(14),
            afternoon_to=time(17),
        )
    )
    note_change(None)
    assert work_off() == 1
    issue.refresh_from_db()
    assert issue.due_at == datetime(2026, 6, 4, 17, 0, tzinfo=SHANGHAI)
    assert issue.step_due_at == datetime(2026, 6, 2, 15, 0, tzinfo=SHANGHAI)


def test_reckoning_anew_changes_nothing_when_the_calendar_has_not_changed(cast, clock):
    """Through extensions, suspensions planned and resumed early, steps, parts and reopening."""
    make.saved(StepLimit(step="handling", limit=2, unit="days"))
    make.saved(StepLimit(step="dispatching", limit=4))
    issue = make.make_issue(cast.secretary, cast.building, cast.lamp)

    def do(row, action, by, hours=3, **inputs):
        clock(timezone.now() + timedelta(hours=hours))
        row = WORKFLOW.apply(row, action, by=by, inputs=inputs)
        assert list(reclock._differing()) == [], action
        return row

    issue = do(issue, "ask_extension", cast.secretary, amount=90, unit="minutes", note="等")
    issue = do(issue, "grant", cast.officer)
    issue = do(issue, "dispatch", cast.secretary, organisation=cast.unit_org.pk)
    issue = do(issue, "ask_suspension", cast.liaison, until=date(2026, 6, 20), note="等")
    issue = do(issue, "grant", cast.secretary, hours=20)
    issue = do(issue, "resume", cast.secretary, hours=100)
    issue = do(issue, "ask_extension", cast.liaison, amount=3, unit="days", note="等")
    issue = do(issue, "grant", cast.secretary)
    issue = do(issue, "answer", cast.liaison, note="好")
    issue = do(issue, "close", cast.secretary)
    do(issue, "reopen", cast.secretary, note="又坏了")
    whole = make.make_issue(cast.secretary, cast.building, cast.litter)
    whole = do(whole, "ask_extension", cast.secretary, amount=1, unit="days", note="等")
    whole = do(whole, "withdraw_request", cast.secretary)
    do(whole, "split", cast.secretary, parts="一\n二")
    part = Issue.objects.filter(parent=whole).first()
    part = do(part, "ask_suspension", cast.secretary, until=timezone.localdate() + timedelta(days=9), note="等")
    do(part, "grant", cast.officer)


def test_a_part_follows_what_its_whole_was_granted_before(cast, clock):
    whole = make.make_issue(cast.secretary, cast.building, cast.lamp)
    whole = WORKFLOW.apply(
        whole, "ask_extension", by=cast.secretary, inputs={"amount": 2, "unit": "days", "note": "等"}
    )
    whole = WORKFLOW.apply(whole, "grant", by=cast.officer)
    clock(MONDAY + timedelta(hours=1))
    WORKFLOW.apply(whole, "split", by=cast.secretary, inputs={"parts": "一\n二"})
    assert {part.due_at for part in whole.parts.all()} == {whole.due_at}
    assert list(reclock._differing()) == []
    declare_free(date(2026, 6, 4))
    assert work_off() == 3
    assert {row.due_at for row in Issue.objects.all()} == {datetime(2026, 6, 9, 18, 0, tzinfo=SHANGHAI)}


def test_a_suspended_issue_is_set_as_well(cast, clock):
    issue = make.make_issue(cast.secretary, cast.building, cast.lamp)
    until = {"until": date(2026, 6, 8), "note": "等"}
    issue = WORKFLOW.apply(issue, "ask_suspension", by=cast.secretary, inputs=until)
    issue = WORKFLOW.apply(issue, "grant", by=cast.officer)
    declare_free(date(2026, 6, 9))
    work_off()
    fresh = Issue.objects.get(pk=issue.pk)
    assert fresh.due_at == issue.due_at + timedelta(days=1)
    assert fresh.suspended_at == issue.suspended_at


def test_the_figures_follow(cast, clock):
    issue = make.make_issue(cast.secretary, cast.c1, cast.lamp)
    declare_free(date(2026, 6, 4))
    work_off()
    issue.refresh_from_db()
    days = {}
    for delta in IssueDelta.objects.filter(measure="due"):
        days[delta.day] = days.get(delta.day, 0) + delta.n
    assert {day: n for day, n in days.items() if n} == {date(2026, 6, 5): 1}
    assert (date(2026, 6, 5), "due", cast.s1.pk, cast.c1.pk, cast.lamp.pk) in counted(issue)


def test_holders_are_not_told_one_by_one(cast, clock):
    make.make_issue(cast.secretary, cast.c1, cast.lamp)
    before = OutboxMessage.objects.count()
    declare_free(date(2026, 6, 3))
    work_off()
    assert OutboxMessage.objects.count() == before


def test_whoever_changes_the_calendar_sees_how_many_issues_it_concerns(cast, clock, sign_in):
    make.make_issue(cast.secretary, cast.c1, cast.lamp)
    body = {"day": "2026-06-03", "kind": "free", "reason": "区里通知", "is_active": "on"}
    answer = sign_in(cast.district).post("/rules/calendar-days/new/", body, follow=True)
    assert "1 件在办事件的期限将随之重算" in answer.content.decode()
    body |= {"day": "2027-06-03"}
    answer = sign_in(cast.district).post("/rules/calendar-days/new/", body, follow=True)
    assert work_off() == 1
    row = CalendarDay.objects.get(day=date(2027, 6, 3))
    body = {"kind": "free", "reason": "另一通知", "is_active": "on", "version": row.version}
    answer = sign_in(cast.district).post(f"/rules/calendar-days/{row.pk}/edit/", body, follow=True)
    assert "在办事件的期限不受影响" in answer.content.decode()


def test_the_system_administrator_is_told_of_an_unknown_year_once(cast, clock):
    clock(datetime(2098, 12, 1, 9, 0, tzinfo=SHANGHAI))
    assert (reclock.watch(), reclock.watch()) == (2, 0)
    assert set(UnknownYear.objects.values_list("year", flat=True)) == {2098, 2099}
    told = OutboxMessage.objects.filter(title__contains="节假日安排尚未收录")
    assert [message.audience["roles"] for message in told] == [[Role.SYSTEM]] * 2
    assert calendar().workday(date(2099, 1, 1)) == (date(2099, 1, 1).weekday() < 5)
