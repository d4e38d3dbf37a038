"""Bulk actions of the desk: preview, races, the result, taking a batch back."""

import re
import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from grids.bulk.services import BULKS, apply_many, preview
from grids.issues.models import Issue, Status
from grids.issues.workflow import WORKFLOW
from tests import factories as make
from tests.grids.routing.test_routing import make_rule

pytestmark = pytest.mark.dialect
URL = "/issues/?queue=all"
BULK = "/issues/bulk/"


@pytest.fixture
def three(cast):
    """Two issues that the street can dispatch and one that is already out."""
    issues = [make.make_issue(cast.secretary, cast.compound, cast.lamp, f"第{index}件") for index in range(3)]
    issues[2] = WORKFLOW.apply(issues[2], "dispatch", by=cast.officer, inputs={"organisation": cast.water.pk})
    return issues


def keys(issues):
    return [f"{issue.pk}.{issue.version}" for issue in issues]


def test_bulk_assignment_previews_what_can_be_done_and_does_it(cast, sign_in, three):
    client = sign_in(cast.officer)
    preview = client.post(BULK, {"issue": keys(three)})
    assert "将派办 2 件，1 件不能派办" in preview.content.decode()
    assert "当前为“待处理”" in preview.content.decode()
    values = {"issue": keys(three), "confirmed": "1", "organisation": cast.law.pk, "note": "今日", "list": "q=第"}
    done = client.post(BULK, values, follow=True)
    page = done.content.decode()
    assert "已派办 2 件，1 件没有派办" in page
    assert done.context["back"] == "/issues/?q=%E7%AC%AC"
    assert [issue.number for issue, _reason in done.context["refused"]] == [three[2].number]
    assert "现在：待处理，城管执法队" in page
    assert Issue.objects.filter(organisation=cast.law, status=Status.DISPATCHED).count() == 2
    assert three[0].events.last().note == "今日"


def test_bulk_assignment_refuses_what_somebody_else_changed(cast, sign_in, three):
    seen = keys(three[:2])
    WORKFLOW.apply(three[0], "escalate", by=cast.secretary, inputs={"note": "解决不了"})
    values = {"issue": seen, "confirmed": "1", "organisation": cast.law.pk, "note": ""}
    page = sign_in(cast.officer).post(BULK, values, follow=True).content.decode()
    assert "已派办 1 件，1 件没有派办" in page
    assert "刚被他人更新" in page


def test_bulk_assignment_asks_again_for_a_missing_organisation(cast, sign_in, three):
    answer = sign_in(cast.officer).post(BULK, {"issue": keys(three), "confirmed": "1", "note": "别丢"})
    assert answer.status_code == 422
    assert "请选择承办单位。" in answer.content.decode()
    assert "别丢" in answer.content.decode()


def test_bulk_assignment_stays_in_scope(cast, sign_in, three):
    values = {"issue": keys(three), "confirmed": "1", "organisation": cast.law.pk, "note": ""}
    page = sign_in(cast.other_officer).post(BULK, values, follow=True).content.decode()
    assert "请先勾选要派办的事件。" in page
    assert sign_in(cast.department).post(BULK, values).status_code == 403
    assert Issue.objects.filter(organisation=cast.law).count() == 0


@pytest.mark.parametrize("value", ["", "x", "1", "1.x", "٣.1", "9" * 30 + ".1", "1.1\x00"])
def test_bulk_assignment_takes_no_nonsense(cast, sign_in, value):
    answer = sign_in(cast.officer).post(BULK, {"issue": value, "list": "\x00&&=%"}, follow=True)
    assert answer.status_code in (200, 400)


def test_only_those_who_may_dispatch_get_check_boxes(cast, sign_in, three):
    assert 'name="issue"' in sign_in(cast.officer).get(URL).content.decode()
    assert 'name="issue"' not in sign_in(cast.other_department).get(URL).content.decode()
    assert len(re.findall(r"<tr id=", sign_in(cast.other_department).get(URL).content.decode())) == 1


def answered(cast, count):
    """Issues whose result waits to be checked by the community."""
    found = []
    for _ in range(count):
        issue = make.make_issue(cast.secretary, cast.compound, cast.lamp)
        issue = WORKFLOW.apply(issue, "take", by=cast.secretary)
        found.append(WORKFLOW.apply(issue, "answer", by=cast.secretary, inputs={"note": "好了"}))
    return found


def run(client, issues, action, **values):
    return client.post(BULK, {"issue": keys(issues), "action": action, "confirmed": "1", **values}, follow=True)


def statuses(issues):
    return [Issue.objects.get(pk=issue.pk).status for issue in issues]


def test_bulk_closing_previews_checks_and_closes_with_a_note(cast, sign_in):
    done, other = answered(cast, 2), make.make_issue(cast.secretary, cast.compound, cast.lamp)
    client = sign_in(cast.secretary)
    page = client.post(BULK, {"issue": keys([*done, other]), "action": "close"}).content.decode()
    assert "将办结 2 件，1 件不能办结" in page
    assert "当前为“待派办”" in page
    assert statuses(done) == [Status.ANSWERED] * 2
    page = run(client, [*done, other], "close", note="现场看过").content.decode()
    assert "已办结 2 件，1 件没有办结" in page
    assert statuses([*done, other]) == [Status.CLOSED, Status.CLOSED, Status.ACCEPTED]
    assert done[0].events.last().note == "现场看过"


def test_bulk_acceptance_says_what_a_routing_rule_will_do(cast, sign_in):
    issues = [make.make_issue(cast.leader, cast.compound, category) for category in (cast.lamp, cast.parking)]
    make_rule(cast.officer, cast.unit_org, cast.lamp, cast.c1, automatic=True)
    client = sign_in(cast.secretary)
    answer = client.post(BULK, {"issue": keys(issues), "action": "accept"})
    told = {outcome.row.pk: outcome.will for outcome in answer.context["possible"]}
    assert told == {issues[0].pk: "受理，并按路由规则派办给 第一中学", issues[1].pk: "受理"}
    run(client, issues, "accept")
    assert statuses(issues) == [Status.DISPATCHED, Status.ACCEPTED]


def test_bulk_to_the_grid_leaves_out_what_lies_in_none(cast, sign_in):
    issues = [make.make_issue(cast.secretary, place, cast.lamp) for place in (cast.building, cast.c1)]
    outcomes = preview(issues, BULKS["assign_grid"], by=cast.secretary)
    assert [(outcome.will, outcome.reason) for outcome in outcomes] == [
        ("交 1号小区 1号楼 处理", ""),
        ("", "没有落到网格"),
    ]
    page = run(sign_in(cast.secretary), issues, "assign_grid", note="").content.decode()
    assert "已交网格 1 件，1 件没有交网格" in page


def test_a_common_rule_is_preselected_different_ones_are_not(cast, sign_in):
    make_rule(cast.officer, cast.law, cast.lamp, cast.s1)
    make_rule(cast.officer, cast.water, cast.parking, cast.s1)
    lamps = [make.make_issue(cast.secretary, cast.c1, cast.lamp) for _ in range(2)]
    other = make.make_issue(cast.secretary, cast.c1, cast.parking)
    client = sign_in(cast.officer)
    form = client.post(BULK, {"issue": keys(lamps)}).context["form"]
    assert form["organisation"].value() == cast.law.pk
    form = client.post(BULK, {"issue": keys([*lamps, other])}).context["form"]
    assert form["organisation"].value() is None


@pytest.mark.parametrize(("action", "after"), [("dispatch", Status.ACCEPTED), ("close", Status.ACCEPTED)])
def test_a_batch_is_taken_back_but_for_what_went_on(cast, sign_in, action, after):
    issues = (
        answered(cast, 2)
        if action == "close"
        else [make.make_issue(cast.secretary, cast.compound, cast.lamp) for _ in range(2)]
    )
    client = sign_in(cast.officer)
    result = run(client, issues, action, organisation=cast.law.pk, note="")
    assert "前可整批撤回" in result.content.decode()
    if action == "close":
        WORKFLOW.apply(issues[1], "reopen", by=cast.officer, inputs={"note": "x"})
        WORKFLOW.apply(issues[1], "take", by=cast.officer)
    else:
        WORKFLOW.apply(issues[1], "start", by=cast.department)
    went_on = Issue.objects.get(pk=issues[1].pk).status
    page = client.post(f"{result.request['PATH_INFO']}undo/", follow=True).content.decode()
    assert "已撤回 1 件" in page
    assert f"1 件没有撤回：{issues[1].number} 刚被他人更新" in page
    assert statuses(issues) == [after, went_on]
    again = client.post(f"{result.request['PATH_INFO']}undo/", follow=True).content.decode()
    assert "已过可整批撤回的时间，或已撤回" in again
    assert "前可整批撤回" not in again


def test_a_batch_is_its_users_own_and_for_some_minutes(cast, sign_in, monkeypatch):
    issue = make.make_issue(cast.secretary, cast.compound, cast.lamp)
    client = sign_in(cast.officer)
    address = run(client, [issue], "dispatch", organisation=cast.law.pk, note="").request["PATH_INFO"]
    assert sign_in(cast.officer).get(address).status_code == 404
    assert sign_in(cast.secretary).post(f"{address}undo/").status_code == 404
    late = timezone.now() + timedelta(minutes=16)
    monkeypatch.setattr(timezone, "now", lambda: late)
    assert "前可整批撤回" not in client.get(address).content.decode()
    assert "已过可整批撤回的时间" in client.post(f"{address}undo/", follow=True).content.decode()
    assert statuses([issue]) == [Status.DISPATCHED]


def test_acceptance_has_no_way_back(cast, sign_in):
    issue = make.make_issue(cast.leader, cast.compound, cast.lamp)
    result = run(sign_in(cast.secretary), [issue], "accept")
    assert "撤回这一批" not in result.content.decode()
    assert sign_in(cast.secretary).post(f"{result.request['PATH_INFO']}undo/").status_code == 404


def test_more_than_a_hundred_are_refused(cast, sign_in):
    page = sign_in(cast.officer).post(BULK, {"issue": [f"{key}.1" for key in range(1, 103)]}, follow=True)
    assert "请先勾选要派办的事件。" in page.content.decode()
    issues = make.many_issues(cast.secretary, cast.compound, cast.lamp, 101)
    page = sign_in(cast.officer).post(BULK, {"issue": keys(issues)}, follow=True).content.decode()
    assert "一次最多办理 100 件。" in page


def test_an_unknown_action_does_nothing(cast, sign_in):
    issue = make.make_issue(cast.secretary, cast.compound, cast.lamp)
    for action in ("void", "x", "climb"):
        assert run(sign_in(cast.officer), [issue], action, note="x").redirect_chain[0][0] == "/issues/"
    assert statuses([issue]) == [Status.ACCEPTED]


def test_preview_and_result_make_the_same_few_queries_whatever_the_number(cast, sign_in):
    client = sign_in(cast.officer)

    def queries(count):
        issues = make.many_issues(cast.secretary, cast.compound, cast.lamp, count)
        with CaptureQueriesContext(connection) as before:
            client.post(BULK, {"issue": keys(issues)})
        address = run(client, issues, "dispatch", organisation=cast.law.pk, note="").request["PATH_INFO"]
        with CaptureQueriesContext(connection) as after:
            client.get(address)
        return len(before), len(after)

    queries(2)
    few = queries(3)
    assert queries(30) == few
    assert max(few) <= 9


@pytest.mark.django_db(transaction=True)
def test_two_batches_at_once_close_every_issue_once(live_cast, on_postgresql):
    cast = live_cast
    issues = answered(cast, 12)
    versions = {issue.pk: issue.version for issue in issues}
    outcomes, barrier = [], threading.Barrier(2)

    def close(user, rows):
        barrier.wait()
        outcomes.extend(apply_many(rows, "close", versions=versions, inputs={"note": ""}, by=user))
        connection.close()

    threads = [
        threading.Thread(target=close, args=(cast.secretary, issues)),
        threading.Thread(target=close, args=(cast.officer, issues[::-1])),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(not outcome.reason for outcome in outcomes) == 12
    assert {outcome.reason for outcome in outcomes} <= {"", "刚被他人更新", "当前为“已办结”"}
    for issue in issues:
        assert issue.events.filter(action="close").count() == 1


def test_a_number_in_the_note_is_flagged_once_and_may_be_confirmed(cast, sign_in):
    issue = make.make_issue(cast.secretary, cast.compound, cast.lamp)
    client = sign_in(cast.officer)
    values = {"organisation": cast.law.pk, "note": "联系 13893712345"}
    answer = run(client, [issue], "dispatch", **values)
    assert answer.status_code == 422
    assert "手机号（138***345）" in answer.content.decode()
    assert statuses([issue]) == [Status.ACCEPTED]
    run(client, [issue], "dispatch", not_personal="on", **values)
    assert statuses([issue]) == [Status.DISPATCHED]


def test_a_suspended_issue_is_left_out_with_its_reason(cast, sign_in):
    issue = make.make_issue(cast.secretary, cast.compound, cast.lamp)
    until = timezone.localdate() + timedelta(days=9)
    inputs = {"note": "等施工", "until": until}
    issue = WORKFLOW.apply(issue, "ask_suspension", by=cast.secretary, inputs=inputs)
    issue = WORKFLOW.apply(issue, "grant", by=cast.officer)
    (outcome,) = preview([issue], BULKS["dispatch"], by=cast.officer)
    assert outcome.reason == "已挂账，须先恢复办理"
