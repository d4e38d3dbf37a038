"""谈约 – 签约 – 履约 – 评约: who may do what when, and what follows."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from covenants.agreements.models import Covenant, Status
from covenants.agreements.services import begin, renew
from covenants.agreements.terms import Terms, compare
from covenants.agreements.workflow import WORKFLOW, awaits
from covenants.deliveries.models import Commitment, Delivery
from covenants.deliveries.services import submit_delivery
from covenants.deliveries.workflow import DELIVERIES
from covenants.evaluation.models import Evaluation, Rubric, RubricItem
from covenants.evaluation.sealing import handed_in, readable
from covenants.lists.models import Need
from suzhou_portal.audit.models import AuditEntry
from suzhou_portal.lib.rows.records import ActionForbidden, ActionNotPossible
from suzhou_portal.notices.models import OutboxMessage
from tests.covenants import made


def actions(covenant, user):
    return {t.action for t in WORKFLOW.available(Covenant.objects.get(pk=covenant.pk), user)}


def commitment(covenant, key):
    return Commitment.objects.get(covenant=covenant, key=key)


@pytest.fixture
def rubrics(db):
    for side in ("place", "unit"):
        rubric = Rubric.objects.create(side=side, name="标准", starts=made.day(-100))
        for index, points in enumerate((60, 40)):
            RubricItem.objects.create(rubric=rubric, index=index, title=f"第{index}项", points=points)


# --- 谈约 ----------------------------------------------------------------------------------


def test_a_draft_waits_for_the_other_side(cast):
    covenant = made.negotiating(cast)
    assert (covenant.revision, covenant.place_accepts, covenant.unit_accepts) == (1, 1, 0)
    assert "accept" in actions(covenant, cast.liaison)
    assert "accept" not in actions(covenant, cast.secretary)
    assert awaits(covenant, cast.liaison)
    assert not awaits(covenant, cast.secretary)
    for outsider in (cast.sibling, cast.officer, cast.district, cast.department, cast.leader):
        assert actions(covenant, outsider) == set()
    (told,) = OutboxMessage.objects.all()
    assert told.audience["organisation"] == cast.unit_org.pk


def test_the_other_side_sees_exactly_what_changed(cast):
    first = made.some_terms()
    covenant = made.negotiating(cast, first)
    second = replace(
        first,
        ends=made.day(90),
        items=(replace(first.items[0], quantity=Decimal("2")), first.items[2], made.funds("f2", "500.50")),
    )
    covenant = WORKFLOW.apply(covenant, "amend", by=cast.liaison, inputs={"terms": second.json(), "note": "人手不够"})
    drafts = [Terms.of(row.terms) for row in covenant.revisions.all()]
    assert drafts == [first, second]
    found = compare(*drafts)
    assert [(edit.label, edit.before, edit.after) for edit in found.edits] == [
        ("协议止", str(made.day(60)), str(made.day(90)))
    ]
    assert [(line.item.key, line.mark) for line in found.lines] == [
        ("t1", "changed"),
        ("p1", ""),
        ("f2", "added"),
        ("f1", "removed"),
    ]
    assert [(edit.label, edit.before, edit.after) for edit in found.lines[0].edits] == [("数量", "3", "2")]
    assert (covenant.status, covenant.place_accepts, covenant.unit_accepts) == (Status.NEGOTIATING, 1, 2)


def test_nothing_is_signed_before_both_accept_the_same_draft(cast):
    covenant = made.negotiating(cast)
    assert "sign" not in actions(covenant, cast.secretary)
    covenant = WORKFLOW.apply(covenant, "accept", by=cast.liaison)
    assert covenant.status == Status.AGREED
    assert "sign" in actions(covenant, cast.secretary)
    assert "sign" not in actions(covenant, cast.liaison)
    covenant = WORKFLOW.apply(covenant, "amend", by=cast.secretary, inputs={"terms": made.some_terms().json()})
    assert covenant.status == Status.NEGOTIATING


@pytest.mark.parametrize(
    ("terms", "message"),
    [
        (made.some_terms(made.task(due=300)), "期限须在协议期内"),
        (made.some_terms(replace(made.task(), quantity=None)), "实事须填写数量"),
        (made.some_terms(replace(made.funds(), amount=None)), "资金类事项填写金额"),
        (made.some_terms(replace(made.funds(), amount=Decimal("0.001"))), "两位小数"),
        (made.some_terms(replace(made.project(), nodes=())), "至少设一个节点"),
        (made.some_terms(made.task(), made.task()), "重复"),
        (made.some_terms(made.task(), ends=made.day(-60)), "协议止不能早于协议起"),
        (replace(made.some_terms(), items=()), "至少约定一项"),
    ],
)
def test_terms_that_contradict_themselves_are_refused(cast, terms, message):
    with pytest.raises(ValidationError, match=message):
        made.negotiating(cast, terms)


@pytest.mark.parametrize("terms", ["", "[]", "{", {"title": "x"}, {**made.some_terms().json(), "items": [7]}, None])
def test_what_is_no_draft_is_refused(cast, terms):
    covenant = made.negotiating(cast)
    with pytest.raises(ValidationError):
        WORKFLOW.apply(covenant, "amend", by=cast.liaison, inputs={"terms": terms})
    assert Covenant.objects.get().revision == 1


def test_only_a_party_may_begin(cast):
    for outsider in (cast.sibling, cast.officer, cast.district, cast.department):
        with pytest.raises(PermissionError):
            begin(
                Covenant(title="x", organisation=cast.unit_org, street=cast.s1, community=cast.c1),
                by=outsider,
                terms=made.some_terms(),
            )
    assert not Covenant.objects.exists()


# --- 签约 and changes ----------------------------------------------------------------------


def test_signing_makes_the_commitments(cast):
    covenant = made.signed(cast)
    assert (covenant.status, covenant.in_force, covenant.ends) == (Status.ACTIVE, 1, made.day(60))
    rows = {row.key: row for row in covenant.commitments.all()}
    assert (rows["t1"].quantity, rows["t1"].unit) == (Decimal(3), "盏")
    assert rows["f1"].amount == Decimal("1000.00")
    assert [node.title for node in rows["p1"].milestones.all()] == ["开班", "结业"]
    assert rows["p1"].milestone_count == 2


def test_a_change_takes_both_sides_and_keeps_what_was_delivered(cast):
    covenant = made.signed(cast)
    made.deliver(cast, commitment(covenant, "t1"), quantity=2)
    terms = made.some_terms()
    changed = replace(terms, items=(replace(terms.items[0], quantity=Decimal(2)), terms.items[2]))
    covenant = WORKFLOW.apply(covenant, "amend", by=cast.liaison, inputs={"terms": changed.json(), "note": "调整"})
    assert covenant.change_pending
    assert commitment(covenant, "t1").quantity == 3, "until the other side accepts"
    covenant = WORKFLOW.apply(covenant, "accept", by=cast.secretary)
    assert not Covenant.objects.get().change_pending
    row = commitment(covenant, "t1")
    assert (row.quantity, row.done_quantity, row.fulfilled_on) == (2, 2, made.day(0))
    assert commitment(covenant, "f1").is_cancelled


def test_a_change_that_is_refused_leaves_what_is_in_force(cast):
    covenant = made.signed(cast)
    fewer = made.some_terms(made.task(quantity="1"))
    WORKFLOW.apply(covenant, "amend", by=cast.liaison, inputs={"terms": fewer.json()})
    covenant = WORKFLOW.apply(covenant, "refuse_change", by=cast.secretary, inputs={"note": "不同意"})
    assert (covenant.revision, covenant.in_force, covenant.change_pending) == (3, 3, False)
    assert Terms.of(covenant.revisions.get(index=3).terms) == made.some_terms()
    assert commitment(covenant, "t1").quantity == 3
    assert not commitment(covenant, "f1").is_cancelled


def test_ending_early_takes_both_sides(cast):
    covenant = WORKFLOW.apply(made.signed(cast), "ask_end", by=cast.liaison, inputs={"note": "单位撤并"})
    assert "agree_end" not in actions(covenant, cast.liaison)
    covenant = WORKFLOW.apply(covenant, "agree_end", by=cast.secretary)
    assert covenant.status == Status.TERMINATED
    with pytest.raises(ActionNotPossible):
        submit_delivery(
            commitment(covenant, "t1"), {"on": str(made.day(0)), "quantity": "1", "note": "x"}, by=cast.liaison
        )


# --- 履约 ----------------------------------------------------------------------------------


def test_a_task_is_fulfilled_by_what_is_confirmed(cast):
    covenant = made.signed(cast)
    row = commitment(covenant, "t1")
    first = made.deliver(cast, row, quantity=2)
    made.deliver(cast, row, confirmed=False, quantity=1)
    row.refresh_from_db()
    assert (row.done_quantity, row.fulfilled_on) == (2, None)
    second = Delivery.objects.get(status="submitted")
    DELIVERIES.apply(second, "confirm", by=cast.secretary)
    row.refresh_from_db()
    assert (row.done_quantity, row.fulfilled_on) == (3, made.day(0))
    DELIVERIES.apply(first, "unconfirm", by=cast.secretary, inputs={"note": "又坏了"})
    row.refresh_from_db()
    assert (row.done_quantity, row.fulfilled_on) == (1, None)


def test_returned_deliveries_are_mended_by_the_unit(cast):
    covenant = made.signed(cast)
    delivery = made.deliver(cast, commitment(covenant, "f1"), confirmed=False, amount="1000.00")
    delivery = DELIVERIES.apply(delivery, "return", by=cast.secretary, inputs={"note": "只到账 600 元"})
    inputs = {"on": str(made.day(0)), "amount": "600.00", "note": "首笔到账"}
    delivery = DELIVERIES.apply(delivery, "resubmit", by=cast.liaison, inputs=inputs)
    DELIVERIES.apply(delivery, "confirm", by=cast.secretary)
    row = commitment(covenant, "f1")
    assert (row.done_amount, row.fulfilled_on) == (Decimal("600.00"), None)


def test_a_project_is_fulfilled_by_its_milestones_each_once(cast):
    covenant = made.signed(cast)
    row = commitment(covenant, "p1")
    first, second = row.milestones.all()
    made.deliver(cast, row, milestone=first.pk)
    with pytest.raises(ValidationError, match="已有履约记录"):
        made.deliver(cast, row, milestone=first.pk)
    made.deliver(cast, row, milestone=second.pk)
    row.refresh_from_db()
    assert (row.done_milestones, row.fulfilled_on) == (2, made.day(0))


def test_nobody_confirms_their_own_delivery(cast):
    covenant = made.signed(cast)
    delivery = made.deliver(cast, commitment(covenant, "t1"), confirmed=False, quantity=1)
    for user in (cast.liaison, cast.officer, cast.district, cast.sibling):
        with pytest.raises(ActionForbidden):
            DELIVERIES.apply(delivery, "confirm", by=user)
    for user in (cast.secretary, cast.department):
        with pytest.raises(PermissionError):
            submit_delivery(commitment(covenant, "t1"), {"on": str(made.day(0)), "quantity": "1", "note": "x"}, by=user)


def test_a_need_follows_the_commitment_that_meets_it(cast):
    need = made.need(cast)
    covenant = made.signed(cast, made.some_terms(made.task(need=need.number, quantity="1")))
    need.refresh_from_db()
    assert (need.status, need.organisation) == (Need.Status.TAKEN, cast.unit_org)
    delivery = made.deliver(cast, commitment(covenant, "t1"), quantity=1)
    need.refresh_from_db()
    assert need.status == Need.Status.MET
    DELIVERIES.apply(delivery, "unconfirm", by=cast.secretary, inputs={"note": "没好"})
    need.refresh_from_db()
    assert (need.status, need.met_at) == (Need.Status.TAKEN, None)


# --- 评约 ----------------------------------------------------------------------------------


def evaluating(cast):
    covenant = made.signed(cast, made.some_terms(made.task(quantity="1")))
    made.deliver(cast, commitment(covenant, "t1"), quantity=1)
    return WORKFLOW.apply(covenant, "begin_evaluation", by=cast.secretary)


def test_scores_are_sealed_until_both_have_handed_in(cast, rubrics):
    covenant = evaluating(cast)
    before = AuditEntry.objects.latest("pk").pk
    covenant = WORKFLOW.apply(covenant, "evaluate", by=cast.liaison, inputs={"scores": [51, 29], "comment": "密语"})
    assert (covenant.status, covenant.result) == (Status.EVALUATING, "")
    assert handed_in(covenant) == {"unit"}
    assert readable(covenant, cast.secretary) == []
    assert readable(covenant, cast.district) == []
    assert [row.total for row in readable(covenant, cast.liaison)] == [80]
    trail = list(AuditEntry.objects.filter(pk__gt=before).values_list("changes", "reason", "object_label"))
    events = " ".join(covenant.events.values_list("note", flat=True))
    assert "密语" not in f"{trail} {events}"
    assert {name for changes, _reason, _label in trail for name in changes} == {
        "given",
        "version",
    }  # a keyed digest, from which nobody reads a score  # no score, no total
    with pytest.raises(ActionForbidden):
        WORKFLOW.apply(covenant, "evaluate", by=cast.liaison, inputs={"scores": [60, 40]})
    covenant = WORKFLOW.apply(covenant, "evaluate", by=cast.secretary, inputs={"scores": [60, 40], "comment": "好"})
    assert (covenant.status, covenant.result) == (Status.CLOSED, "优秀")
    assert {row.total for row in readable(covenant, cast.secretary)} == {80, 100}


def test_when_the_time_is_up_what_was_handed_in_is_opened(cast, rubrics, monkeypatch):
    covenant = evaluating(cast)
    WORKFLOW.apply(covenant, "evaluate", by=cast.secretary, inputs={"scores": [30, 20]})
    with pytest.raises(ActionNotPossible):
        WORKFLOW.apply(covenant, "evaluation_over", by=None)
    Covenant.objects.update(evaluate_until=made.day(-1))
    covenant = WORKFLOW.apply(covenant, "evaluation_over", by=None)
    assert (covenant.status, covenant.result) == (Status.CLOSED, "不合格")
    assert not Evaluation.objects.filter(is_sealed=True).exists()


@pytest.mark.parametrize("scores", [[61, 0], [-1, 0], [1], "x", None, ["", "3"], [1.5, 2]])
def test_scores_outside_the_rubric_are_refused(cast, rubrics, scores):
    covenant = evaluating(cast)
    with pytest.raises(ValidationError):
        WORKFLOW.apply(covenant, "evaluate", by=cast.liaison, inputs={"scores": scores})
    assert not Evaluation.objects.exists()


def test_a_closed_covenant_is_renewed_once(cast, rubrics):
    covenant = evaluating(cast)
    for user in (cast.liaison, cast.secretary):
        covenant = WORKFLOW.apply(covenant, "evaluate", by=user, inputs={"scores": [60, 40]})
    fresh = renew(covenant, by=cast.liaison, begins=made.day(70), ends=made.day(160))
    assert (fresh.previous, fresh.status, fresh.unit_accepts) == (covenant, Status.NEGOTIATING, 1)
    draft = Terms.of(fresh.revisions.get().terms)
    assert draft.items[0].due_on - made.task().due_on == timedelta(days=100)
    with pytest.raises(ValidationError, match="已经续约"):
        renew(covenant, by=cast.secretary, begins=made.day(70), ends=made.day(160))
