"""What waits for each side of co-building: at home, in the digest, and in the lists that the lines open."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from covenants.agreements.models import Covenant
from covenants.agreements.services import begin
from covenants.agreements.workflow import WORKFLOW
from covenants.deliveries.workflow import DELIVERIES
from suzhou_portal.accounts.roles import Role
from suzhou_portal.lib.cases.waiting import waiting_for
from suzhou_portal.lib.registers import site
from suzhou_portal.notices.models import Kind, OutboxMessage
from suzhou_portal.notices.tasks import send_digest
from tests import factories as make
from tests.covenants import made

WAITS = [(name, wait) for name in ("needs", "covenants", "commitments", "deliveries") for wait in site[name].waits]


def lines_of(user):
    return {line.text: line.count for line in waiting_for(user)}


def fresh(user):
    return type(user).objects.get(pk=user.pk)


@pytest.fixture
def busy(cast):
    """Something of everything, for c1 and the unit; of the street itself and of the sibling a draft each."""
    made.need(cast)
    made.negotiating(cast)
    WORKFLOW.apply(made.negotiating(cast), "accept", by=cast.liaison)
    covenant = made.signed(cast, made.some_terms(made.task(due=-3), made.task("t2", due=20), made.task("t3", due=5)))
    first, _soon, second = covenant.commitments.order_by("due_on")
    made.deliver(cast, first, confirmed=False, quantity=1)
    returned = made.deliver(cast, second, confirmed=False, quantity=1)
    DELIVERIES.apply(returned, "return", by=cast.secretary, inputs={"note": "请附照片"})
    changing = made.signed(cast)
    terms = made.some_terms(made.task("t1", "4"), made.funds(), made.project())
    WORKFLOW.apply(changing, "amend", by=cast.liaison, inputs={"terms": terms.json(), "note": ""})
    over = made.signed(cast, made.some_terms(made.task(due=-20), ends=made.day(-1), begins=made.day(-90)))
    WORKFLOW.apply(over, "begin_evaluation", by=cast.secretary)
    for place, by in (({"street": cast.s1}, cast.officer), ({"street": cast.s1, "community": cast.c2}, cast.sibling)):
        begin(
            Covenant(title="另一份", organisation=cast.unit_org, **place),
            by=by,
            terms=made.some_terms(made.task(due=9)),
        )


def test_each_side_is_told_what_waits_for_it_alone(cast, busy, sign_in):
    assert lines_of(cast.liaison) == {
        "待答复的协议稿": "3",
        "被退回、待改正的履约记录": "1",
        "超期未履约的约定事项": "2",
        "临期的约定事项": "1",
        "待评约的协议": "1",
    }
    assert lines_of(cast.secretary) == {
        "待答复的协议变更": "1",
        "双方已同意、待签约的协议": "1",
        "待确认的履约记录": "1",
        "待评约的协议": "1",
        "单位超期未履约的约定事项": "2",
        "还没有单位认领的需求": "1",
    }
    for user in (cast.sibling, cast.officer, cast.district, cast.department, cast.leader):
        assert lines_of(user) == {}
    assert "另请留意" in sign_in(cast.secretary).get("/").content.decode()


def test_a_line_counts_exactly_the_rows_that_it_opens(cast, busy, sign_in):
    """Also for a street officer, whose lists hold the rows of communities, and for somebody in both parties."""
    make.give_post(cast.nobody, Role.COMMUNITY, cast.c1)
    make.give_post(cast.nobody, Role.UNIT, cast.unit_org)
    WORKFLOW.apply(
        begin(
            Covenant(title="由单位发起", organisation=cast.unit_org, street=cast.s1),
            by=cast.liaison,
            terms=made.some_terms(made.task(due=9)),
        ),
        "amend",
        by=cast.liaison,
        inputs={"terms": made.some_terms(made.task(due=11)).json(), "note": ""},
    )
    seen = set()
    for user in (cast.liaison, cast.secretary, cast.officer, cast.sibling, cast.nobody):
        client = sign_in(user)
        for line in waiting_for(fresh(user)):
            path, query = line.url.split("?")
            seen.add(query.removeprefix("waiting="))
            answer = client.get(f"/api/v1/{path.split('/')[2]}/?{query}&page_size=200").json()
            assert len(answer["results"]) == int(line.count), (user, line)
            assert line.text in client.get(line.url).content.decode()  # the filter is told in words
    assert seen == {wait.code for _register, wait in WAITS}
    # Of their own place and their own unit they speak for the place: nobody answers themselves.
    assert lines_of(fresh(cast.nobody))["待答复的协议稿"] == "2"


def test_what_waits_for_nobody_here_is_an_empty_list(cast, busy, sign_in):
    for user in (cast.district, cast.other_officer):
        for register, wait in WAITS:
            answer = sign_in(user).get(f"/api/v1/{register}/?waiting={wait.code}")
            assert answer.status_code == 200, answer.content
            assert answer.json()["results"] == []
    assert sign_in(cast.secretary).get("/api/v1/covenants/?waiting=mend").status_code == 400


def test_the_digest_says_the_same_lines(cast, busy, monkeypatch):
    monkeypatch.setattr("suzhou_portal.notices.digest.is_time", lambda now: True)
    assert send_digest() > 0
    messages = OutboxMessage.objects.filter(kind=Kind.DIGEST)
    told = {message.audience["users"][0]: (message.title, message.url) for message in messages}
    assert told[cast.liaison.pk] == (
        "今日待办：超期未履约的约定事项 2 项，临期的约定事项 1 项，被退回、待改正的履约记录 1 条，"
        "待答复的协议稿 3 份，待评约的协议 1 份",
        "/covenants/commitments/?waiting=late",
    )
    assert "待确认的履约记录 1 条" in told[cast.secretary.pk][0]
    assert "还没有单位认领的需求" not in told[cast.secretary.pk][0]  # news, nothing to do
    assert cast.sibling.pk not in told


def test_the_lines_cost_the_same_whatever_the_rows(cast):
    def queries(user):
        reader = fresh(user)
        with CaptureQueriesContext(connection) as sent:
            waiting_for(reader)
        return len(sent)

    made.negotiating(cast)
    queries(cast.liaison)  # parameters are read once
    few = [queries(user) for user in (cast.secretary, cast.liaison)]
    for _ in range(8):
        made.negotiating(cast)
        made.need(cast)
    assert [queries(user) for user in (cast.secretary, cast.liaison)] == few
