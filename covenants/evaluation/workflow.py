"""评约, and what follows when both have scored or the time is up."""

from datetime import timedelta
from typing import Any

from django.db.models import Prefetch
from django.utils import timezone

from covenants.agreements.inputs import not_alone, note
from covenants.agreements.models import Covenant, Side, Status
from covenants.agreements.rights import is_party, side_of
from covenants.agreements.workflow import WORKFLOW
from covenants.deliveries.claims import let_go
from covenants.deliveries.models import Commitment
from covenants.evaluation.inputs import scores
from covenants.evaluation.models import Evaluation
from covenants.evaluation.parameters import EVALUATION_DAYS
from covenants.evaluation.sealing import current_rubric, handed_in, result_of
from suzhou_portal.lib.cases.workflow import Transition
from suzhou_portal.lib.time import moments
from suzhou_portal.rules.parameters import parameter


def _begin(covenant: Covenant, user: Any, inputs: dict[str, Any]) -> None:
    covenant.evaluate_until = timezone.localdate(moments.now()) + timedelta(days=parameter(EVALUATION_DAYS))
    covenant.end_asked_by = ""


def _drop_change(covenant: Covenant, user: Any, inputs: dict[str, Any], event: Any) -> None:
    """Nobody answers a change any more: what it alone had taken up is open again."""
    let_go(covenant)


def with_promises() -> Prefetch:
    """For ``prefetch_related`` of lists: of the commitments what tells whether they are kept. As a list, for Django
    makes a queryset for every row otherwise, which costs as much as the list.
    """
    rows = Commitment.objects.order_by().only("covenant_id", "is_cancelled", "fulfilled_on")
    return Prefetch("commitments", rows, to_attr="promised")


def _over(covenant: Covenant) -> bool:
    """The term has ended, or all that was promised is done."""
    if covenant.ends and covenant.ends < timezone.localdate(moments.now()):
        return True
    rows = covenant.promised if hasattr(covenant, "promised") else covenant.commitments.all()
    counted = [row for row in rows if not row.is_cancelled]
    return bool(counted) and all(row.fulfilled_on for row in counted)


def _may_score(covenant: Covenant, user: Any) -> bool:
    side = side_of(covenant, user)
    return side is not None and side not in handed_in(covenant)


def _score(covenant: Covenant, user: Any, inputs: dict[str, Any]) -> str | None:
    side = side_of(covenant, user)
    not_alone(covenant.evaluations.all(), submitted_by=user)
    others = handed_in(covenant)
    inputs["is_last"] = side.other in others
    if inputs["is_last"]:
        totals = [*covenant.evaluations.values_list("total", flat=True), sum(inputs["scores"])]
        covenant.result, covenant.ended_at = result_of(totals), moments.now()
        return Status.CLOSED
    return None


def _store_scores(covenant: Covenant, user: Any, inputs: dict[str, Any], event: Any) -> None:
    side = side_of(covenant, user)
    given = inputs["scores"]
    Evaluation.objects.create(
        covenant=covenant,
        side=side,
        rubric=current_rubric(Side(side)),
        scores=given,
        total=sum(given),
        comment=inputs["comment"],
        submitted_at=event.at,
        submitted_by=user,
        is_sealed=not inputs["is_last"],
    )
    if inputs["is_last"]:
        _over_and_open(covenant, user, inputs, event)


def unseal(covenant: Covenant) -> None:
    """Let both sides read the evaluations of ``covenant``."""
    covenant.evaluations.filter(is_sealed=True).update(is_sealed=False)


def _over_and_open(covenant: Covenant, user: Any, inputs: dict[str, Any], event: Any) -> None:
    unseal(covenant)
    let_go(covenant)


def _time_is_up(covenant: Covenant) -> bool:
    return bool(covenant.evaluate_until and covenant.evaluate_until < timezone.localdate(moments.now()))


def _close(covenant: Covenant, user: Any, inputs: dict[str, Any]) -> None:
    covenant.result = result_of(list(covenant.evaluations.values_list("total", flat=True)))
    covenant.ended_at = moments.now()


TRANSITIONS = (
    Transition(
        action="begin_evaluation",
        label="开始评约",
        source=frozenset({Status.ACTIVE}),
        target=Status.EVALUATING,
        allowed=is_party,
        ready=_over,
        change=_begin,
        effect=_drop_change,
        sentence="开始评约",
        primary=True,
    ),
    Transition(
        action="term_ended",
        label="到期转评约",
        source=frozenset({Status.ACTIVE}),
        target=Status.EVALUATING,
        automatic=True,
        ready=_over,
        change=_begin,
        effect=_drop_change,
        sentence="协议到期，开始评约",
    ),
    Transition(
        action="evaluate",
        label="提交评约",
        source=frozenset({Status.EVALUATING}),
        target=None,
        allowed=_may_score,
        ready=lambda covenant: not _time_is_up(covenant),
        inputs={"scores": scores, "comment": note("评语", required=False)},
        change=_score,
        effect=_store_scores,
        sentence="提交评约",
        primary=True,
        hint="提交后不能修改。双方都提交或到期以前，对方看不到您的评分。",
    ),
    Transition(
        action="evaluation_over",
        label="评约到期",
        source=frozenset({Status.EVALUATING}),
        target=Status.CLOSED,
        automatic=True,
        ready=_time_is_up,
        change=_close,
        effect=_over_and_open,
        sentence="评约到期，结果公开",
    ),
)

WORKFLOW.extend(*TRANSITIONS)
# The event of a sealed evaluation tells that it was handed in: neither scores nor words.
WORKFLOW.without_note.add("evaluate")
