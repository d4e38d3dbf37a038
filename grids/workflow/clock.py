"""延期 and 挂账: more time, or a clock that stands still, on approval by the level above.

Whoever has the issue in hand, or keeps it, asks with a reason and a limit. The level above
decides; for an organisation the level that answers for the issue; the district for itself.
While an issue is suspended only :data:`WHILE_SUSPENDED` may be done with it.
"""

from datetime import date, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from grids.clock import clock_of, put_off, stand_still
from grids.models import ClockRequest, Issue, IssueEvent
from grids.models.categories import LEVELS, LimitUnit
from grids.models.issues import OPEN, Asked, Holder
from grids.parameters import EXTENSION_DAYS, EXTENSIONS, SUSPENSION_DAYS
from grids.rights import is_holder, is_keeper, top_level
from grids.workflow.inputs import OPTIONAL_NOTE, REASON, note
from grids.workflow.telling import tell_holder, tell_level
from suzhou_portal.lib import moments
from suzhou_portal.lib.workflow import Transition
from suzhou_portal.rules.parameters import parameter

WHILE_SUSPENDED = frozenset(
    {"resume", "resume_due", "void", "merge", "unmerge", "reply", "supervise", "withdraw_letter", "drop_part"}
)
# How many of each unit make an ordinary office day.
A_DAY = {LimitUnit.MINUTES.value: 420, LimitUnit.HOURS.value: 7, LimitUnit.DAYS.value: 1}


def may_ask(issue: Issue, user: Any) -> bool:
    """Whoever has it in hand, or keeps it."""
    return is_holder(issue, user) or is_keeper(issue, user)


def may_decide(issue: Issue, user: Any) -> bool:
    """The level that was asked, and those above."""
    own = top_level(issue, user)
    return bool(own) and LEVELS.index(own) >= LEVELS.index(issue.decider)


def deciding_level(issue: Issue, user: Any) -> str:
    """Who decides what ``user`` asks: the level above; for an organisation the level of the issue."""
    if issue.holder == Holder.ORGANISATION and not is_keeper(issue, user):
        return issue.level
    own = top_level(issue, user) or issue.level
    base = max(issue.level, own, key=LEVELS.index)
    return LEVELS[min(LEVELS.index(base) + 1, len(LEVELS) - 1)]


# --- inputs ---------------------------------------------------------------------------


def _check_amount(amount: int, unit: str) -> None:
    """Raises ``ValidationError`` for more than the district allows at once."""
    most = parameter(EXTENSION_DAYS)
    if amount > most * A_DAY[unit]:
        raise ValidationError({"amount": f"一次最多延长 {most} 个工作日。"})


def _amount(issue: Issue, user: Any) -> forms.Field:
    return forms.IntegerField(
        label="延长多久",
        min_value=1,
        max_value=9999,
        error_messages={"required": "请填写延长多久。", "min_value": "至少为 1。", "max_value": "太长了。"},
    )


def _unit(issue: Issue, user: Any) -> forms.Field:
    order = (LimitUnit.DAYS, LimitUnit.HOURS, LimitUnit.MINUTES)
    return forms.ChoiceField(label="单位", choices=[(unit.value, unit.label) for unit in order], initial=LimitUnit.DAYS)


class UntilField(forms.DateField):
    """The last day of a suspension: from today on, within the district's limit."""

    def clean(self, value: Any) -> date | None:
        """See Django. Raises ``ValidationError``."""
        day: date | None = super().clean(value)
        today, most = timezone.localdate(), parameter(SUSPENSION_DAYS)
        if day is not None and not today <= day <= today + timedelta(days=most):
            raise ValidationError(f"须在今天以后、{most} 天以内。")
        return day


def _until(issue: Issue, user: Any) -> forms.Field:
    return UntilField(
        label="挂账至",
        widget=forms.DateInput(attrs={"type": "date"}),
        error_messages={"required": "请填写挂账到哪一天。", "invalid": "请按 2026-11-22 的样子填写日期。"},
        help_text="到期自动恢复计时。",
    )


# --- asking ---------------------------------------------------------------------------


def _ask(kind: Asked) -> Any:
    def change(issue: Issue, user: Any, inputs: dict[str, Any]) -> None:
        if kind == Asked.EXTENSION:
            _check_amount(inputs["amount"], inputs["unit"])
        issue.asked, issue.decider = kind, deciding_level(issue, user)

    return change


def _write_request(issue: Issue, user: Any, inputs: dict[str, Any], event: IssueEvent) -> None:
    request = ClockRequest.objects.create(
        issue=issue,
        kind=issue.asked,
        reason=inputs["note"],
        amount=inputs.get("amount"),
        unit=inputs.get("unit", ""),
        until=inputs.get("until"),
        level=issue.decider,
        asked_by=user,
        asked_at=event.at,
    )
    tell_level(issue, issue.decider, f"申请{request.wish}，请审批", by=user)


def _nothing_asked(issue: Issue, user: Any, inputs: dict[str, Any]) -> None:
    issue.asked = issue.decider = ""


# --- deciding -------------------------------------------------------------------------


def pending(issue: Issue) -> ClockRequest:
    """The request that waits for its decision."""
    return ClockRequest.objects.get(issue=issue, decided_at=None)


def _grant(issue: Issue, user: Any, inputs: dict[str, Any]) -> None:
    request, now = pending(issue), moments.now()
    issue.asked = issue.decider = ""
    if request.is_extension:
        put_off(issue, request.amount or 0, request.unit)
        issue.extension_count += 1
        return
    if request.ends <= now:
        raise ValidationError("申请的挂账日期已过，请退回重新申请。")
    clock = clock_of(issue)
    inputs["clock_before"] = {name: moment and moment.isoformat() for name, moment in clock.items()}
    inputs["stopped_at"] = issue.suspended_at = now
    issue.suspended_until = request.ends
    stand_still(issue, clock, now, request.ends)


def _decided(granted: bool) -> Any:
    def effect(issue: Issue, user: Any, inputs: dict[str, Any], event: IssueEvent) -> None:
        request = pending(issue)
        request.decided_by, request.granted = user, granted
        request.decided_at = inputs.get("stopped_at", event.at)
        request.answer, request.clock_before = inputs.get("note", ""), inputs.get("clock_before")
        request.save()
        tell_holder(issue, user, f"{'同意' if granted else '不同意'}{request.wish}")

    return effect


def _withdrawn(issue: Issue, user: Any, inputs: dict[str, Any], event: IssueEvent) -> None:
    request = pending(issue)
    request.decided_by, request.decided_at, request.answer = user, event.at, "申请人撤回"
    request.save()


# --- going on -------------------------------------------------------------------------


def _resume(issue: Issue, user: Any, inputs: dict[str, Any]) -> None:
    """Earlier than planned: the times are those before, moved by the time it really stood still."""
    request = _running(issue)
    now = moments.now()
    inputs["resumed_at"] = now
    clock = {name: text and parse_datetime(text) for name, text in request.clock_before.items()}
    stand_still(issue, clock, request.decided_at, now)
    _go_on(issue, user, inputs)


def _running(issue: Issue) -> Any:
    return ClockRequest.objects.filter(issue=issue, kind=Asked.SUSPENSION, granted=True).latest("decided_at")


def _go_on(issue: Issue, user: Any, inputs: dict[str, Any]) -> None:
    issue.suspended_at = issue.suspended_until = None


def _resumed(issue: Issue, user: Any, inputs: dict[str, Any], event: IssueEvent) -> None:
    request = _running(issue)
    request.resumed_at = min(inputs.get("resumed_at", event.at), request.ends)
    request.save()


TRANSITIONS = (
    Transition(
        action="grant",
        label="同意申请",
        source=OPEN,
        target=None,
        allowed=may_decide,
        ready=lambda issue: bool(issue.asked),
        inputs=OPTIONAL_NOTE,
        change=_grant,
        effect=_decided(granted=True),
        sentence="同意申请",
        primary=True,
    ),
    Transition(
        action="refuse",
        label="不同意申请",
        source=OPEN,
        target=None,
        allowed=may_decide,
        ready=lambda issue: bool(issue.asked),
        inputs=REASON,
        change=_nothing_asked,
        effect=_decided(granted=False),
        sentence="不同意申请",
    ),
    Transition(
        action="withdraw_request",
        label="撤回申请",
        source=OPEN,
        target=None,
        allowed=may_ask,
        ready=lambda issue: bool(issue.asked),
        change=_nothing_asked,
        effect=_withdrawn,
        sentence="撤回申请",
        folded=True,
    ),
    Transition(
        action="ask_extension",
        label="申请延期",
        source=OPEN,
        target=None,
        allowed=may_ask,
        ready=lambda issue: not issue.asked and issue.extension_count < parameter(EXTENSIONS),
        inputs={"amount": _amount, "unit": _unit, "note": note("理由", required=True)},
        change=_ask(Asked.EXTENSION),
        effect=_write_request,
        sentence="申请延期",
        folded=True,
    ),
    Transition(
        action="ask_suspension",
        label="申请挂账",
        source=OPEN,
        target=None,
        allowed=may_ask,
        ready=lambda issue: not issue.asked,
        inputs={"until": _until, "note": note("理由", required=True)},
        change=_ask(Asked.SUSPENSION),
        effect=_write_request,
        sentence="申请挂账",
        folded=True,
        hint="一时办不了的（如须等季节、等资金），经批准停止计时。",
    ),
    Transition(
        action="resume",
        label="恢复办理",
        source=OPEN,
        target=None,
        allowed=is_keeper,
        ready=lambda issue: issue.suspended_at is not None,
        inputs=OPTIONAL_NOTE,
        change=_resume,
        effect=_resumed,
        sentence="恢复办理，继续计时",
        primary=True,
    ),
    Transition(
        action="resume_due",
        label="挂账到期",
        source=OPEN,
        target=None,
        automatic=True,
        ready=lambda issue: issue.suspended_until is not None and issue.suspended_until <= moments.now(),
        change=_go_on,
        effect=_resumed,
        sentence="挂账到期，恢复计时",
    ),
)
