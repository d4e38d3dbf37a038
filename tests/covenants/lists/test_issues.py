"""Issues and covenants meet: an issue asks for outside help, and learns what became of it."""

import json

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from covenants.deliveries.workflow import DELIVERIES
from covenants.lists.models import Need
from covenants.lists.workflow import NEEDS
from grids.issues.models import Issue, Status
from grids.issues.workflow import WORKFLOW
from suzhou_portal.lib.rows.records import ActionForbidden, ActionNotPossible
from suzhou_portal.notices.models import OutboxMessage
from tests import factories as make
from tests.covenants import made

ASKED = {"kind": "skills", "title": "请电工检修路灯", "description": "北门路灯不亮"}


def asked(cast, issue=None, by=None, **inputs):
    issue = issue or make.make_issue(cast.secretary, cast.building, cast.lamp)
    issue = WORKFLOW.apply(issue, "ask_units", by=by or cast.secretary, inputs={**ASKED, **inputs})
    return issue, Need.objects.get(issue=issue)


def sentences(issue):
    return [WORKFLOW.by_action[event.action].sentence for event in issue.events.order_by("id")[1:]]


def promised(cast, need):
    covenant = made.signed(cast, made.some_terms(made.task(need=need.number, quantity="1")))
    return covenant, covenant.commitments.get()


def test_an_issue_becomes_a_need_and_stays_with_its_keeper(cast):
    before = make.make_issue(cast.secretary, cast.building, cast.lamp)
    issue, need = asked(cast, before)
    assert (need.kind, need.title, need.description) == ("skills", "请电工检修路灯", "北门路灯不亮")
    assert (need.street, need.community, need.grid, need.created_by) == (
        cast.s1,
        cast.c1,
        cast.building,
        cast.secretary,
    )
    assert (issue.status, issue.holder, issue.level, issue.due_at) == (
        before.status,
        before.holder,
        before.level,
        before.due_at,
    )
    event = issue.events.latest("id")
    assert (event.action, event.note) == ("ask_units", f"{need.number} 请电工检修路灯")


def test_the_button_is_prefilled_and_goes_when_it_is_pressed(cast, sign_in):
    issue = make.make_issue(cast.secretary, cast.building, cast.lamp, "北门路灯不亮")
    client, page = sign_in(cast.secretary), f"/issues/{issue.number}/"
    body = client.get(page).content.decode()
    assert "转为共建需求" in body
    assert "北门路灯不亮</textarea>" in body
    client.post(f"{page}ask_units/", {**ASKED, "version": issue.version})
    need = Need.objects.get()
    body = client.get(page).content.decode()
    assert f"/covenants/needs/{need.number}/" in body
    assert 'id="act-ask_units"' not in body
    with pytest.raises(ActionNotPossible):
        asked(cast, issue)


def test_a_telephone_number_of_the_description_does_not_pass_unseen(cast, sign_in):
    """It was confirmed for the issue; a need stands before the whole district."""
    text = "灯杆编号 13912345678"
    issue = make.make_issue(cast.secretary, cast.building, cast.lamp, text)
    with pytest.raises(ValidationError, match="手机"):
        asked(cast, issue, description=text)
    answer = sign_in(cast.secretary).post(
        f"/issues/{issue.number}/ask_units/", {**ASKED, "description": text, "version": issue.version}
    )
    assert answer.status_code == 422
    assert not Need.objects.exists()


def test_only_a_keeper_who_may_raise_needs(cast):
    issue = make.make_issue(cast.secretary, cast.building, cast.lamp)
    for user in (cast.sibling, cast.liaison, cast.department, cast.district, cast.leader):
        with pytest.raises(ActionForbidden):
            asked(cast, issue, by=user)
    small = make.make_issue(cast.leader, cast.building, cast.litter)
    asked(cast, small, by=cast.leader)
    asked(cast, issue, by=cast.officer)


def test_the_story_is_told_on_both_sides_to_the_offer_to_close(cast, sign_in):
    issue, need = asked(cast)
    covenant, commitment = promised(cast, need)
    delivery = made.deliver(cast, commitment, quantity=1)
    issue.refresh_from_db()
    need.refresh_from_db()
    assert need.status == "met"
    assert (issue.status, issue.holder) == (Status.ANSWERED, "community")
    assert sentences(issue) == [
        "转为共建需求",
        "共建单位 {organisation} 认领需求",
        "共建单位 {organisation} 已办成，可核查办结",
    ]
    assert issue.events.latest("id").organisation == cast.unit_org
    told = OutboxMessage.objects.filter(title__contains="已办成，可核查办结").get()
    assert told.audience["community"] == cast.c1.pk
    page = sign_in(cast.secretary).get(f"/issues/{issue.number}/").content.decode()
    assert "共建单位已办成，可核查办结" in page
    assert covenant.number in page
    assert 'id="act-close"' in page
    assert "delivery_confirm" in set(covenant.events.values_list("action", flat=True))
    assert "查看事件" in sign_in(cast.secretary).get(f"/covenants/needs/{need.number}/").content.decode()
    DELIVERIES.apply(delivery, "unconfirm", by=cast.secretary, inputs={"note": "又坏了"})
    issue.refresh_from_db()
    assert sentences(issue)[-1] == "履约确认已撤销，需求仍在办理"
    closed = WORKFLOW.apply(issue, "close", by=cast.secretary)
    assert closed.status == Status.CLOSED


def test_whatever_else_becomes_of_the_issue_the_story_goes_on(cast):
    """Dispatched, put off or closed: it is told, and nothing else is changed."""
    dispatched, need = asked(cast)
    dispatched = WORKFLOW.apply(dispatched, "dispatch", by=cast.officer, inputs={"organisation": cast.law.pk})
    _covenant, commitment = promised(cast, need)
    made.deliver(cast, commitment, quantity=1)
    dispatched.refresh_from_db()
    assert (dispatched.status, dispatched.organisation) == (Status.DISPATCHED, cast.law)
    assert dispatched.events.latest("id").action == "need_meet"
    other, need = asked(cast)
    WORKFLOW.apply(other, "void", by=cast.secretary, inputs={"note": "误报"})
    NEEDS.apply(need, "withdraw", by=cast.secretary, inputs={"note": "误报"})
    other.refresh_from_db()
    assert (other.status, other.events.latest("id").action) == (Status.VOID, "need_withdraw")
    assert Issue.objects.get(pk=other.pk).events.count() == other.version


def test_rest_tells_the_needs_of_an_issue(cast, sign_in):
    issue = make.make_issue(cast.secretary, cast.building, cast.lamp)
    client = sign_in(cast.secretary)
    address = f"/api/v1/issues/{issue.number}/"
    actions = {row["action"]: row for row in client.get(address).json()["available_actions"]}
    assert actions["ask_units"]["inputs"]["kind"]["choices"][0] == {"value": "people", "label": "人力"}
    answer = client.post(f"{address}actions/ask_units/", json.dumps(ASKED), content_type="application/json")
    assert answer.status_code == 200, answer.json()
    need = Need.objects.get()
    promised(cast, need)
    (told,) = client.get(address).json()["panels"]["needs"]
    assert (told["number"], told["status"], told["organisation"]) == (need.number, "taken", cast.unit_org.code)
    WORKFLOW.apply(issue, "dispatch", by=cast.officer, inputs={"organisation": cast.law.pk})
    assert sign_in(cast.department).get(address).json()["panels"]["needs"] == [], "another unit's need"


def test_the_issue_page_costs_the_same_with_many_needs(cast, sign_in):
    issue, need = asked(cast)
    client = sign_in(cast.secretary)

    def queries():
        with CaptureQueriesContext(connection) as sent:
            assert client.get(f"/issues/{issue.number}/").status_code == 200
        return len(sent)

    promised(cast, need)
    queries()
    few = queries()
    for _ in range(4):
        more = made.need(cast)
        Need.objects.filter(pk=more.pk).update(issue=issue)
        promised(cast, more)
    more_queries = queries()
    assert more_queries <= few + 1, "one for the posts of those who acted"
