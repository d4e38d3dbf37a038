"""上报 → 受理 → 派办 → 处理 → 反馈 → 核查 → 办结, with 退回, 升级, 作废 and 重开."""

from typing import Any

from grids.categories.models import LEVELS, Level
from grids.issues import clock
from grids.issues.inputs import organisation
from grids.issues.models import Division, Holder, Issue, Status
from grids.issues.rights import (
    is_holder,
    is_keeper,
    is_verifier,
    lowest_level,
    may_answer,
    may_dispatch,
    may_void,
    verifying_level,
)
from suzhou_portal.lib.cases.inputs import OPTIONAL_NOTE, REASON, note
from suzhou_portal.lib.cases.workflow import Transition
from suzhou_portal.lib.time import moments


def _shift(level: str, step: int) -> str:
    return LEVELS[LEVELS.index(level) + step]


def _keep(issue: Issue, user: Any, inputs: dict[str, Any]) -> None:
    issue.holder, issue.organisation = issue.level, None


def _dispatch(issue: Issue, user: Any, inputs: dict[str, Any]) -> None:
    issue.holder, issue.organisation = Holder.ORGANISATION, inputs["organisation"]


def _answered(issue: Issue, user: Any, inputs: dict[str, Any]) -> None:
    issue.holder = verifying_level(issue)


def _redo(issue: Issue, user: Any, inputs: dict[str, Any]) -> None:
    issue.rework_count += 1
    issue.holder = Holder.ORGANISATION if issue.organisation_id else issue.level


def _close(issue: Issue, user: Any, inputs: dict[str, Any]) -> None:
    issue.holder, issue.closed_at, issue.closed_level = Holder.NOBODY, moments.now(), issue.level


def _escalate(issue: Issue, user: Any, inputs: dict[str, Any]) -> None:
    issue.level = _shift(issue.level, 1)
    issue.holder, issue.organisation, issue.escalated_at = issue.level, None, moments.now()


def _send_down(issue: Issue, user: Any, inputs: dict[str, Any]) -> None:
    issue.level = _shift(issue.level, -1)
    issue.holder, issue.organisation = issue.level, None


def reopen(issue: Issue, user: Any, inputs: dict[str, Any]) -> None:
    """Nobody's work yet, at its level, with a new clock."""
    issue.closed_at, issue.closed_level, issue.reopened_at = None, "", moments.now()
    issue.holder, issue.organisation = issue.level, None
    clock.start(issue, issue.reopened_at)


TRANSITIONS = (
    Transition(
        action="accept",
        label="受理",
        source=frozenset({Status.REPORTED}),
        target=Status.ACCEPTED,
        allowed=is_keeper,
        change=_keep,
        sentence="受理",
        primary=True,
    ),
    Transition(
        action="dispatch",
        label="派办给单位",
        source=frozenset({Status.REPORTED, Status.ACCEPTED}),
        target=Status.DISPATCHED,
        allowed=may_dispatch,
        inputs={
            "organisation": organisation,
            "note": note("要求", required=False, placeholder="例：请于今日内处理"),
        },
        change=_dispatch,
        sentence="派办给 {organisation}",
        primary=True,
        undo="recall",
    ),
    Transition(
        action="assign_grid",
        label="交网格处理",
        source=frozenset({Status.REPORTED, Status.ACCEPTED}),
        target=Status.DISPATCHED,
        allowed=may_dispatch,
        ready=lambda issue: issue.grid_id is not None,
        inputs={"note": note("要求", required=False)},
        sets={"holder": Holder.GRID},
        clears="organisation",
        sentence="交网格处理",
        undo="recall",
    ),
    Transition(
        action="take",
        label="自行处理",
        source=frozenset({Status.REPORTED, Status.ACCEPTED}),
        target=Status.HANDLING,
        allowed=is_keeper,
        inputs=OPTIONAL_NOTE,
        change=_keep,
        sentence="自行处理",
        primary=lambda issue: issue.level == Level.GRID,  # what a grid leader does next, who sends nothing elsewhere
    ),
    Transition(
        action="start",
        label="开始处理",
        source=frozenset({Status.DISPATCHED}),
        target=Status.HANDLING,
        allowed=is_holder,
        ready=lambda issue: not (issue.is_part and issue.division == Division.WHISTLE),  # these report in (报到)
        sentence="开始处理",
    ),
    Transition(
        action="answer",
        label="反馈办理结果",
        source=frozenset({Status.DISPATCHED, Status.HANDLING}),
        target=Status.ANSWERED,
        allowed=may_answer,
        inputs={"note": note("办理结果", required=True, placeholder="做了什么，结果如何")},
        change=_answered,
        sentence="反馈办理结果",
        primary=True,
    ),
    Transition(
        action="return",
        label="退回派办方",
        source=frozenset({Status.DISPATCHED, Status.HANDLING}),
        target=Status.ACCEPTED,
        allowed=is_holder,
        inputs=REASON,
        change=_keep,
        sentence="退回",
        hint="退回后由派办方重新安排。",
    ),
    Transition(
        action="recall",
        label="撤回派办",
        source=frozenset({Status.DISPATCHED, Status.HANDLING}),
        target=Status.ACCEPTED,
        allowed=may_dispatch,
        ready=lambda issue: issue.status == Status.DISPATCHED or issue.holder != issue.level,
        inputs=OPTIONAL_NOTE,
        change=_keep,
        sentence="撤回派办",
    ),
    Transition(
        action="redirect",
        label="改派",
        source=frozenset({Status.DISPATCHED, Status.HANDLING}),
        target=Status.DISPATCHED,
        allowed=may_dispatch,
        ready=lambda issue: issue.holder == Holder.ORGANISATION,
        inputs={"organisation": organisation, "note": note("原因和要求", required=True)},
        change=_dispatch,
        sentence="改派给 {organisation}",
        folded=True,
        hint="从现在的单位转给另一个单位，期限不变。",
        undo="recall",
    ),
    Transition(
        action="verify",
        label="核查通过",
        source=frozenset({Status.ANSWERED}),
        target=Status.VERIFIED,
        allowed=is_verifier,
        inputs=OPTIONAL_NOTE,
        sentence="核查通过",
        folded=True,
    ),
    Transition(
        action="close",
        label="核查办结",
        source=frozenset({Status.ANSWERED, Status.VERIFIED}),
        target=Status.CLOSED,
        allowed=is_verifier,
        inputs=OPTIONAL_NOTE,
        change=_close,
        sentence="核查办结",
        primary=True,
        undo="reopen",
    ),
    Transition(
        action="redo",
        label="核查不通过，退回重办",
        source=frozenset({Status.ANSWERED, Status.VERIFIED}),
        target=Status.HANDLING,
        allowed=is_verifier,
        inputs=REASON,
        change=_redo,
        sentence="退回重办（核查不通过）",
    ),
    Transition(
        action="escalate",
        label="升级到上一级",
        source=frozenset({Status.REPORTED, Status.ACCEPTED}),
        target=Status.REPORTED,
        allowed=is_keeper,
        ready=lambda issue: issue.level != Level.DISTRICT,
        inputs=REASON,
        change=_escalate,
        sentence="升级到{level}",
        hint="本级解决不了的，升级由上一级协调，须说明原因。",
    ),
    Transition(
        action="send_down",
        label="退回下一级",
        source=frozenset({Status.REPORTED, Status.ACCEPTED}),
        target=Status.ACCEPTED,
        allowed=is_keeper,
        ready=lambda issue: LEVELS.index(issue.level) > LEVELS.index(lowest_level(issue)),
        inputs=REASON,
        change=_send_down,
        sentence="退回{level}办理",
        folded=True,
    ),
    Transition(
        action="void",
        label="作废",
        source=frozenset({Status.REPORTED, Status.ACCEPTED}),
        target=Status.VOID,
        allowed=may_void,
        inputs=REASON,
        sets={"holder": Holder.NOBODY},
        sentence="作废",
        folded=True,
        grave=True,
        hint="作废后不再办理，也不计入统计。",
    ),
    Transition(
        action="reopen",
        label="重开",
        source=frozenset({Status.CLOSED}),
        target=Status.ACCEPTED,
        allowed=may_void,
        inputs=REASON,
        change=reopen,
        sentence="重开",
        primary=lambda issue: issue.is_complained_of,
    ),
)
