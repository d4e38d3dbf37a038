"""Limits of steps: the most specific one counts, never beyond the issue's own, computed with the change."""

from datetime import datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from grids.issues.models import Issue
from grids.issues.workflow import WORKFLOW
from grids.limits.models import StepLimit
from grids.limits.services import step_limit
from suzhou_portal.lib.time import moments
from suzhou_portal.lib.time.worktime import SHANGHAI, Limit, Unit
from suzhou_portal.rules.calendars import calendar
from tests import factories as make

MONDAY = datetime(2026, 6, 1, 9, 0, tzinfo=SHANGHAI)


def limit(step, amount, unit=Unit.HOURS, category=None, **fields):
    return make.saved(StepLimit(step=step, limit=amount, unit=unit, category=category, **fields))


def reported(cast):
    """An issue of community 1, reported by somebody who does not accept it at once."""
    return make.make_issue(cast.leader, cast.building, cast.lamp)


@pytest.fixture
def clock(monkeypatch):
    """``clock(moment)``: it is now that time."""

    def turn(moment):
        monkeypatch.setattr(timezone, "now", lambda: moment)

    turn(MONDAY)
    return turn


def test_the_most_specific_limit_counts(cast):
    limit("accepting", 1)
    assert step_limit(cast.lamp.pk, "accepting") == Limit(1, "hours")
    limit("accepting", 2, category=cast.lamp.parent)
    assert step_limit(cast.lamp.pk, "accepting") == Limit(2, "hours")
    row = limit("accepting", 30, Unit.MINUTES, category=cast.lamp)
    assert step_limit(cast.lamp.pk, "accepting") == Limit(30, "minutes")
    assert step_limit(cast.litter.pk, "accepting") == Limit(1, "hours")
    assert step_limit(cast.lamp.pk, "checking") is None
    row.is_active = False
    row.save()
    assert step_limit(cast.lamp.pk, "accepting") == Limit(2, "hours")


def test_a_limit_is_set_once_per_category_and_step(cast):
    limit("accepting", 1)
    with pytest.raises(ValidationError, match="所有分类的这一环节已有时限"):
        StepLimit(step="accepting", limit=2).full_clean()
    limit("accepting", 1, category=cast.lamp)
    with pytest.raises(ValidationError, match="这一分类的这一环节已有时限"):
        StepLimit(step="accepting", limit=2, category=cast.lamp).full_clean()


def test_each_step_has_its_own_limit_from_its_beginning(cast, clock):
    for step, hours in (("accepting", 1), ("dispatching", 2), ("handling", 3), ("checking", 1)):
        limit(step, hours)
    issue = reported(cast)
    assert issue.step_due_at == MONDAY + timedelta(hours=1)
    clock(MONDAY + timedelta(minutes=30))
    issue = WORKFLOW.apply(issue, "accept", by=cast.secretary)
    assert issue.step_due_at == MONDAY + timedelta(minutes=150)
    clock(MONDAY + timedelta(hours=1))
    issue = WORKFLOW.apply(issue, "dispatch", by=cast.secretary, inputs={"organisation": cast.unit_org.pk})
    handling = calendar().add_working_time(MONDAY + timedelta(hours=1), timedelta(hours=3))
    assert issue.step_due_at == handling
    clock(MONDAY + timedelta(hours=2))
    issue = WORKFLOW.apply(issue, "start", by=cast.liaison)
    assert issue.step_due_at == handling, "starting is the same step"
    issue = WORKFLOW.apply(issue, "answer", by=cast.liaison, inputs={"note": "好了"})
    assert issue.step_due_at == MONDAY + timedelta(hours=3)
    issue = WORKFLOW.apply(issue, "close", by=cast.secretary)
    assert issue.step_due_at is None


def test_a_new_level_is_given_its_own_time_to_accept(cast, clock):
    limit("accepting", 1)
    issue = reported(cast)
    clock(MONDAY + timedelta(hours=2))
    issue = WORKFLOW.apply(issue, "escalate", by=cast.secretary, inputs={"note": "办不了"})
    assert issue.step_due_at == MONDAY + timedelta(hours=3)


def test_no_step_outlasts_the_issue(cast, clock):
    limit("accepting", 30, Unit.DAYS)
    issue = reported(cast)
    assert issue.step_due_at == issue.due_at


def test_a_reopened_issue_has_a_new_clock(cast, clock):
    issue = make.make_issue(cast.secretary, cast.c1, cast.lamp)
    for action in ("take", "answer", "close"):
        issue = WORKFLOW.apply(issue, action, by=cast.secretary, inputs={"note": "好了"})
    clock(MONDAY + timedelta(days=30))
    first = issue.due_at
    issue = WORKFLOW.apply(issue, "reopen", by=cast.secretary, inputs={"note": "又坏了"})
    assert issue.due_at == calendar().due(MONDAY + timedelta(days=30), Limit(3, Unit.DAYS)) > first
    assert issue.light == "normal"


def test_limits_in_minutes(cast, clock):
    cast.parking.limit, cast.parking.limit_unit = 90, Unit.MINUTES
    cast.parking.save()
    issue = make.make_issue(cast.secretary, cast.c1, cast.parking)
    assert issue.due_at == MONDAY + timedelta(minutes=90)


def test_limits_of_steps_cost_no_query_of_their_own(cast):
    make.make_issue(cast.leader, cast.building, cast.lamp)  # reads what is kept
    with CaptureQueriesContext(connection) as without:
        make.make_issue(cast.leader, cast.building, cast.lamp)
    limit("accepting", 1)
    make.make_issue(cast.leader, cast.building, cast.lamp)
    with CaptureQueriesContext(connection) as with_limit:
        issue = make.make_issue(cast.leader, cast.building, cast.lamp)
    assert issue.step_due_at is not None
    assert len(with_limit) == len(without)


def test_made_up_histories_have_limits_of_steps_too(cast):
    limit("dispatching", 1)
    issue = make.make_issue(cast.leader, cast.building, cast.lamp)
    at = issue.created_at + timedelta(minutes=5)
    with moments.pretend(at):
        WORKFLOW.move(issue, "accept", cast.secretary, {})
    assert issue.step_started_at == at
    assert issue.step_due_at == min(calendar().due(at, Limit(1, Unit.HOURS)), issue.due_at)


def test_the_register_is_kept_by_the_catalogue_editors(cast, sign_in):
    body = {"category": "01", "step": "handling", "limit": "4", "unit": "hours", "is_active": "on", "note": ""}
    assert sign_in(cast.secretary).post("/grids/step-limits/new/", body).status_code == 403
    assert sign_in(cast.district).post("/grids/step-limits/new/", body).status_code == 302
    assert step_limit(cast.lamp.pk, "handling") == Limit(4, "hours")
    text = sign_in(cast.district).get("/grids/step-limits/").content.decode()
    assert "大类01" in text


def test_the_desk_has_a_queue_of_late_steps(cast, sign_in):
    limit("accepting", 1)
    late = make.make_issue(cast.leader, cast.building, cast.lamp, "迟了")
    make.make_issue(cast.leader, cast.building, cast.lamp, "还早")
    Issue.objects.filter(pk=late.pk).update(step_due_at=late.created_at - timedelta(hours=1))
    answer = sign_in(cast.secretary).get("/issues/?queue=step_overdue")
    assert [row["number"] for row in answer.context["rows"]] == [late.number]
    text = sign_in(cast.secretary).get(late.get_absolute_url()).content.decode()
    assert "前受理，已超" in text
