"""终止 by both sides, 评约, and what follows when both have scored or the time is up."""

from datetime import timedelta
from typing import Any

from django.db.models import Max
from django.utils import timezone

from covenants.models import Covenant, Evaluation, Side
from covenants.models.covenants import Status
from covenants.parameters import EVALUATION_DAYS
from covenants.rights import is_party, side_of
from covenants.sealing import current_rubric, handed_in, result_of
from covenants.services.claims import let_go
from covenants.services.terms_in_force import call_off_rest
from covenants.workflow.inputs import OPTIONAL_NOTE, REASON, not_alone, note, scores
from suzhou_portal.lib.cases.workflow import Transition
from suzhou_portal.lib.time import moments
from suzhou_portal.rules.parameters import parameter


def _ask_end(covenant: Covenant, user: Any, inputs: dict[str, Any]) -> None:
    covenant.end_asked_by = side_of(covenant, user)


def _answers_end(covenant: Covenant, user: Any) -> bool:
    """The side that did not ask."""
    side = side_of(covenant, user)
    return side is not None and covenant.end_asked_by == side.other


def _asked(covenant: Covenant) -> bool:
    return bool(covenant.end_asked_by)


def _end(covenant: Covenant, user: Any, inputs: dict[str, Any]) -> None:
    asked = covenant.events.filter(action="ask_end").aggregate(last=Max("pk"))["last"]
    not_alone(covenant.events.filter(pk=asked), actor=user)
    covenant.end_asked_by, covenant.ended_at = "", moments.now()


def _call_off(covenant: Covenant, user: Any, inputs: dict[str, Any], event: Any) -> None:
    call_off_rest(covenant, by=user)
    let_go(covenant)


def _go_on(covenant: Covenant, user: Any, inputs: dict[str, Any]) -> None:
    covenant.end_asked_by = ""


def _begin(covenant: Covenant, user: Any, inputs: dict[str, Any]) -> None:
    covenant.evaluate_until = timezone.localdate(moments.now()) + timedelta(days=parameter(EVALUATION_DAYS))
    covenant.end_asked_by = ""


def _drop_change(covenant: Covenant, user: Any, inputs: dict[str, Any], event: Any) -> None:
    """Nobody answers a change any more: what it alone had taken up is open again."""
    let_go(covenant)


def _over(covenant: Covenant) -> bool:
    """The term has ended, or all that was promised is done."""
    if covenant.ends and covenant.ends < timezone.localdate(moments.now()):
        return True
    counted = [row for row in covenant.commitments.all() if not row.is_cancelled]
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
        action="ask_end",
        label="提出终止",
        source=frozenset({Status.ACTIVE}),
        target=None,
        allowed=is_party,
        ready=lambda covenant: not covenant.end_asked_by,
        inputs=REASON,
        change=_ask_end,
        sentence="提出终止协议",
        folded=True,
        grave=True,
    ),
    Transition(
        action="agree_end",
        label="同意终止",
        source=frozenset({Status.ACTIVE}),
        target=Status.TERMINATED,
        allowed=_answers_end,
        ready=_asked,
        inputs=OPTIONAL_NOTE,
        change=_end,
        effect=_call_off,
        sentence="同意终止，协议终止",
        grave=True,
        hint="未到期、未履约的事项随之取消；已到期的照常统计。",
    ),
    Transition(
        action="refuse_end",
        label="不同意终止",
        source=frozenset({Status.ACTIVE}),
        target=None,
        allowed=is_party,
        ready=_asked,
        inputs=REASON,
        change=_go_on,
        sentence="不终止，继续履约",
    ),
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
