"""Users who mean no good, or press in the wrong order: nothing is lost, counted twice, or agreed by one alone."""

import threading
import uuid

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils import timezone

from covenants.agreements.files import may_remove_scan
from covenants.agreements.models import Covenant
from covenants.agreements.papers import context
from covenants.agreements.services import begin, renew
from covenants.agreements.workflow import WORKFLOW
from covenants.deliveries.models import Commitment
from covenants.evaluation.reference import load_rubrics
from covenants.evaluation.sealing import current_rubric
from covenants.evaluation.services import close_evaluations, end_terms
from covenants.lists.models import Need
from covenants.lists.workflow import NEEDS
from covenants.matching.taking_up import take_up
from suzhou_portal.accounts.models import User
from suzhou_portal.accounts.roles import Role
from suzhou_portal.lib.cases.waiting import waiting_for
from suzhou_portal.lib.rows.records import ActionForbidden, ActionNotPossible
from tests import factories as make
from tests.covenants import made

GOOD = {"scores": [40, 25, 20, 15], "comment": "好"}


def status_of(need) -> str:
    return Need.objects.get(pk=need.pk).status


def ended(cast, covenant) -> Covenant:
    """Both sides end it early."""
    covenant = WORKFLOW.apply(covenant, "ask_end", by=cast.secretary, inputs={"note": "搬迁"})
    return WORKFLOW.apply(covenant, "agree_end", by=cast.liaison)


def evaluated(cast, covenant) -> Covenant:
    """Its term and its evaluation are over."""
    Covenant.objects.filter(pk=covenant.pk).update(ends=made.day(-1))
    end_terms()
    Covenant.objects.filter(pk=covenant.pk).update(evaluate_until=made.day(-1))
    close_evaluations()
    return Covenant.objects.get(pk=covenant.pk)


def second(cast, *items, status="agreed", by=None) -> Covenant:
    """Another covenant of the same parties."""
    fresh = Covenant(title="另一份", organisation=cast.unit_org, street=cast.s1, community=cast.c1)
    covenant = begin(fresh, by=by or cast.secretary, terms=made.some_terms(*items, title="另一份"))
    if status == "negotiating":
        return covenant
    covenant = WORKFLOW.apply(covenant, "accept", by=cast.liaison)
    if status == "agreed":
        return covenant
    names = {"signed_on": str(made.day(0)), "place_signatory": "张", "unit_signatory": "李"}
    return WORKFLOW.apply(covenant, "sign", by=cast.secretary, inputs=names)


# --- needs ------------------------------------------------------------------------------------


@pytest.mark.parametrize("end", [ended, evaluated])
def test_a_need_of_a_change_that_never_came_is_open_again(cast, end):
    covenant, need = made.signed(cast), made.need(cast)
    covenant = take_up(need, cast.unit_org, by=cast.liaison, covenant=covenant)
    assert status_of(need) == "taken"
    end(cast, covenant)
    assert status_of(need) == "open"


@pytest.mark.parametrize("end", [ended, evaluated])
def test_a_need_that_another_covenant_of_the_unit_promises_stays_promised(cast, end):
    need = made.need(cast)
    first = made.signed(cast, made.some_terms(made.task(need=need.number, due=-1)))
    other = second(cast, made.task(need=need.number, quantity="1"), status="active")
    end(cast, first)
    assert status_of(need) == "taken"
    made.deliver(cast, other.commitments.get(), quantity=1)
    assert status_of(need) == "met"


def test_what_an_ended_covenant_left_unmet_holds_no_need(cast):
    need = made.need(cast)
    ended(cast, made.signed(cast, made.some_terms(made.task(need=need.number, due=-1))))
    assert status_of(need) == "open"
    talks = second(cast, made.task(need=need.number))
    assert status_of(need) == "taken"
    WORKFLOW.apply(talks, "drop", by=cast.secretary, inputs={"note": "算了"})
    assert status_of(need) == "open"


def test_the_place_cannot_undo_a_claim_by_other_talks(cast):
    need = made.need(cast)
    take_up(need, cast.unit_org, by=cast.liaison)
    bait = second(cast, made.task(need=need.number), status="negotiating")
    WORKFLOW.apply(bait, "drop", by=cast.secretary, inputs={"note": "算了"})
    assert status_of(need) == "taken"


def test_a_need_added_to_what_is_done_already_is_met(cast):
    need = made.need(cast)
    covenant = made.signed(cast, made.some_terms(made.task(quantity="1")))
    made.deliver(cast, Commitment.objects.get(), quantity=1)
    changed = made.some_terms(made.task(quantity="1", need=need.number))
    covenant = WORKFLOW.apply(covenant, "amend", by=cast.liaison, inputs={"terms": changed.json()})
    WORKFLOW.apply(covenant, "accept", by=cast.secretary)
    assert status_of(need) == "met"


def test_a_called_off_promise_does_not_unmeet_what_another_met(cast):
    need = made.need(cast)
    covenant = made.signed(cast, made.some_terms(made.task(need=need.number), made.task("t2")))
    waiting = made.deliver(cast, Commitment.objects.get(key="t1"), confirmed=False, quantity=3)
    changed = made.some_terms(made.task("t2"))
    covenant = WORKFLOW.apply(covenant, "amend", by=cast.liaison, inputs={"terms": changed.json()})
    WORKFLOW.apply(covenant, "accept", by=cast.secretary)
    other = second(cast, made.task("x", need=need.number, quantity="1"), status="active")
    made.deliver(cast, other.commitments.get(), quantity=1)
    assert status_of(need) == "met"
    made.DELIVERIES.apply(waiting, "confirm", by=cast.secretary)
    assert status_of(need) == "met"


# --- numbers and days -------------------------------------------------------------------------


@pytest.mark.parametrize(("item", "name"), [(made.funds(), "amount"), (made.task(), "quantity")])
def test_huge_deliveries_are_refused_where_they_are_typed(cast, sign_in, item, name):
    made.signed(cast, made.some_terms(item))
    row, client = Commitment.objects.get(), sign_in(cast.liaison)
    address = f"/api/v1/commitments/{row.pk}/deliveries/"
    for most, expected in (("9999999999.99", 201), ("9999999999.99", 400), ("999999999999.99", 400)):
        body = {"on": str(made.day(0)), "note": "办了", name: most}
        answer = client.post(address, body, content_type="application/json")
        assert answer.status_code == expected, answer.content
    for delivery in row.deliveries.all():
        made.DELIVERIES.apply(delivery, "confirm", by=cast.secretary)


def test_a_delivery_lies_in_the_term(cast, sign_in):
    covenant = made.signed(cast, made.some_terms(made.task()))
    row, client = Commitment.objects.get(), sign_in(cast.liaison)
    address = f"/api/v1/commitments/{row.pk}/deliveries/"
    body = {"note": "办了", "quantity": 1}
    early = client.post(address, body | {"on": str(covenant.begins - timezone.timedelta(1))}, "application/json")
    assert early.status_code == 400
    assert "on" in early.json()["errors"]
    assert client.post(address, body | {"on": str(covenant.begins)}, "application/json").status_code == 201


@pytest.mark.parametrize("begins", ["9999-12-01", "0001-01-01"])
def test_a_renewal_to_the_end_of_time_is_refused(cast, sign_in, begins):
    load_rubrics()
    covenant = evaluated(cast, made.signed(cast))
    client = sign_in(cast.secretary)
    answer = client.post(f"{covenant.get_absolute_url()}renew/", {"begins": begins, "ends": "9999-12-31"})
    assert answer.status_code == 422
    body = {"begins": begins, "ends": "9999-12-31"}
    answer = client.post(f"/api/v1/covenants/{covenant.number}/renew/", body, content_type="application/json")
    assert answer.status_code == 400


def test_a_renewal_that_came_to_nothing_may_be_tried_again_but_not_with_a_retired_unit(cast, sign_in):
    covenant, client = evaluated(cast, made.signed(cast)), sign_in(cast.secretary)
    term = {"begins": made.day(1), "ends": made.day(90)}
    first = renew(covenant, by=cast.liaison, **term)
    assert f"/{first.number}/" in client.get(covenant.get_absolute_url()).content.decode()
    WORKFLOW.apply(first, "drop", by=cast.liaison, inputs={"note": "算了"})
    assert client.get(f"{covenant.get_absolute_url()}renew/").status_code == 200
    again = renew(covenant, by=cast.secretary, **term)
    assert again.previous == covenant
    assert f"/{again.number}/" in client.get(covenant.get_absolute_url()).content.decode()
    WORKFLOW.apply(again, "drop", by=cast.liaison, inputs={"note": "算了"})
    cast.unit_org.is_active = False
    cast.unit_org.save()
    answer = client.post(f"/api/v1/covenants/{covenant.number}/renew/", term, content_type="application/json")
    assert answer.status_code == 400
    assert "停用" in answer.content.decode()


# --- evaluation -------------------------------------------------------------------------------


def test_when_the_time_is_up_nobody_scores_any_more_sweep_or_not(cast, sign_in):
    load_rubrics()
    covenant = made.signed(cast, made.some_terms(made.task(quantity="1")))
    made.deliver(cast, Commitment.objects.get(), quantity=1)
    covenant = WORKFLOW.apply(covenant, "begin_evaluation", by=cast.secretary)
    Covenant.objects.update(evaluate_until=made.day(-1))
    with pytest.raises(ActionNotPossible):
        WORKFLOW.apply(covenant, "evaluate", by=cast.secretary, inputs=GOOD)
    assert "待评约的协议" not in sign_in(cast.secretary).get("/").content.decode()


def test_a_standard_counts_from_its_day(cast):
    load_rubrics()
    now = current_rubric("unit")
    make_rubric = type(now).objects.create(side="unit", name="明年的标准", starts=made.day(1), is_active=True)
    assert current_rubric("unit") == now
    type(now).objects.filter(pk=make_rubric.pk).update(starts=made.day(0))
    assert current_rubric("unit") == make_rubric


# --- one person, two sides --------------------------------------------------------------------


def test_nobody_agrees_with_themselves_after_changing_sides(cast):
    """Who proposed, delivered, asked or scored for the unit does not answer it for the place."""
    load_rubrics()
    mover = make.make_user("unit.9", Role.UNIT, cast.unit_org)
    covenant = WORKFLOW.apply(made.negotiating(cast), "amend", by=mover, inputs={"terms": made.some_terms().json()})
    running = second(cast, made.task(quantity="1"), made.task("t2", quantity="1"), status="active")
    row = running.commitments.get(key="t1")
    data = {"on": str(made.day(0)), "note": "办了", "quantity": "1"}
    delivery = made.submit_delivery(row, data, by=mover)
    ending = second(cast, made.task(), status="active")
    ending = WORKFLOW.apply(ending, "ask_end", by=mover, inputs={"note": "不办了"})
    scoring = second(cast, made.task(quantity="1"), status="active")
    made.deliver(cast, scoring.commitments.get(), quantity=1)
    scoring = WORKFLOW.apply(scoring, "begin_evaluation", by=mover)
    scoring = WORKFLOW.apply(scoring, "evaluate", by=mover, inputs={"scores": [27, 26, 19, 17], "comment": ""})
    mover.assignments.all().delete()
    make.give_post(mover, Role.COMMUNITY, cast.c1)
    mover = type(mover).objects.get(pk=mover.pk)
    for table, thing, action, inputs in (
        (WORKFLOW, covenant, "accept", {}),
        (WORKFLOW, ending, "agree_end", {}),
        (WORKFLOW, scoring, "evaluate", GOOD),
        (made.DELIVERIES, delivery, "confirm", {}),
    ):
        with pytest.raises((ActionForbidden, ActionNotPossible, ValidationError)):
            table.apply(thing, action, by=mover, inputs=inputs)
        table.apply(thing, action, by=cast.secretary, inputs=inputs)


# --- what is over -----------------------------------------------------------------------------


def test_the_paper_of_an_ended_covenant_says_what_was_signed(cast):
    covenant = made.signed(cast)
    before = context(covenant)
    covenant = ended(cast, covenant)
    assert context(covenant)["rows"] == before["rows"]
    assert len(before["rows"]) == 3


def test_deliveries_of_what_is_over_wait_for_nobody(cast):
    covenant = made.signed(cast)
    made.deliver(cast, covenant.commitments.get(key="t1"), confirmed=False, quantity=1)

    def told():
        return [line.text for line in waiting_for(cast.secretary)]

    assert "待确认的履约记录" in told()
    ended(cast, covenant)
    assert "待确认的履约记录" not in told()


def test_only_a_party_takes_a_scan_away(cast):
    """Whoever left the community for the street still sees the covenant, and what they once attached."""
    covenant = made.signed(cast)
    scan = make.make_attachment(covenant, cast.secretary)
    assert may_remove_scan(covenant, scan, cast.secretary)
    cast.secretary.assignments.all().delete()
    make.give_post(cast.secretary, Role.STREET, cast.s1)
    assert not may_remove_scan(covenant, scan, User.objects.get(pk=cast.secretary.pk))


# --- what is agreed is what was read ----------------------------------------------------------


def test_a_program_agrees_to_what_it_has_read_only(cast, sign_in):
    covenant, client = made.negotiating(cast), sign_in(cast.liaison)
    address = f"/api/v1/covenants/{covenant.number}/actions/accept/"
    WORKFLOW.apply(covenant, "amend", by=cast.secretary, inputs={"terms": made.some_terms(made.task()).json()})
    blind = client.post(address, {}, content_type="application/json")
    assert (blind.status_code, list(blind.json()["errors"])) == (400, ["version"])
    assert client.post(address, {"version": covenant.version}, content_type="application/json").status_code == 409
    assert client.post(address, {"version": covenant.version + 1}, content_type="application/json").status_code == 200


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"penalty": "每日千元"}, "penalty"),
        (
            {"items": [made.task().__dict__ | {"due_on": str(made.day(1)), "quantity": "1", "nodes": [], "sum": 1}]},
            "sum",
        ),
    ],
)
def test_a_draft_is_made_of_what_it_knows(cast, sign_in, change, told):
    body = {"place": cast.c1.code, "organisation": cast.unit_org.code, "terms": made.some_terms().json() | change}
    answer = sign_in(cast.secretary).post("/api/v1/covenants/", body, content_type="application/json")
    assert answer.status_code == 400
    assert told in answer.content.decode()


def test_a_draft_says_nothing_that_is_not_seen(cast, sign_in):
    terms = made.some_terms().json() | {"title": "共建\u202e协议", "purpose": "共建\x1b协议"}
    body = {"place": cast.c1.code, "organisation": cast.unit_org.code, "terms": terms}
    answer = sign_in(cast.secretary).post("/api/v1/covenants/", body, content_type="application/json")
    assert answer.status_code == 201, answer.content.decode()
    text = answer.content.decode()
    assert "共建协议" in text
    assert not {"\u202e", "\x1b"} & set(text)


def test_a_party_without_people_is_told_to_the_other(cast, sign_in):
    covenant, client = made.negotiating(cast), sign_in(cast.secretary)
    assert "没有经办账号" not in client.get(covenant.get_absolute_url()).content.decode()
    cast.liaison.is_active = False
    cast.liaison.save()
    assert "第一中学现在没有经办账号" in client.get(covenant.get_absolute_url()).content.decode()


# --- two at once ------------------------------------------------------------------------------


def meanwhile(act, then) -> list:
    """What ``act()`` answers in another thread while this one is in the middle of ``then()``."""
    answers = []

    def run():
        answers.append(act())
        connection.close()

    other = threading.Thread(target=run)
    with transaction.atomic():
        then()
        other.start()
        other.join(2)  # it waits for this transaction
    other.join(20)
    return answers


def draft_of(cast, **changes):
    """A form of a new covenant."""
    wanted = {
        "side": "place",
        "place": cast.c1.code,
        "organisation": cast.unit_org.code,
        "title": "共建平安小区",
        "begins": str(made.day(0)),
        "ends": str(made.day(90)),
        "items-0-kind": "task",
        "items-0-title": "修路灯",
        "items-0-quantity": "3",
        "items-0-unit": "盏",
        "items-0-due_on": str(made.day(30)),
        "submission_key": str(uuid.uuid4()),
    }
    return wanted | changes


@pytest.mark.django_db(transaction=True)
def test_two_units_at_once_claim_a_need_once(live_cast, sign_in, on_postgresql):
    cast = live_cast
    need, client = made.need(cast), sign_in(cast.liaison)
    form = draft_of(cast, **{"side": "unit", "items-0-need": need.number})
    answers = meanwhile(
        lambda: client.post("/covenants/covenants/new/", form).status_code,
        lambda: NEEDS.apply(need, "take", by=None, inputs={"organisation": cast.foreign_unit.pk}),
    )
    assert answers == [302]
    need.refresh_from_db()
    assert (need.status, need.organisation) == ("taken", cast.foreign_unit)


@pytest.mark.django_db(transaction=True)
def test_the_same_form_twice_at_once_begins_once(live_cast, sign_in, on_postgresql):
    cast = live_cast
    client, form = sign_in(cast.secretary), draft_of(cast)
    fresh = Covenant(title="共建", organisation=cast.unit_org, street=cast.s1, community=cast.c1)
    key = uuid.UUID(form["submission_key"])
    answers = meanwhile(
        lambda: client.post("/covenants/covenants/new/", form).url,
        lambda: begin(fresh, by=cast.secretary, terms=made.some_terms(), key=key),
    )
    assert answers == [fresh.get_absolute_url()]
    assert Covenant.objects.count() == 1
