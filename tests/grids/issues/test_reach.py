"""派出后无人接收: what is sent to where nobody can sign in says so, and waits for whoever sent it."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from grids.issues.models import Issue
from grids.issues.reach import unreceived
from grids.issues.workflow import WORKFLOW
from grids.routing.rules import compiled, stored
from grids.routing.services import shown, try_out
from suzhou_portal.accounts.models import Assignment, User
from suzhou_portal.accounts.reach import unattended
from suzhou_portal.accounts.roles import Role
from suzhou_portal.lib.cases.waiting import waiting_for
from suzhou_portal.notices.services import recipients
from tests import factories as make
from tests.grids.routing.test_routing import make_rule

pytestmark = pytest.mark.dialect
NOBODY = "无人可登录"


@pytest.fixture
def empty(cast):
    """A department that has nobody."""
    return make.make_organisation("D09", "园林绿化所")


def dispatched(cast, organisation, by=None):
    issue = make.make_issue(cast.secretary, cast.compound, cast.lamp)
    return WORKFLOW.apply(issue, "dispatch", by=by or cast.officer, inputs={"organisation": organisation.pk})


def lost(*issues):
    return set(Issue.objects.filter(unreceived(), pk__in=[issue.pk for issue in issues]))


def test_one_answer_with_those_who_would_be_told(cast, empty):
    for organisation in (cast.law, cast.unit_org, empty):
        told = recipients({"roles": [Role.DEPARTMENT, Role.UNIT], "organisation": organisation.pk})
        assert bool(unattended("organisation", [organisation.pk])) == (not told)
    for grid in (cast.g1, cast.building, cast.g3):
        told = recipients({"roles": [Role.GRID], "grid": grid.pk})
        assert bool(unattended("grid", [grid.pk])) == (not told)


@pytest.mark.parametrize("how", ["closed account", "post over", "post to come"])
def test_only_who_may_sign_in_today_counts(cast, how):
    issue = dispatched(cast, cast.law)
    assert not lost(issue)
    today, posts = timezone.localdate(), Assignment.objects.filter(user=cast.department)
    if how == "closed account":
        User.objects.filter(pk=cast.department.pk).update(is_active=False)
    elif how == "post over":
        posts.update(starts=today - timedelta(days=9), ends=today - timedelta(days=1))
    else:
        posts.update(starts=today + timedelta(days=1))
    assert lost(issue) == {issue}


def test_a_grid_is_looked_after_from_above(cast):
    issue = make.make_issue(cast.secretary, cast.building, cast.lamp)
    issue = WORKFLOW.apply(issue, "assign_grid", by=cast.secretary)
    assert not lost(issue)
    Assignment.objects.filter(user=cast.leader).delete()
    assert lost(issue) == {issue}


def test_the_choice_says_so(cast, empty, sign_in):
    issue = make.make_issue(cast.secretary, cast.compound, cast.lamp)
    page = sign_in(cast.officer).get(issue.get_absolute_url()).content.decode()
    assert f"{empty}（{NOBODY}）" in page
    assert f"{cast.law}（" not in page


def test_the_sender_is_told_at_once_and_on_the_page_and_in_the_list(cast, empty, sign_in):
    issue, client = make.make_issue(cast.secretary, cast.compound, cast.lamp), sign_in(cast.officer)
    data = {"organisation": empty.pk, "note": "", "version": issue.version}
    page = client.post(reverse("issue-action", args=[issue.number, "dispatch"]), data, follow=True).content.decode()
    assert f"接收方{NOBODY}，请另行通知。" in page
    assert f'{empty} <span class="muted">{NOBODY}</span>' in page
    assert f"{empty}（{NOBODY}）" in client.get("/issues/?queue=sent").content.decode()
    assert client.get(f"/api/v1/issues/{issue.pk}/").json()["holder_unattended"] is True


def test_it_waits_for_whoever_sent_it_until_somebody_is_there(cast, empty):
    issue = dispatched(cast, empty)

    def lines(user):
        return {line.text: line.count for line in waiting_for(User.objects.get(pk=user.pk))}

    assert lines(cast.officer)["派出后无人接收"] == "1"
    assert "派出后无人接收" not in lines(cast.other_officer)
    make.make_user("department.9", Role.DEPARTMENT, empty)
    assert not lost(issue)
    assert "派出后无人接收" not in lines(cast.officer)


def test_a_batch_says_how_many(cast, empty, sign_in):
    issues = [make.make_issue(cast.secretary, cast.compound, cast.lamp) for _number in range(2)]
    data = {"issue": [f"{row.pk}.{row.version}" for row in issues], "confirmed": "1", "organisation": empty.pk}
    page = sign_in(cast.officer).post("/issues/bulk/", data, follow=True).content.decode()
    assert f"其中 2 件的接收方{NOBODY}，请另行通知。" in page


def test_a_whistle_counts_the_units_that_nobody_hears(cast, empty, sign_in):
    issue = make.make_issue(cast.secretary, cast.compound, cast.lamp)
    data = {"organisations": [empty.pk, cast.law.pk], "note": "联合整治", "version": issue.version}
    page = sign_in(cast.officer).post(reverse("issue-action", args=[issue.number, "whistle"]), data, follow=True)
    assert f"其中 1 件的接收方{NOBODY}，请另行通知。" in page.content.decode()


def test_the_trial_of_a_rule_says_so(cast, empty):
    make.make_issue(cast.secretary, cast.c1, cast.lamp)
    make_rule(cast.officer, empty, cast.lamp, cast.s1)
    trial = try_out(compiled(stored()), user=cast.officer, days=7)
    assert shown(trial.lines)[0]["how"] == f"街道派办时预选，{NOBODY}"
