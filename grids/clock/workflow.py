"""延期 and 挂账: the clock is put off or stopped, on approval by the level above.

Whoever has the issue in hand, or answers for it, asks with a reason and a limit; the level
above decides: above the level that asks, and never below the issue's own. An organisation is
decided on by the level that answers for the issue; the district, above which there is nobody,
decides for itself. While an issue is suspended nothing is done with it but resuming it
(by hand, or by the portal when the day has come), voiding and merging.
"""

from datetime import date, datetime, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from grids.categories.models import LEVELS, LimitUnit
from grids.clock.models import ClockRequest
from grids.clock.parameters import EXTENSION_LONGEST, EXTENSIONS_MOST, SUSPENSION_LONGEST
from grids.clock.reckoning import reckoned_times
from grids.issues import clock
from grids.issues.columns import RequestKind
from grids.issues.models import OPEN, Holder, Issue, IssueEvent, Status
from grids.issues.rights import is_holder, is_keeper, levels_held
from grids.issues.telling import tell_level, tell_side
from grids.issues.workflow import WORKFLOW, IssueConsequence
from suzhou_portal.accounts.roles import Verb
from suzhou_portal.lib.cases.inputs import OPTIONAL_NOTE, REASON, note
from suzhou_portal.lib.cases.workflow import Transition
from suzhou_portal.lib.registers.days import DayInput
from suzhou_portal.lib.rows.records import ActionNotPossible
from suzhou_portal.lib.time import moments
from suzhou_portal.lib.time.worktime import Limit, Unit
from suzhou_portal.notices.models import Kind
from suzhou_portal.rules.calendars import calendar
from suzhou_portal.rules.parameters import parameter

# What may still happen to a suspended issue, besides the portal's own reckoning. A letter of
# supervision wants its answer whatever the clock does.
WHILE_SUSPENDED = frozenset(
    {"resume", "resume_due", "reclock", "void", "drop_part", "merge", "unmerge", "reply", "withdraw_letter"}
)
# Steps on the pending request: shown beside it.
ON_REQUEST = frozenset({"grant", "refuse", "withdraw_request"})


# --- rights -----------------------------------------------------------------------------


def own_level(issue: Issue, user: Any) -> str:
    """The highest level at which ``user`` answers for ``issue``; "" for none."""
    return max(levels_held(user.scope_for(Verb.ISSUES_KEEP), issue), key=LEVELS.index, default="")


def deciding_level(issue: Issue, user: Any) -> str:
    """The level that decides on a request by ``user``."""
    own = own_level(issue, user)
    if not own:
        return issue.level
    above = LEVELS[min(LEVELS.index(own) + 1, len(LEVELS) - 1)]
    return max(above, issue.level, key=LEVELS.index)


def may_ask(issue: Issue, user: Any) -> bool:
    """Who has the issue in hand, and who answers for it."""
    return is_holder(issue, user) or is_keeper(issue, user)


def may_decide(issue: Issue, user: Any) -> bool:
    """The people of the deciding level, and those above."""
    return issue.asked_level in levels_held(user.scope_for(Verb.ISSUES_KEEP), issue)


def may_withdraw(issue: Issue, user: Any) -> bool:
    """The side that asked: those who may ask and do not decide."""
    return may_ask(issue, user) and not may_decide(issue, user)


# --- inputs -----------------------------------------------------------------------------


def _amount(issue: Issue, user: Any) -> forms.Field:
    return forms.IntegerField(
        label="延长",
        min_value=1,
        max_value=9999,
        error_messages={"required": "请填写延长多少。", "invalid": "请填写整数。"},
        help_text=f"最多 {parameter(EXTENSION_LONGEST)} 个工作日。",
    )


def _unit(issue: Issue, user: Any) -> forms.Field:
    choices = [(unit.value, unit.label) for unit in (LimitUnit.DAYS, LimitUnit.HOURS, LimitUnit.MINUTES)]
    return forms.ChoiceField(label="单位", choices=choices, error_messages={"required": "请选择单位。"})


class UntilField(forms.DateField):
    """The day on which work goes on: from tomorrow on, within the longest suspension."""

    def clean(self, value: Any) -> date | None:
        """See Django. Raises ``ValidationError``."""
        day: date | None = super().clean(value)
        today, longest = timezone.localdate(), parameter(SUSPENSION_LONGEST)
        if day is not None and not today < day <= today + timedelta(days=longest):
            raise ValidationError(f"恢复办理的日期须在明天以后、{longest} 天以内。")
        return day


def _until(issue: Issue, user: Any) -> forms.Field:
    return UntilField(
        label="恢复办理日期",
        widget=DayInput(),
        error_messages={"required": "请填写恢复办理的日期。", "invalid": "请按 2026-11-22 的样子填写日期。"},
        help_text="到这一天零时起恢复计时，可以提前恢复。",
    )


def _within_longest(limit: Limit) -> None:
    """Raises ``ValidationError`` for more than the longest extension."""
    longest = parameter(EXTENSION_LONGEST)
    most = longest * calendar().day_length(timezone.localdate())
    if limit.amount > longest if limit.unit == Unit.DAYS else limit.time > most:
        raise ValidationError({"amount": f"最多延长 {longest} 个工作日。"})


# --- asking -----------------------------------------------------------------------------


def _ask(kind: RequestKind) -> Any:
    def change(issue: Issue, user: Any, inputs: dict[str, Any]) -> None:
        if kind == RequestKind.EXTENSION:
            _within_longest(Limit(inputs["amount"], inputs["unit"]))
        issue.asked_kind, issue.asked_level = kind, deciding_level(issue, user)
        inputs["request"] = request = draft_request(issue, user, kind, inputs)
        inputs["note"] = f"{request.terms}。{request.reason}"

    return change


def draft_request(issue: Issue, user: Any, kind: RequestKind, inputs: dict[str, Any]) -> ClockRequest:
    """The unsaved request that ``user`` makes now."""
    own = own_level(issue, user)
    holds = issue.holder == Holder.ORGANISATION and not own
    return ClockRequest(
        issue=issue,
        kind=kind,
        reason=inputs["note"],
        amount=inputs.get("amount"),
        unit=inputs.get("unit") or "",
        until=inputs.get("until"),
        asker=Holder.ORGANISATION if holds else own,
        organisation=issue.organisation if holds else None,
        requested_by=user,
        requested_at=moments.now(),
        level=issue.asked_level,
    )


def _send(issue: Issue, user: Any, inputs: dict[str, Any], event: IssueEvent) -> None:
    request: ClockRequest = inputs["request"]
    request.issue = issue
    request.save(force_insert=True)
    tell_level(issue, request.level, f"申请{request.words}，请审批", by=user, kind=Kind.ASSIGNED)


# --- deciding ---------------------------------------------------------------------------


def pending(issue: Issue) -> ClockRequest | None:
    """The request that waits for its decision; one query, and none where there is none."""
    if not issue.asked_level:
        return None
    rows = ClockRequest.objects.select_related("organisation", "requested_by")
    return rows.filter(issue=issue.pk, decision="").first()


def _decided(issue: Issue, inputs: dict[str, Any]) -> ClockRequest:
    """The pending request (made-up histories bring it along), to be decided now."""
    request = inputs.get("request") or pending(issue)
    if request is None:
        raise ActionNotPossible(issue)
    inputs["request"], inputs["at"] = request, moments.now()
    inputs["opinion"] = inputs.get("note", "")
    return request


def _grant(issue: Issue, user: Any, inputs: dict[str, Any]) -> None:
    request = _decided(issue, inputs)
    if request.kind == RequestKind.EXTENSION:
        clock.extend(issue, request.limit)
        words = f"办理期限延至 {timezone.localtime(issue.due_at):%m-%d %H:%M}"
    else:
        until = clock.day_begins(request.until)
        if until <= inputs["at"]:
            raise ValidationError("申请的恢复日期已过，不能再同意。")
        clock.suspend(issue, inputs["at"], until)
        words = request.words
    issue.asked_kind = issue.asked_level = ""
    inputs["note"] = "；".join(filter(None, [words, inputs["opinion"]]))


def _dismiss(issue: Issue, user: Any, inputs: dict[str, Any]) -> None:
    _decided(issue, inputs)
    issue.asked_kind = issue.asked_level = ""


def _decide(decision: ClockRequest.Decision) -> Any:
    def effect(issue: Issue, user: Any, inputs: dict[str, Any], event: IssueEvent) -> None:
        request: ClockRequest = inputs["request"]
        settle(request, decision, inputs["at"], by=user, note=inputs["opinion"])
        request.save()
        side = (request.asker, request.organisation_id)
        if side != (issue.holder, issue.organisation_id if issue.holder == Holder.ORGANISATION else None):
            tell_side(issue, *side, f"{request.get_decision_display()}：{request.words}", by=user)

    return effect


def settle(
    request: ClockRequest, decision: ClockRequest.Decision, at: datetime, *, by: Any = None, note: str = ""
) -> None:
    """Set in memory what became of ``request``."""
    request.decision, request.decided_at, request.decided_by, request.note = decision, at, by, note


def lapse(issue: Issue, at: datetime) -> None:
    """The pending request of ``issue`` has lapsed: whoever asked no longer has it."""
    ClockRequest.objects.filter(issue=issue, decision="").update(decision=ClockRequest.Decision.LAPSED, decided_at=at)


# --- resuming ---------------------------------------------------------------------------


def _resume(issue: Issue, user: Any, inputs: dict[str, Any]) -> None:
    inputs["at"] = clock.resume(issue, moments.now())


def _resumed(issue: Issue, user: Any, inputs: dict[str, Any], event: IssueEvent) -> None:
    end_suspension(issue, inputs["at"])


def end_suspension(issue: Issue, at: datetime) -> None:
    """Note on the granted request when the suspension of ``issue`` really ended."""
    granted = ClockRequest.objects.filter(
        issue=issue, kind=RequestKind.SUSPENSION, decision=ClockRequest.Decision.GRANTED, ended_at=None
    )
    granted.update(ended_at=at)


def is_over(issue: Issue) -> bool:
    """The day on which work goes on has come."""
    return issue.suspended_until is not None and issue.suspended_until <= moments.now()


# --- the calendar has changed -------------------------------------------------------------


def _reclock(issue: Issue, user: Any, inputs: dict[str, Any]) -> None:
    was, times = issue.due_at, reckoned_times([issue])[issue.pk]
    if times == clock.Times.of(issue):
        raise ActionNotPossible(issue)  # another worker was quicker
    clock.set_times(issue, times)
    if was != times.due_at:
        days = [f"{timezone.localtime(moment):%m-%d %H:%M}" for moment in (was, times.due_at)]
        inputs["note"] = f"办理期限由 {days[0]} 改为 {days[1]}"


TRANSITIONS = (
    Transition(
        action="ask_extension",
        label="申请延期",
        source=clock.ASKABLE,
        target=None,
        allowed=may_ask,
        ready=lambda issue: (
            not issue.asked_level and issue.due_at > moments.now() and issue.extensions < parameter(EXTENSIONS_MOST)
        ),
        inputs={"amount": _amount, "unit": _unit, "note": note("原因", required=True)},
        change=_ask(RequestKind.EXTENSION),
        effect=_send,
        sentence="申请延期",
        folded=True,
        hint="到期前申请，由上一级审批；同意后期限顺延。",
    ),
    Transition(
        action="ask_suspension",
        label="申请挂账",
        source=clock.ASKABLE,
        target=None,
        allowed=may_ask,
        ready=lambda issue: not issue.asked_level and issue.holder != Holder.PARTS,
        inputs={"until": _until, "note": note("原因", required=True, placeholder="例：须待停暖后施工")},
        change=_ask(RequestKind.SUSPENSION),
        effect=_send,
        sentence="申请挂账",
        folded=True,
        hint="暂时办不了的，由上一级审批；挂账期间停止计时，剩余时限保留。",
    ),
    Transition(
        action="grant",
        label="同意",
        source=clock.ASKABLE,
        target=None,
        allowed=may_decide,
        ready=lambda issue: bool(issue.asked_level),
        inputs={"note": note("意见", required=False)},
        change=_grant,
        effect=_decide(ClockRequest.Decision.GRANTED),
        sentence="同意申请",
        primary=True,
    ),
    Transition(
        action="refuse",
        label="不同意",
        source=clock.ASKABLE,
        target=None,
        allowed=may_decide,
        ready=lambda issue: bool(issue.asked_level),
        inputs=REASON,
        change=_dismiss,
        effect=_decide(ClockRequest.Decision.REFUSED),
        sentence="不同意申请",
    ),
    Transition(
        action="withdraw_request",
        label="撤回申请",
        source=clock.ASKABLE,
        target=None,
        allowed=may_withdraw,
        ready=lambda issue: bool(issue.asked_level),
        change=_dismiss,
        effect=_decide(ClockRequest.Decision.WITHDRAWN),
        sentence="撤回申请",
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
        sentence="恢复办理",
        primary=True,
        hint="从现在起恢复计时。",
    ),
    Transition(
        action="resume_due",
        label="挂账到期恢复",
        source=OPEN,
        target=None,
        automatic=True,
        ready=is_over,
        change=_resume,
        effect=_resumed,
        sentence="挂账到期，恢复办理",
    ),
    Transition(
        action="reclock",
        label="期限重算",
        source=OPEN,
        target=None,
        automatic=True,
        quiet=True,
        change=_reclock,
        sentence="工作日历调整，期限重算",
    ),
)


class Requested(IssueConsequence):
    """A suspended issue rests; requests end with what they were about."""

    def blocks(self, transition: Transition, obj: Issue) -> bool:
        """While it is suspended."""
        return obj.suspended_at is not None and transition.action not in WHILE_SUSPENDED

    def before(self, obj: Issue) -> tuple[bool, bool]:
        """Whether a request was pending, whether it was suspended."""
        return bool(obj.asked_level), obj.suspended_at is not None

    def after(self, obj: Issue, transition: Transition, by: Any, event: IssueEvent, before: tuple[bool, bool]) -> None:
        """Note that a request has lapsed, that a suspension is over."""
        asked, suspended = before
        if asked and not obj.asked_level and transition.action not in ON_REQUEST:
            lapse(obj, event.at)
        if suspended and not obj.is_open and obj.status != Status.MERGED:
            end_suspension(obj, event.at)


WORKFLOW.extend(*TRANSITIONS)
WORKFLOW.hang(Requested())
