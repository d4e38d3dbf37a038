"""延期 and 挂账: asked with a reason and a limit, decided by the level above; the limits of steps."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from grids.clock import LIMITS, due_times, replayed
from grids.models import ClockRequest, Issue, StepLimit
from grids.models.issues import Light
from grids.parameters import EXTENSIONS
from grids.queues import QUEUES
from grids.services import sweep
from grids.workflow import WORKFLOW
from suzhou_portal.lib import moments
from suzhou_portal.lib.workflow import ActionForbidden, ActionNotPossible
from suzhou_portal.notices.models import OutboxMessage
from suzhou_portal.rules.calendars import calendar
from suzhou_portal.rules.models import Parameter
from tests import factories as make

DAY = timedelta(days=1)


def actions(issue, user):
    return [transition.action for transition in WORKFLOW.available(Issue.objects.get(pk=issue.pk), user)]


def ask(issue, by, kind="extension", **inputs):
    wanted = {"amount": 3, "unit": "days"} if kind == "extension" else {"until": timezone.localdate() + 10 * DAY}
    return WORKFLOW.apply(issue, f"ask_{kind}", by=by, inputs={"note": "等配件", **wanted, **inputs})


def at_department(cast):
    issue = make.make_issue(cast.secretary, cast.c1, cast.lamp)
    return WORKFLOW.apply(issue, "dispatch", by=cast.officer, inputs={"organisation": cast.law.pk})


def test_more_time_is_given_by_the_level_above(cast):
    issue = make.make_issue(cast.secretary, cast.c1, cast.lamp)
    before = issue.due_at
    issue = ask(issue, cast.secretary)
    assert (issue.asked, issue.decider, issue.due_at) == ("extension", "street", before)
    assert "grant" not in actions(issue, cast.secretary)
    with pytest.raises(ActionForbidden):
        WORKFLOW.apply(issue, "grant", by=cast.secretary)
    assert OutboxMessage.objects.filter(title__contains="申请延期 3 工作日", audience__street=cast.s1.pk).exists()
    assert list(QUEUES["decide"].rows(Issue.objects.visible_to(cast.officer), cast.officer)) == [issue]
    issue = WORKFLOW.apply(issue, "grant", by=cast.officer, inputs={"note": "抓紧"})
    assert issue.due_at == calendar().extended(before, 3, "days")
    assert (issue.asked, issue.extension_count) == ("", 1)
    request = ClockRequest.objects.get()
    assert (request.state, request.decided_by, request.answer) == ("同意", cast.officer, "抓紧")
    told = OutboxMessage.objects.filter(title__contains="同意延期", audience__community=cast.c1.pk)
    assert told.exists()


def test_an_organisation_asks_those_who_answer_for_the_issue(cast):
    issue = ask(at_department(cast), cast.department)
    assert issue.decider == "community"
    assert "grant" in actions(issue, cast.secretary)
    assert "grant" in actions(issue, cast.officer)
    assert "grant" not in actions(issue, cast.department)


def test_a_refusal_changes_nothing_and_it_may_be_asked_again(cast):
    issue = make.make_issue(cast.secretary, cast.c1, cast.lamp)
    before = issue.due_at
    issue = WORKFLOW.apply(ask(issue, cast.secretary), "refuse", by=cast.officer, inputs={"note": "不必"})
    assert (issue.due_at, issue.asked, issue.extension_count) == (before, "", 0)
    assert "ask_extension" in actions(issue, cast.secretary)


def test_one_request_at_a_time_which_may_be_withdrawn(cast):
    issue = ask(make.make_issue(cast.secretary, cast.c1, cast.lamp), cast.secretary)
    assert not {"ask_extension", "ask_suspension"} & set(actions(issue, cast.secretary))
    issue = WORKFLOW.apply(issue, "withdraw_request", by=cast.secretary)
    assert ClockRequest.objects.get().state == "已撤回"
    assert "ask_suspension" in actions(issue, cast.secretary)


@pytest.mark.parametrize(
    ("kind", "inputs", "field"),
    [
        ("extension", {"amount": 11}, "amount"),
        ("extension", {"amount": 71, "unit": "hours"}, "amount"),
        ("extension", {"amount": "0"}, "amount"),
        ("extension", {"unit": "weeks"}, "unit"),
        ("extension", {"note": ""}, "note"),
        ("suspension", {"until": "2020-01-01"}, "until"),
        ("suspension", {"until": "2099-01-01"}, "until"),
        ("suspension", {"until": ""}, "until"),
    ],
)
def test_what_is_asked_has_its_limits(cast, kind, inputs, field):
    issue = make.make_issue(cast.secretary, cast.c1, cast.lamp)
    with pytest.raises(ValidationError) as caught:
        ask(issue, cast.secretary, kind, **inputs)
    assert list(caught.value.message_dict) == [field]
    assert not ClockRequest.objects.exists()


def test_the_district_says_how_often_more_time_is_given(cast):
    Parameter.objects.filter(code=EXTENSIONS).update(value=0)
    issue = make.make_issue(cast.secretary, cast.c1, cast.lamp)
    assert "ask_extension" not in actions(issue, cast.secretary)


def suspended(cast):
    issue = make.make_issue(cast.secretary, cast.c1, cast.lamp)
    return WORKFLOW.apply(ask(issue, cast.secretary, "suspension"), "grant", by=cast.officer), issue.due_at


def test_a_suspended_issue_stands_still(cast):
    issue, before = suspended(cast)
    request = ClockRequest.objects.get()
    left = calendar().working_time_between(request.decided_at, before)
    assert calendar().working_time_between(request.ends, issue.due_at) == left
    assert (issue.light, issue.suspended_until) == (Light.PAUSED, request.ends)
    assert set(actions(issue, cast.secretary)) == {"resume", "merge", "void"}
    with pytest.raises(ActionNotPossible):
        WORKFLOW.apply(issue, "take", by=cast.secretary)
    rows = Issue.objects.all()
    assert list(rows.with_light(Light.PAUSED)) == [issue]
    assert not rows.with_light(Light.NORMAL).exists()
    assert not rows.in_hand_of(cast.secretary.scope_for()).exists()


def test_it_goes_on_by_itself_at_the_end_and_once(cast):
    issue, _before = suspended(cast)
    assert sweep.resume() == 0
    planned = issue.due_at
    later = issue.suspended_until + timedelta(minutes=1)
    with moments.pretend(later):
        assert (sweep.resume(later), sweep.resume(later)) == (1, 0)
    issue.refresh_from_db()
    assert (issue.suspended_at, issue.due_at) == (None, planned)
    assert ClockRequest.objects.get().resumed_at == ClockRequest.objects.get().ends


def test_it_may_go_on_earlier_with_the_time_that_was_left(cast):
    issue, before = suspended(cast)
    stopped = ClockRequest.objects.get().decided_at
    with moments.pretend(stopped + 3 * DAY):
        issue = WORKFLOW.apply(issue, "resume", by=cast.secretary)
    assert issue.due_at == calendar().resumed(before, stopped, stopped + 3 * DAY)
    assert issue.suspended_at is None
    assert "take" in actions(issue, cast.secretary)


def test_what_is_overdue_stays_overdue(cast):
    issue = make.make_issue(cast.secretary, cast.c1, cast.lamp)
    past = timezone.now() - 20 * DAY
    Issue.objects.filter(pk=issue.pk).update(warn_at=past, due_at=past)
    issue = WORKFLOW.apply(ask(issue, cast.secretary, "suspension"), "grant", by=cast.officer)
    assert (issue.due_at, issue.light) == (past, Light.PAUSED)
    assert not Issue.objects.with_light(Light.OVERDUE).exists()
    assert sweep.remind() == 0
    issue = WORKFLOW.apply(issue, "resume", by=cast.secretary)
    assert issue.light == Light.OVERDUE


def test_the_clock_computed_anew_from_what_happened_is_the_clock(cast):
    issue = make.make_issue(cast.secretary, cast.c1, cast.lamp)
    issue = WORKFLOW.apply(ask(issue, cast.secretary), "grant", by=cast.officer)
    issue = WORKFLOW.apply(ask(issue, cast.secretary, "suspension"), "grant", by=cast.officer)
    with moments.pretend(timezone.now() + 2 * DAY):
        issue = WORKFLOW.apply(issue, "resume", by=cast.secretary)
    issue = WORKFLOW.apply(ask(issue, cast.secretary, amount=4, unit="hours"), "grant", by=cast.officer)
    requests = list(ClockRequest.objects.filter(granted=True).order_by("decided_at", "id"))
    assert replayed(issue, requests) == (issue.warn_at, issue.due_at)


def test_reopening_starts_a_new_clock(cast):
    issue = make.make_issue(cast.secretary, cast.c1, cast.lamp)
    for action in ("take", "answer", "close"):
        issue = WORKFLOW.apply(issue, action, by=cast.secretary, inputs={"note": "好了"})
    past = timezone.now() - 20 * DAY
    Issue.objects.filter(pk=issue.pk).update(created_at=past, warn_at=past, due_at=past)
    issue = WORKFLOW.apply(issue, "reopen", by=cast.secretary, inputs={"note": "又坏了"})
    assert (issue.warn_at, issue.due_at) == due_times(issue.category, issue.reopened_at)
    assert issue.light == Light.NORMAL


def test_each_step_has_the_most_specific_limit_and_never_outlasts_the_whole(cast):
    StepLimit.objects.create(step="accept", amount=30, unit="minutes")
    StepLimit.objects.create(step="accept", amount=2, unit="hours", category=cast.lamp.parent)
    StepLimit.objects.create(step="dispatch", amount=90, unit="days")
    StepLimit.objects.create(step="dispatch", amount=15, unit="minutes", category=cast.litter)
    LIMITS.forget()
    issue = make.make_issue(cast.leader, cast.building, cast.lamp)
    assert issue.step_due_at == min(issue.due_at, calendar().due(issue.created_at, 2, "hours"))
    issue = WORKFLOW.apply(issue, "accept", by=cast.secretary)
    assert issue.step_due_at == issue.due_at
    litter = make.make_issue(cast.secretary, cast.building, cast.litter)
    assert litter.step_due_at == calendar().due(litter.created_at, 15, "minutes")
    issue = WORKFLOW.apply(issue, "take", by=cast.secretary)
    issue = WORKFLOW.apply(issue, "answer", by=cast.secretary, inputs={"note": "好了"})
    issue = WORKFLOW.apply(issue, "close", by=cast.secretary)
    assert issue.step_due_at is None


def test_the_page_shows_what_is_asked_with_its_buttons(cast, sign_in):
    issue = ask(at_department(cast), cast.department)
    page = sign_in(cast.secretary).get(issue.get_absolute_url()).content.decode()
    assert "申请延期 3 工作日" in page
    assert "等配件" in page
    assert "同意申请" in page
    answer = sign_in(cast.secretary).get(f"/api/v1/issues/{issue.number}/").json()
    assert (answer["asked"], answer["suspended_until"]) == ("extension", None)
    assert "grant" in {action["action"] for action in answer["available_actions"]}
