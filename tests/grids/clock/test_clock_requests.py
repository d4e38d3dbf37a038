"""延期 and 挂账: who asks, who decides, and what becomes of the clock."""

from datetime import datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from grids.clock import services as resuming
from grids.clock.models import ClockRequest
from grids.clock.parameters import EXTENSION_LONGEST, EXTENSIONS_MOST, SUSPENSION_LONGEST
from grids.issues.models import Issue, Light, Status
from grids.issues.workflow import WORKFLOW
from grids.limits.models import StepLimit
from grids.supervision import services as sweep
from suzhou_portal.audit.models import AuditEntry
from suzhou_portal.lib.rows.records import ActionForbidden, ActionNotPossible
from suzhou_portal.lib.time.worktime import SHANGHAI, Limit, Unit
from suzhou_portal.notices.models import OutboxMessage
from suzhou_portal.rules.calendars import calendar
from suzhou_portal.rules.models import Parameter
from suzhou_portal.rules.parameters import KEPT
from tests import factories as make

pytestmark = pytest.mark.dialect
MONDAY = datetime(2026, 6, 1, 9, 0, tzinfo=SHANGHAI)
WEEK = timedelta(days=7)
MORE = {"amount": 2, "unit": "days", "note": "等配件"}


@pytest.fixture
def clock(monkeypatch):
    """``clock(moment)``: it is now that time."""

    def turn(moment):
        monkeypatch.setattr(timezone, "now", lambda: moment)

    turn(MONDAY)
    return turn


@pytest.fixture
def issue(cast, clock):
    """An issue of community 1, three working days, accepted by its secretary on a Monday morning."""
    return make.make_issue(cast.secretary, cast.building, cast.lamp)


@pytest.fixture
def dispatched(cast, issue):
    """The same, with the law-enforcement brigade, by the street in the community's place."""
    return WORKFLOW.apply(issue, "dispatch", by=cast.officer, inputs={"organisation": cast.law.pk})


def actions(issue, user):
    return {t.action for t in WORKFLOW.available(Issue.objects.get(pk=issue.pk), user)}


def do(issue, action, by, **inputs):
    return WORKFLOW.apply(issue, action, by=by, inputs=inputs)


def ask_pause(issue, by, days=7, note="须待停暖后施工"):
    return do(issue, "ask_suspension", by, until=timezone.localdate() + timedelta(days=days), note=note)


def suspended(issue, cast, days=7):
    return do(ask_pause(issue, cast.secretary, days), "grant", cast.officer)


def parameter_is(code, value):
    Parameter.objects.filter(code=code).update(value=value)
    KEPT.forget()


# --- who asks, who decides --------------------------------------------------------------


def test_the_keeper_asks_and_the_level_above_decides(cast, issue):
    assert {"ask_extension", "ask_suspension"} <= actions(issue, cast.secretary)
    issue = do(issue, "ask_extension", cast.secretary, **MORE)
    assert (issue.asked_kind, issue.asked_level) == ("extension", "street")
    assert "ask_extension" not in actions(issue, cast.secretary), "one at a time"
    assert {"grant", "refuse"} <= actions(issue, cast.officer)
    assert {"grant", "refuse"} <= actions(issue, cast.district)
    for user in (cast.secretary, cast.leader, cast.sibling, cast.other_officer, cast.department):
        assert not {"grant", "refuse"} & actions(issue, user), user
    assert "withdraw_request" in actions(issue, cast.secretary)
    assert "withdraw_request" not in actions(issue, cast.officer)
    with pytest.raises(ActionForbidden):
        do(issue, "grant", cast.secretary)


def test_an_organisation_asks_and_the_level_of_the_issue_decides(cast, dispatched):
    issue = do(dispatched, "ask_extension", cast.department, **MORE)
    request = ClockRequest.objects.get()
    assert (issue.asked_level, request.level) == ("community", "community")
    assert (request.asker, request.organisation, request.requested_by) == ("organisation", cast.law, cast.department)
    assert {"grant", "refuse"} <= actions(issue, cast.secretary)
    assert "withdraw_request" in actions(issue, cast.department)
    assert not {"grant", "withdraw_request"} & actions(issue, cast.other_department)


def test_nobody_decides_on_a_request_of_their_own_level(cast, issue):
    issue = do(issue, "ask_extension", cast.officer, **MORE)
    assert issue.asked_level == "district"
    assert "grant" not in actions(issue, cast.officer)


def test_the_grid_asks_the_community(cast, issue):
    issue = do(issue, "assign_grid", cast.secretary)
    issue = do(issue, "ask_extension", cast.leader, **MORE)
    assert issue.asked_level == "community"
    do(issue, "grant", cast.secretary)


def test_the_district_decides_for_itself(cast, issue):
    issue = do(do(issue, "escalate", cast.secretary, note="难"), "escalate", cast.officer, note="难")
    issue = do(issue, "accept", cast.district)
    issue = do(issue, "ask_suspension", cast.district, until=timezone.localdate() + WEEK, note="待批复")
    assert issue.asked_level == "district"
    assert do(issue, "grant", cast.district).suspended_until is not None


def test_whoever_decides_and_whoever_asked_are_told(cast, dispatched):
    issue = do(dispatched, "ask_extension", cast.department, **MORE)
    asked = OutboxMessage.objects.get(title__contains="申请延期 2 个工作日，请审批")
    assert asked.audience == {"roles": ["community_secretary"], "community": cast.c1.pk}
    do(issue, "grant", cast.secretary)
    told = OutboxMessage.objects.filter(audience__organisation=cast.law.pk).latest("id")
    assert "同意申请" in told.title


def test_a_keeper_who_asked_while_somebody_else_has_it_is_told_the_decision(cast, dispatched):
    issue = do(dispatched, "ask_extension", cast.secretary, **MORE)
    do(issue, "refuse", cast.officer, note="再想办法")
    told = OutboxMessage.objects.get(title__contains="未同意：延期 2 个工作日")
    assert told.audience["community"] == cast.c1.pk


def test_a_side_that_is_no_more_after_a_correction_is_told_in_the_person_of_the_community(cast):
    issue = make.make_issue(cast.secretary, cast.building, cast.litter)
    issue = do(issue, "dispatch", cast.secretary, organisation=cast.unit_org.pk)
    do(issue, "ask_extension", cast.leader, **MORE)
    do(issue, "correct", cast.secretary, place=cast.c1.code, note="不在网格里")
    do(issue, "grant", cast.officer)
    told = OutboxMessage.objects.get(title__contains="已同意：延期")
    assert told.audience == {"roles": ["community_secretary"], "community": cast.c1.pk}


# --- 延期 ---------------------------------------------------------------------------------


def test_a_granted_extension_moves_limit_warning_and_step(cast, clock, issue):
    make.saved(StepLimit(step="dispatching", limit=4))
    issue = do(issue, "escalate", cast.secretary, note="难")
    issue = do(issue, "accept", cast.officer)
    before = issue
    clock(MONDAY + timedelta(hours=1))
    issue = do(issue, "ask_extension", cast.officer, **MORE)
    assert (issue.due_at, issue.step_due_at) == (before.due_at, before.step_due_at), "not before it is granted"
    issue = do(issue, "grant", cast.district, note="仅此一次")
    more = Limit(2, Unit.DAYS)
    assert issue.due_at == calendar().extended(before.due_at, more) == before.due_at + timedelta(days=4)  # a weekend
    assert issue.warn_at == calendar().extended(before.warn_at, more)
    assert issue.step_due_at == calendar().extended(before.step_due_at, more)
    assert (issue.extensions, issue.asked_level) == (1, "")
    assert issue.climb_at > issue.due_at
    request = ClockRequest.objects.get()
    assert (request.decision, request.decided_by, request.note) == ("granted", cast.district, "仅此一次")
    assert "办理期限延至 06-08 18:00；仅此一次" in issue.events.latest("id").note


def test_a_refused_or_withdrawn_request_leaves_the_clock_alone(cast, issue):
    due = issue.due_at
    issue = do(issue, "ask_extension", cast.secretary, **MORE)
    with pytest.raises(ValidationError):
        do(issue, "refuse", cast.officer)
    issue = do(issue, "refuse", cast.officer, note="再想办法")
    issue = do(issue, "ask_extension", cast.secretary, **MORE)
    issue = do(issue, "withdraw_request", cast.secretary)
    assert issue.due_at == due
    assert list(ClockRequest.objects.order_by("id").values_list("decision", flat=True)) == ["refused", "withdrawn"]


def test_reason_and_length_are_required_and_bounded(cast, issue):
    for wrong, field in (
        ({**MORE, "note": ""}, "note"),
        ({**MORE, "amount": ""}, "amount"),
        ({**MORE, "amount": 0}, "amount"),
        ({**MORE, "unit": "years"}, "unit"),
        ({**MORE, "amount": 11}, "amount"),
        ({**MORE, "unit": "hours", "amount": 71}, "amount"),
    ):
        with pytest.raises(ValidationError) as caught:
            do(issue, "ask_extension", cast.secretary, **wrong)
        assert field in caught.value.message_dict
    do(issue, "ask_extension", cast.secretary, amount=70, unit="hours", note="等配件")


def test_the_district_sets_how_long_and_how_often(cast, issue):
    parameter_is(EXTENSION_LONGEST, 1)
    parameter_is(EXTENSIONS_MOST, 1)
    with pytest.raises(ValidationError, match="最多延长 1 个工作日"):
        do(issue, "ask_extension", cast.secretary, **MORE)
    issue = do(do(issue, "ask_extension", cast.secretary, **{**MORE, "amount": 1}), "grant", cast.officer)
    assert "ask_extension" not in actions(issue, cast.secretary)


def test_what_is_overdue_is_not_extended(cast, clock, issue):
    clock(issue.due_at)
    assert "ask_extension" not in actions(issue, cast.secretary)


# --- 挂账 ---------------------------------------------------------------------------------


def test_a_suspended_clock_keeps_its_remaining_office_time(cast, clock, issue):
    left = calendar().working_time_between(MONDAY, issue.due_at)
    issue = suspended(issue, cast)
    until = datetime(2026, 6, 8, tzinfo=SHANGHAI)
    assert (issue.suspended_at, issue.suspended_until, issue.light) == (MONDAY, until, Light.PAUSED)
    assert calendar().working_time_between(until, issue.due_at) == left
    assert issue.due_at == datetime(2026, 6, 11, 17, 30, tzinfo=SHANGHAI)
    clock(MONDAY + timedelta(days=2))
    issue = do(issue, "resume", cast.secretary)
    assert calendar().working_time_between(timezone.now(), issue.due_at) == left
    assert issue.suspended_at is None
    assert ClockRequest.objects.get().ended_at == timezone.now()


def test_the_clock_goes_on_by_itself_when_the_day_has_come(cast, clock, issue):
    due = suspended(issue, cast).due_at
    clock(MONDAY + timedelta(days=6))
    assert resuming.resume_due() == 0
    clock(MONDAY + timedelta(days=8))
    assert (resuming.resume_due(), resuming.resume_due()) == (1, 0)
    issue.refresh_from_db()
    assert (issue.suspended_at, issue.due_at, issue.status) == (None, due, Status.ACCEPTED)
    assert ClockRequest.objects.get().ended_at == datetime(2026, 6, 8, tzinfo=SHANGHAI)
    assert (issue.events.latest("id").action, issue.events.latest("id").actor) == ("resume_due", None)


def test_while_suspended_nothing_else_is_done(cast, issue):
    issue = suspended(issue, cast)
    for user in (cast.secretary, cast.officer, cast.district, cast.leader):
        assert actions(issue, user) <= {"resume", "void", "merge"}
    assert "resume" in actions(issue, cast.secretary)
    assert "resume" not in actions(issue, cast.leader)
    with pytest.raises(ActionNotPossible):
        do(issue, "dispatch", cast.officer, organisation=cast.law.pk)


def test_what_is_overdue_stays_overdue_after_a_suspension(cast, clock, issue):
    clock(issue.due_at + timedelta(hours=1))
    due, climb_at = issue.due_at, issue.climb_at
    issue = suspended(issue, cast)
    assert (issue.due_at, issue.light) == (due, Light.PAUSED)
    assert issue.climb_at > climb_at, "it does not climb at once when it goes on"
    issue = do(issue, "resume", cast.secretary)
    assert (issue.due_at, issue.light) == (due, Light.OVERDUE)


def test_a_suspended_issue_neither_climbs_nor_is_reminded(cast, clock, issue):
    issue = suspended(issue, cast)
    past = timezone.now() - WEEK
    Issue.objects.filter(pk=issue.pk).update(due_at=past, warn_at=past, climb_at=past)
    assert (sweep.remind(), sweep.climb()) == (0, 0)


def test_the_day_lies_ahead_and_within_the_longest_suspension(cast, issue):
    for days in (-1, 0, 91):
        with pytest.raises(ValidationError) as caught:
            ask_pause(issue, cast.secretary, days)
        assert "until" in caught.value.message_dict
    parameter_is(SUSPENSION_LONGEST, 120)
    ask_pause(issue, cast.secretary, 91)


def test_a_request_whose_day_has_passed_is_no_longer_granted(cast, clock, issue):
    issue = ask_pause(issue, cast.secretary, 1)
    clock(MONDAY + timedelta(days=2))
    with pytest.raises(ValidationError, match="恢复日期已过"):
        do(issue, "grant", cast.officer)
    do(issue, "refuse", cast.officer, note="日期已过")


def test_voiding_ends_the_suspension(cast, issue):
    issue = do(suspended(issue, cast), "void", cast.secretary, note="误报")
    assert (issue.suspended_at, issue.suspended_until) == (None, None)
    assert ClockRequest.objects.get().ended_at is not None


def test_a_merged_duplicate_takes_its_suspension_along_and_back(cast, clock, issue):
    other = make.make_issue(cast.secretary, cast.c1, cast.lamp)
    issue = suspended(issue, cast)
    merged = do(issue, "merge", cast.secretary, into=other.number)
    assert merged.light == Light.PAUSED
    clock(MONDAY + timedelta(days=9))
    assert resuming.resume_due() == 0, "it rests with the main issue"
    do(merged, "unmerge", cast.secretary, note="不是一件")
    assert resuming.resume_due() == 1


# --- requests that lapse --------------------------------------------------------------------


@pytest.mark.parametrize(("action", "inputs"), [("return", {"note": "不归我管"}), ("answer", {"note": "已办好"})])
def test_a_request_lapses_when_the_issue_leaves_those_who_asked(cast, dispatched, action, inputs):
    issue = do(dispatched, "ask_extension", cast.department, **MORE)
    issue = do(issue, action, cast.department, **inputs)
    assert (issue.asked_kind, issue.asked_level) == ("", "")
    request = ClockRequest.objects.get()
    assert (request.decision, request.decided_by) == ("lapsed", None)
    assert request.decided_at is not None


def test_a_request_stays_when_work_begins(cast, dispatched):
    issue = do(dispatched, "ask_extension", cast.department, **MORE)
    issue = do(issue, "start", cast.department)
    assert issue.asked_level == "community"
    do(issue, "grant", cast.secretary)


def test_a_whole_may_ask_for_more_time_while_its_parts_are_worked_on(cast, issue):
    issue = do(issue, "split", cast.secretary, parts="一\n二")
    assert "ask_suspension" not in actions(issue, cast.secretary)
    issue = do(issue, "ask_extension", cast.secretary, **MORE)
    assert issue.asked_level == "street"
    assert do(issue, "grant", cast.officer).extensions == 1


def test_one_request_waits_per_issue(cast, issue):
    do(issue, "ask_extension", cast.secretary, **MORE)
    request = ClockRequest.objects.get()
    request.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        request.save(force_insert=True)


def test_every_step_is_on_record(cast, issue):
    issue = suspended(issue, cast)
    do(issue, "resume", cast.secretary)
    wanted = ["issue.ask_suspension", "issue.grant", "issue.resume"]
    assert list(AuditEntry.objects.filter(action__in=wanted).order_by("id").values_list("action", flat=True)) == wanted
