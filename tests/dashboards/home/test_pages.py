"""The home page: what waits, what happened, for every role, and how dear it is."""

from datetime import timedelta

import pytest
from django.utils import timezone

from grids.issues.models import Issue
from grids.issues.workflow import WORKFLOW
from suzhou_portal.accounts.roles import Role
from tests import factories as make
from tests.dashboards.board.test_pages import queries


@pytest.mark.parametrize("who", ["district", "secretary", "department", "officer"])
def test_the_home_page_costs_the_same_queries_whatever_the_rows(cast, sign_in, who):
    client = sign_in(getattr(cast, who))
    for issue in make.many_issues(cast.sibling_leader, cast.sibling_compound, cast.lamp, 1):
        WORKFLOW.apply(issue, "dispatch", by=cast.officer, inputs={"organisation": cast.law.pk})
    few = queries(client, "/")
    for issue in make.many_issues(cast.leader, cast.building, cast.lamp, 15):
        WORKFLOW.apply(issue, "dispatch", by=cast.officer, inputs={"organisation": cast.law.pk})
    many = queries(client, "/")
    assert len(many) <= len(few) + 1  # one more counts a list that is longer than the page


def test_home_lists_what_waits_most_urgent_first(cast, sign_in):
    for days, text in ((3, "不急"), (1, "很急")):
        issue = make.make_issue(cast.leader, cast.building, cast.lamp, text)
        Issue.objects.filter(pk=issue.pk).update(due_at=timezone.now() + timedelta(days=days))
    page = sign_in(cast.secretary).get("/").content.decode()
    assert page.index("很急") < page.index("不急")
    assert "打开全部待办（2 件）" in page
    assert "没有等您办理的。" in sign_in(cast.sibling).get("/").content.decode()


def test_home_marks_the_steps_of_others_since_the_last_visit(cast, sign_in):
    client = sign_in(cast.secretary)
    assert "还没有别人办理过" in client.get("/").content.decode()
    pref = cast.secretary.preferences.get(key="home.visit")
    pref.value["seen"] = (timezone.now() - timedelta(hours=5)).isoformat()
    pref.save()
    mine = make.make_issue(cast.secretary, cast.c1, cast.lamp)
    theirs = make.make_issue(cast.leader, cast.building, cast.lamp)
    foreign = make.make_issue(cast.sibling, cast.c2, cast.lamp)
    page = client.get("/").content.decode()
    news = page[page.index('class="news"') :].partition("</ol>")[0]
    assert theirs.number in news
    assert "new-mark" in news
    assert mine.number not in news
    assert foreign.number not in page


@pytest.mark.parametrize("who", [role.value for role in Role])
def test_every_role_has_a_home(worked, sign_in, who):
    users = {user.roles[0]: user for user in vars(worked).values() if getattr(user, "roles", None)}
    answer = sign_in(users[who]).get("/", follow=True)
    assert answer.status_code == 200
    assert "<h1>" in answer.content.decode()


def test_who_works_in_a_grid_or_area_comes_home_to_it(worked, sign_in):
    assert sign_in(worked.leader).get("/").url == "/my-grid/"
    assert sign_in(worked.area_leader).get("/").url == "/my-grid/"
    assert sign_in(worked.secretary).get("/").status_code == 200


def test_administrators_get_their_tools_and_no_figures(worked, sign_in):
    page = sign_in(worked.security).get("/").content.decode()
    assert 'class="tools"' in page
    assert "上报数" not in page
    tools = page.partition('class="tools"')[2]
    assert tools.index("/accounts/users/") < tools.index("/streets/streets/")
    assert "您还没有任职" in sign_in(worked.nobody).get("/").content.decode()
