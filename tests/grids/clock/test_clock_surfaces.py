"""Clocks on every surface: page, desk, API, export, figures; and how few queries they make."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from grids.clock.models import ClockRequest
from grids.issues.models import Issue
from grids.issues.workflow import WORKFLOW
from grids.tallies.totals import in_hand
from suzhou_portal.dashboards.figures import of_issues as figures
from suzhou_portal.dashboards.places import spots
from suzhou_portal.lib.time import periods
from suzhou_portal.templatetags.portal import light_html
from tests import factories as make

MORE = {"amount": 2, "unit": "days", "note": "等配件"}


@pytest.fixture
def issue(cast):
    return make.make_issue(cast.secretary, cast.compound, cast.lamp, "门口路灯不亮")


def pause(issue, cast, days=9):
    until = timezone.localdate() + timedelta(days=days)
    inputs = {"until": until, "note": "须待停暖后施工"}
    issue = WORKFLOW.apply(issue, "ask_suspension", by=cast.secretary, inputs=inputs)
    return WORKFLOW.apply(issue, "grant", by=cast.officer)


def text_of(answer):
    return " ".join(answer.content.decode().split())


def decisions(answer):
    return [action.transition.action for action in answer.context["decisions"]]


def test_asking_and_deciding_on_the_page(cast, sign_in, issue):
    page = issue.get_absolute_url()
    secretary, officer = sign_in(cast.secretary), sign_in(cast.officer)
    answer = secretary.post(f"{page}ask_extension/", {"version": issue.version, **MORE}, follow=True)
    text = text_of(answer)
    assert '申请延期 2 个工作日</strong> <span class="muted">待街道审批' in text
    assert "申请延期：2 个工作日。等配件" in text
    assert decisions(answer) == ["withdraw_request"]
    answer = officer.get(page)
    assert decisions(answer) == ["grant", "refuse"]
    issue.refresh_from_db()
    due = issue.due_at
    answer = officer.post(f"{page}grant/", {"version": issue.version, "note": ""}, follow=True)
    assert "已延期 1 次" in text_of(answer)
    assert "待街道审批" not in text_of(answer)
    issue.refresh_from_db()
    assert issue.due_at > due


def test_what_is_wrong_stands_beside_its_field(cast, sign_in, issue):
    page = issue.get_absolute_url()
    body = {"version": issue.version, **MORE, "amount": 99}
    answer = sign_in(cast.secretary).post(f"{page}ask_extension/", body)
    assert answer.status_code == 422
    action = next(a for a in answer.context["folded"] if a.transition.action == "ask_extension")
    assert action.form.errors["amount"] == ["最多延长 10 个工作日。"]
    assert "等配件" in text_of(answer), "what was typed stays"


def test_a_reason_with_a_phone_number_is_flagged_before_saving(cast, sign_in, issue):
    body = {"version": issue.version, **MORE, "note": "联系13812345678后再办"}
    answer = sign_in(cast.secretary).post(f"{issue.get_absolute_url()}ask_extension/", body)
    assert answer.status_code == 422
    assert not ClockRequest.objects.exists()


def test_a_suspended_issue_says_so_and_offers_its_keeper_to_resume_it(cast, sign_in, issue):
    issue = pause(issue, cast)
    answer = sign_in(cast.secretary).get(issue.get_absolute_url())
    text = text_of(answer)
    assert light_html("paused") in text
    assert "停止计时" in text
    assert [a.transition.action for a in answer.context["actions"]] == ["resume"]
    assert "挂账期间不办理" in text_of(sign_in(cast.leader).get(issue.get_absolute_url()))


def test_every_light_has_its_shape_and_word():
    marks = {name: light_html(name) for name in ("normal", "soon", "overdue", "paused")}
    assert "◇</span>挂账" in marks["paused"]
    assert len({mark.partition("</span>")[0] for mark in marks.values()}) == 4


def test_the_desk_shows_filters_and_exports_suspended_issues(cast, sign_in, issue):
    other = make.make_issue(cast.secretary, cast.compound, cast.lamp)
    pause(issue, cast)
    client = sign_in(cast.secretary)
    answer = client.get("/issues/?light=paused")
    assert [row["number"] for row in answer.context["rows"]] == [issue.number]
    assert light_html("paused") in text_of(answer)
    assert [row["number"] for row in client.get("/issues/?queue=todo").context["rows"]] == [other.number]
    body = b"".join(client.get("/issues/export/?light=paused").streaming_content)
    assert body[:2] == b"PK"


def test_who_decides_finds_the_request_in_a_queue(cast, sign_in, issue):
    WORKFLOW.apply(issue, "ask_extension", by=cast.secretary, inputs=MORE)
    answer = sign_in(cast.officer).get("/issues/?queue=deciding")
    assert [row["number"] for row in answer.context["rows"]] == [issue.number]
    assert [(q.label, q.count) for q in answer.context["queues"]][1] == ("待我审批", "1")
    for user in (cast.secretary, cast.district, cast.other_officer):
        assert not sign_in(user).get("/issues/?queue=deciding").context["rows"]
    assert "待我审批" not in text_of(sign_in(cast.department).get("/issues/"))


def test_what_is_suspended_is_not_overdue_in_the_figures(cast, issue):
    other = make.make_issue(cast.secretary, cast.compound, cast.lamp)
    pause(issue, cast)
    Issue.objects.update(due_at=timezone.now() - timedelta(days=9), warn_at=timezone.now() - timedelta(days=10))
    assert in_hand(Issue.objects.all(), "street_id") == {cast.s1.pk: {"open": 2, "overdue": 1}}
    for place in (cast.s1, cast.c1, cast.g1, cast.compound):
        spot = spots.find(place.code, cast.officer)
        live = figures.count(spot, periods.named("month"), cast.officer).live_of()
        assert (live["open"], live["overdue"]) == (2, 1), place
    assert list(Issue.objects.with_light("overdue")) == [other]
    assert list(Issue.objects.with_light("paused")) == [issue]


def test_the_api_tells_and_takes_requests(cast, sign_in, issue):
    secretary, officer = sign_in(cast.secretary), sign_in(cast.officer)
    url = f"/api/v1/issues/{issue.pk}/"
    seen = secretary.get(url).json()
    asked = next(action for action in seen["available_actions"] if action["action"] == "ask_extension")
    kinds = {name: (field["type"], field["required"]) for name, field in asked["inputs"].items()}
    assert kinds == {"amount": ("number", True), "unit": ("choice", True), "note": ("text", True)}
    assert (seen["pending_request"], seen["suspended_until"], seen["clock_requests"]) == (None, None, [])

    def act(client, action, **body):
        answer = client.post(f"{url}actions/{action}/", body, content_type="application/json")
        assert answer.status_code == 200, answer.content
        return answer.json()

    seen = act(secretary, "ask_suspension", until=f"{timezone.localdate() + timedelta(days=9)}", note="待停暖")
    assert seen["pending_request"] == "suspension"
    (request,) = seen["clock_requests"]
    assert (request["kind"], request["level"], request["decision"], request["reason"]) == (
        "suspension", "street", None, "待停暖",
    )  # fmt: skip
    seen = act(officer, "grant", note="同意")
    assert (seen["light"], seen["pending_request"]) == ("paused", None)
    assert seen["suspended_until"].startswith(f"{timezone.localdate() + timedelta(days=9)}T00:00")
    (row,) = officer.get("/api/v1/issues/?light=paused").json()["results"]
    assert (row["id"], row["light"]) == (issue.pk, "paused")
    seen = act(secretary, "resume")
    assert (seen["light"], seen["suspended_until"]) == ("normal", None)
    answer = secretary.post(f"{url}actions/resume/", {}, content_type="application/json")
    assert answer.status_code == 409


def test_rows_of_one_status_are_offered_what_their_own_clocks_allow(cast, sign_in):
    """Actions are described once per kind of row: asked, suspended and overdue ones are kinds of their own."""
    plain, asked, paused, late = [make.make_issue(cast.secretary, cast.compound, cast.lamp) for _ in range(4)]
    WORKFLOW.apply(asked, "ask_extension", by=cast.secretary, inputs=MORE)
    pause(paused, cast)
    Issue.objects.filter(pk=late.pk).update(due_at=timezone.now())
    rows = sign_in(cast.secretary).get("/api/v1/issues/").json()["results"]
    found = {row["id"]: set(row["available_actions"]) for row in rows}
    assert {"ask_extension", "ask_suspension"} <= found[plain.pk]
    assert "withdraw_request" in found[asked.pk]
    assert found[paused.pk] == {"resume", "merge", "void"}
    assert "ask_extension" not in found[late.pk]
    assert "ask_suspension" in found[late.pk]


def test_the_register_of_requests_keeps_to_the_scope(cast, sign_in, issue):
    WORKFLOW.apply(issue, "ask_extension", by=cast.secretary, inputs=MORE)
    assert issue.number in text_of(sign_in(cast.officer).get("/grids/clock-requests/"))
    for user in (cast.other_officer, cast.sibling, cast.department):
        assert issue.number not in text_of(sign_in(user).get("/grids/clock-requests/"))


def test_a_page_makes_the_same_few_queries_whatever_the_clock(cast, sign_in, issue):
    client = sign_in(cast.officer)

    def queries():
        client.get(issue.get_absolute_url())
        with CaptureQueriesContext(connection) as captured:
            client.get(issue.get_absolute_url())
        return len(captured)

    plain = queries()
    WORKFLOW.apply(issue, "ask_extension", by=cast.secretary, inputs=MORE)
    assert queries() <= plain + 2  # the request itself, and whether a need is under way
