"""待办: every kind of case in one list, what falls due first; and on from row to row of it."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from grids.issues.models import Issue
from grids.issues.workflow import WORKFLOW
from suzhou_portal.lib.cases.todo import todo_of, told
from suzhou_portal.lib.registers import site
from tests import factories as make
from tests.covenants import made
from tests.grids.mediation.made import dispute, take

pytestmark = pytest.mark.dialect


def due(issue, hours):
    Issue.objects.filter(pk=issue.pk).update(due_at=timezone.now() + timedelta(hours=hours))
    return issue


def steps(user):
    return [(one.kind, one.step) for one in told(todo_of(user, 50).tasks, user)]


@pytest.fixture
def busy(cast):
    """For the secretary of c1: two issues, a letter, a dispute, a draft, a delivery."""
    due(make.make_issue(cast.secretary, cast.c1, cast.lamp, "不急"), 400)
    late = due(make.make_issue(cast.leader, cast.building, cast.lamp, "很急"), -2)
    WORKFLOW.apply(late, "supervise", by=cast.officer, inputs={"note": "催"})
    dispute(cast.leader, cast.compound)
    take(dispute(cast.leader, cast.compound), cast.secretary, "accept", roles=["mediator"])
    covenant = made.signed(cast, made.some_terms(made.task(due=5)))
    made.deliver(cast, covenant.commitments.get(), confirmed=False, quantity=1)
    WORKFLOW.apply(make.make_issue(cast.sibling, cast.c2, cast.lamp), "take", by=cast.sibling)
    return cast


def test_every_kind_stands_in_it_what_falls_due_first_each_with_its_step(busy):
    found = steps(busy.secretary)
    assert found[0] == ("网格事件", "受理")
    assert set(found) == {
        ("网格事件", "受理"),
        ("网格事件", "派办"),
        ("督办单", "书面回复"),
        ("调处化解", "受理"),
        ("调处化解", "调解"),
        ("履约记录", "确认履约"),
    }
    assert steps(busy.liaison) == [("约定事项", "履约")]
    assert [task.due is None for task in todo_of(busy.secretary, 50).tasks] == [False] * 4 + [True] * 2
    assert steps(busy.auditor) == []


def test_its_counts_are_those_of_the_lists_that_they_open(busy, sign_in):
    for user in (busy.secretary, busy.liaison, busy.sibling, busy.officer):
        found, client = todo_of(user, 50), sign_in(user)
        assert sum(int(line.count) for line in found.lines) == len(found.tasks) == int(found.total)
        for line in found.lines:
            path, query = line.url.split("?")
            name = "issues" if path == "/issues/" else path.split("/")[2]
            rows = client.get(f"/api/v1/{name}/?{query}&page_size=200").json()["results"]
            assert len(rows) == int(line.count), line
        page = client.get("/todo/")
        assert len(page.context["tasks"]) == len(found.tasks)


def addresses(page, rel):
    return re.findall(rf'href="([^"]+)" rel="{rel}"', page.content.decode().replace("&amp;", "&"))


def test_one_steps_on_through_the_whole_list_and_back_to_it(busy, sign_in):
    client = sign_in(busy.secretary)
    first, *others = [line.url for line in client.get("/").context["tasks"]]
    assert len(others) == 5
    page, seen = client.get(first), [first]
    assert not addresses(page, "prev")
    while following := addresses(page, "next"):
        seen += following
        page = client.get(following[0])
        assert page.status_code == 200, following
        assert addresses(page, "prev") == [seen[-2]]
        assert '<a href="/todo/">返回待办</a>' in page.content.decode()
    assert seen == [first, *others]


def test_what_was_done_leaves_the_list_and_the_next_one_takes_its_place(busy, sign_in):
    client = sign_in(busy.secretary)
    urls = [line.url for line in client.get("/todo/").context["tasks"]]
    at = next(n for n, url in enumerate(urls) if "/mediations/" in url)
    row = site["mediations"].find(busy.secretary, urls[at].split("/")[3])
    action = "accept" if row.status == "registered" else "session"
    inputs = {"held_on": timezone.localdate(), "said": "谈过", "roles": ["mediator"], "version": row.version}
    (form,) = re.findall(rf'action="([^"]+/act/{action}/[^"]*)"', client.get(urls[at]).content.decode())
    answer = client.post(form.replace("&amp;", "&"), inputs)
    assert answer.status_code == 302
    assert answer.url == urls[at]
    page = client.get(answer.url)
    assert addresses(page, "next")


def test_the_same_list_of_a_register_is_stepped_through_as_it_was_filtered(busy, sign_in):
    for _ in range(3):
        dispute(busy.leader, busy.compound)
    client = sign_in(busy.secretary)
    listed = client.get("/grids/mediations/?waiting=accept&sort=-number").content.decode()
    urls = [url.replace("&amp;", "&") for url in re.findall(r'<tr data-href="([^"]+)"', listed)]
    assert len(urls) == 4
    page = client.get(urls[1])
    assert (addresses(page, "prev"), addresses(page, "next")) == ([urls[0]], [urls[2]])
    back = "/grids/mediations/?waiting=accept&amp;sort=-number"
    assert f'<a href="{back}">返回调处化解</a>' in page.content.decode()
    # Another one has been accepted: what stands in its place now is the next one.
    number = urls[1].split("/")[3]
    take(site["mediations"].find(busy.secretary, number), busy.secretary, "accept", roles=["mediator"])
    assert addresses(client.get(urls[1]), "next")[0].split("?")[0] == urls[2].split("?")[0]


@pytest.mark.parametrize(
    "query", ["at=x", "at=-1", "at=999999", "at=3&list=%00", "at=0&list=page%3Dx", "at=9&list=todo"]
)
def test_an_odd_place_in_a_list_is_no_place(busy, sign_in, query):
    client, row = sign_in(busy.secretary), dispute(busy.leader, busy.compound)
    for url in (row.get_absolute_url(), Issue.objects.filter(community=busy.c1).first().get_absolute_url()):
        assert client.get(f"{url}?{query}").status_code == 200


def test_it_costs_the_same_whatever_the_rows(busy, sign_in):
    client = sign_in(busy.secretary)

    def sent(url):
        client.get(url)
        with CaptureQueriesContext(connection) as queries:
            client.get(url)
        return len(queries)

    few = [sent("/todo/"), sent(client.get("/todo/").context["tasks"][0].url)]
    make.many_issues(busy.leader, busy.building, busy.lamp, 20)
    for _ in range(5):
        dispute(busy.leader, busy.compound)
    assert [sent("/todo/"), sent(client.get("/todo/").context["tasks"][0].url)] == few


def test_a_leader_finds_on_the_phone_what_is_theirs_and_not_all_that_runs(cast, sign_in):
    for _ in range(3):
        make.make_issue(cast.leader, cast.building, cast.lamp)  # begins at the community
    mine = make.make_issue(cast.leader, cast.building, cast.litter, "楼道杂物")
    page = sign_in(cast.leader).get("/my-grid/")
    assert [task.name for task in page.context["tasks"]] == [mine.number]
    assert {label: count for label, _url, count in page.context["counts"]}["在办"] == "4"
    assert "没有等您办理的" in sign_in(cast.sibling_leader).get("/my-grid/").content.decode()
