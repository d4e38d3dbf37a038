"""What figures count of the handling: taken up in time, urged and answered, given more time, put off."""

from datetime import timedelta

import pytest
from django.utils import timezone

from grids.issues.models import Issue
from grids.issues.workflow import WORKFLOW
from grids.limits.models import Step, StepLimit
from grids.supervision import services as sweep
from grids.tallies.measures import MEASURES
from suzhou_portal.dashboards.figures.of_issues import FIGURES
from tests import factories as make

pytestmark = pytest.mark.dialect


def apply(issue, action, by, **inputs):
    return WORKFLOW.apply(issue, action, by=by, inputs=inputs)


def holds(issue):
    """The names of the measures that count ``issue``."""
    return {name for name, measure in MEASURES.items() if measure.holds(Issue.objects.get(pk=issue.pk))}


@pytest.mark.parametrize(("late", "in_time"), [(timedelta(0), True), (timedelta(days=9), False)])
def test_taking_up_counts_against_the_limit_of_that_step(cast, late, in_time):
    StepLimit.objects.create(step=Step.ACCEPTING, limit=2, unit="hours")
    issue = make.make_issue(cast.leader, cast.building, cast.lamp)
    Issue.objects.filter(pk=issue.pk).update(step_due_at=issue.step_due_at - late)
    apply(issue, "accept", cast.secretary)
    assert ("accepted_in_time" in holds(issue)) is in_time
    assert "accepted" in holds(issue)


def test_what_reporters_take_on_themselves_is_not_counted_as_taken_up(cast):
    issue = make.make_issue(cast.secretary, cast.c1, cast.lamp)
    apply(issue, "take", cast.secretary)
    assert "accepted" not in holds(issue)


def test_escalating_and_voiding_take_nothing_up(cast):
    issue = make.make_issue(cast.leader, cast.building, cast.lamp)
    issue = apply(issue, "escalate", cast.secretary, note="请街道协调")
    assert "accepted" not in holds(issue)
    apply(issue, "void", cast.officer, note="误报")
    assert not holds(issue)


def test_taken_up_once_is_taken_up(cast):
    issue = make.make_issue(cast.leader, cast.building, cast.lamp)
    issue = apply(issue, "accept", cast.secretary)
    first = issue.accepted_at
    issue = apply(issue, "escalate", cast.secretary, note="请街道协调")
    assert apply(issue, "accept", cast.officer).accepted_at == first


def test_a_letter_counts_until_withdrawn_and_its_reply_with_it(cast):
    issue = make.make_issue(cast.secretary, cast.c1, cast.lamp)
    issue = apply(issue, "supervise", cast.officer, note="久拖未办")
    assert holds(issue) & {"supervised", "supervision_replied"} == {"supervised"}
    issue = apply(issue, "reply", cast.secretary, note="明日办结")
    assert {"supervised", "supervision_replied"} <= holds(issue)
    issue = apply(issue, "supervise", cast.officer, note="仍未办结")
    assert "supervision_replied" not in holds(issue), "the last letter counts"
    issue = apply(issue, "withdraw_letter", cast.officer, note="已办结")
    assert not holds(issue) & {"supervised", "supervision_replied"}


def test_letters_that_the_portal_sends_count_too(cast):
    issue = make.make_issue(cast.leader, cast.building, cast.litter)
    past = timezone.now() - timedelta(days=9)
    Issue.objects.filter(pk=issue.pk).update(warn_at=past, due_at=past, climb_at=past, told_light="overdue")
    assert sweep.climb() == 1
    assert {"supervised", "escalated"} <= holds(issue)


def test_time_granted_and_work_put_off_count_when_agreed_to(cast):
    issue = make.make_issue(cast.secretary, cast.c1, cast.lamp)
    issue = apply(issue, "take", cast.secretary)
    issue = apply(issue, "ask_extension", cast.secretary, note="等配件", amount=2, unit="days")
    assert "extended" not in holds(issue)
    issue = apply(issue, "grant", cast.officer, note="同意")
    assert "extended" in holds(issue)
    until = timezone.localdate() + timedelta(days=9)
    issue = apply(issue, "ask_suspension", cast.secretary, note="等供暖结束", until=until)
    issue = apply(issue, "grant", cast.officer, note="同意")
    assert {"extended", "shelved"} <= holds(issue)


def test_every_measure_of_the_handling_has_its_figure(cast, sign_in):
    issue = make.make_issue(cast.secretary, cast.c1, cast.lamp)
    apply(issue, "supervise", cast.officer, note="久拖未办")
    rows = {row["code"]: row for row in sign_in(cast.district).get("/api/v1/figures/").json()}
    assert rows["supervised"]["numerator"] == 1
    assert (rows["reply_rate"]["numerator"], rows["reply_rate"]["denominator"]) == (0, 1)
    counted = {figure.numerator for figure in FIGURES.values()} | {figure.denominator for figure in FIGURES.values()}
    assert set(MEASURES) <= counted
    page = sign_in(cast.district).get("/dashboard/").content.decode()
    assert "办理过程" in page
    assert "督办回复率" in page
