"""督办: an issue that stays overdue climbs by itself, and a level above asks for an answer in writing.

A sweep (``grids.supervision.services``) takes the automatic steps when ``Issue.climb_at`` has
come: the issue goes up one level, with a 督办单 to whoever had it in hand; in the district,
which is the top, there is only the letter. What is being worked on stays where it is; what
nobody has begun goes to the new level. The reply ends the letter; a promised date puts the
next climb off until it has passed.
"""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from grids.categories.models import LEVELS, Level
from grids.issues.models import OPEN, Holder, Issue, IssueEvent, Status
from grids.issues.rights import is_holder, levels_held, verifying_level
from grids.issues.telling import audience_of, tell_level
from grids.issues.workflow import WORKFLOW, IssueConsequence
from grids.supervision.models import UNANSWERED, Supervision
from grids.supervision.parameters import CLIMB_GRACE, SUPERVISION_REPLY
from suzhou_portal.accounts.roles import Verb
from suzhou_portal.lib.cases.inputs import REASON, note
from suzhou_portal.lib.cases.telling import tell
from suzhou_portal.lib.cases.workflow import Transition
from suzhou_portal.lib.registers.days import DayInput
from suzhou_portal.lib.time import moments
from suzhou_portal.notices.models import Kind
from suzhou_portal.rules.calendars import calendar
from suzhou_portal.rules.numbers import next_number
from suzhou_portal.rules.parameters import parameter

SERIES = "DB"
WAITING = frozenset({Status.REPORTED, Status.ACCEPTED})
ANSWERED = frozenset({Status.ANSWERED, Status.VERIFIED})
# The closing of its issue, which others have checked, settles a letter. It outlives a merge or a voiding: the reply is
# still due, or the letter to be withdrawn; otherwise those whom it asks could make it go away.
ANSWERABLE = frozenset(Status)
FARTHEST_PROMISE = timedelta(days=365)


def next_climb(moment: datetime) -> datetime:
    """When an issue that is overdue since ``moment`` climbs: after the grace, in office hours."""
    return calendar().add_working_time(moment, timedelta(hours=parameter(CLIMB_GRACE)))


def is_ripe(issue: Issue, now: datetime | None = None) -> bool:
    """The time has come to climb."""
    return issue.climb_at is not None and issue.climb_at <= (now or moments.now())


def top_level(issue: Issue, user: Any) -> str:
    """The highest level at which ``user`` answers for ``issue``; "" for none."""
    held = levels_held(user.scope_for(Verb.ISSUES_KEEP), issue)
    return max(held, key=LEVELS.index, default="")


def may_supervise(issue: Issue, user: Any) -> bool:
    """A level above the one that has the issue in hand, the district always."""
    own = top_level(issue, user)
    if not own or own == Level.GRID:
        return False
    holder = issue.holder if issue.holder in LEVELS else issue.level
    above = LEVELS.index(own) > LEVELS.index(holder)
    return above or own == Level.DISTRICT or (issue.holder == Holder.ORGANISATION and own == issue.level)


def may_reply(issue: Issue, user: Any) -> bool:
    """Whoever has the issue in hand, and the levels below the one that asks."""
    own = top_level(issue, user)
    if own:
        return LEVELS.index(own) < LEVELS.index(issue.supervised_level)
    return is_holder(issue, user)


def may_withdraw(issue: Issue, user: Any) -> bool:
    """The level that asks, and those above."""
    own = top_level(issue, user)
    return bool(own) and LEVELS.index(own) >= LEVELS.index(issue.supervised_level)


# --- inputs ---------------------------------------------------------------------------


class PromiseField(forms.DateField):
    """A day from today on, within a year."""

    def clean(self, value: Any) -> date | None:
        """See Django. Raises ``ValidationError``."""
        day: date | None = super().clean(value)
        today = timezone.localdate()
        if day is not None and not today <= day <= today + FARTHEST_PROMISE:
            raise ValidationError("承诺的日期须在今天以后、一年以内。")
        return day


def _promise(issue: Issue, user: Any) -> forms.Field:
    return PromiseField(
        label="承诺办结日期",
        required=False,
        widget=DayInput(),
        error_messages={"invalid": "请按 2026-11-22 的样子填写日期。"},
        help_text="写明的，到这一天之后才会再升级。",
    )


# --- changes --------------------------------------------------------------------------


def _climb(issue: Issue, user: Any, inputs: dict[str, Any]) -> None:
    now, was = moments.now(), issue.level
    _address(issue, inputs)
    if issue.level != Level.DISTRICT:
        issue.level = LEVELS[LEVELS.index(issue.level) + 1]
        issue.escalated_at = now
        if issue.status in WAITING:
            issue.holder, issue.organisation = issue.level, None
        elif issue.status in ANSWERED:
            issue.holder = verifying_level(issue)
    inputs["level"] = issue.level
    issue.supervised_level = issue.level
    top = was == Level.DISTRICT or issue.holder == Holder.DISTRICT
    issue.climb_at = None if top else next_climb(now)


def _address(issue: Issue, inputs: dict[str, Any]) -> None:
    """Remember who had the issue in hand, before it goes on; parts: the level that coordinates them."""
    inputs["addressee"] = issue.level if issue.holder == Holder.PARTS else issue.holder
    inputs["addressed"] = issue.organisation if issue.holder == Holder.ORGANISATION else None


def _supervise(issue: Issue, user: Any, inputs: dict[str, Any]) -> None:
    _address(issue, inputs)
    inputs["level"] = issue.supervised_level = max(
        top_level(issue, user), issue.supervised_level or Level.GRID, key=LEVELS.index
    )


def _reply(issue: Issue, user: Any, inputs: dict[str, Any]) -> None:
    issue.supervised_level = ""
    if inputs["promised_on"] and issue.climb_at is not None:
        end = timezone.make_aware(datetime.combine(inputs["promised_on"], time.max))
        issue.climb_at = max(next_climb(end), issue.climb_at)
    elif issue.climb_at is not None:
        issue.climb_at = max(next_climb(moments.now()), issue.climb_at)


def _withdrawn(issue: Issue, user: Any, inputs: dict[str, Any]) -> None:
    issue.supervised_level = ""


# --- effects --------------------------------------------------------------------------


def draft_letter(issue: Issue, user: Any, inputs: dict[str, Any], now: datetime) -> Supervision:
    """The unsaved 督办单 of a step taken at ``now``, without its number."""
    return Supervision(
        issue=issue,
        level=inputs["level"],
        addressee=inputs["addressee"],
        organisation=inputs["addressed"],
        reason=inputs.get("note") or _why(issue, now),
        demand=inputs.get("demand", ""),
        issued_at=now,
        issued_by=user,
        due_at=calendar().add_working_days(now, parameter(SUPERVISION_REPLY)),
        **{name: getattr(issue, name) for name in ("street", "community", "grid")},
    )


def _issue_letter(issue: Issue, user: Any, inputs: dict[str, Any], event: IssueEvent) -> None:
    """Write the 督办单 and tell whom it asks, and the level that now answers for the issue."""
    letter = draft_letter(issue, user, inputs, event.at)
    letter.number = next_number(timezone.localdate(event.at).year, SERIES)
    letter.save(force_insert=True)
    told = {"kind": Kind.SUPERVISION, "except_user": user}
    if audience := audience_of(letter.addressee, issue, organisation=letter.organisation_id):
        limit = f"请于 {timezone.localtime(letter.due_at):%m-%d %H:%M} 前回复"
        tell(issue, f"发督办单 {letter.number}，{limit}", gathered="发督办单，请按期回复", **told, **audience)
    if user is None:
        tell_level(issue, inputs["level"], f"超期升级到{Level(inputs['level']).label}")


def _why(issue: Issue, now: datetime) -> str:
    """Why the portal writes a letter by itself."""
    due = timezone.localtime(issue.due_at)
    return f"办理期限为 {due:%Y年%-m月%-d日 %H:%M}，发单时未办结。"


def _waiting(issue: Issue) -> Any:
    return Supervision.objects.filter(UNANSWERED, issue=issue)


def _answer_letters(issue: Issue, user: Any, inputs: dict[str, Any], event: IssueEvent) -> None:
    letters = _waiting(issue)
    level = letters.order_by("-id").values_list("level", flat=True).first()
    letters.update(reply=inputs["note"], promised_on=inputs["promised_on"], replied_by=user, replied_at=event.at)
    if level:
        tell_level(issue, level, "督办单已回复", by=user)


def settle_letters(issue: Issue, letters: Iterable[Supervision], at: datetime) -> None:
    """The closing of ``issue`` in memory, for histories made up in bulk."""
    issue.supervised_level = ""
    for letter in letters:
        if letter.is_waiting:
            letter.settled_at = at


def _settle_letters(issue: Issue, user: Any, event: IssueEvent) -> None:
    """The issue is closed: nothing is asked any more, and the level that sent the letter is told."""
    level, issue.supervised_level = issue.supervised_level, ""
    Issue.objects.filter(pk=issue.pk).update(supervised_level="")
    _waiting(issue).update(settled_at=event.at)
    tell_level(issue, level, "办结，督办单随之销号", by=user)


def _withdraw_letters(issue: Issue, user: Any, inputs: dict[str, Any], event: IssueEvent) -> None:
    _waiting(issue).update(withdrawn_at=event.at)


TRANSITIONS = (
    Transition(
        action="climb",
        label="超期自动升级",
        source=OPEN,
        target=lambda issue: Status.REPORTED if issue.status in WAITING else issue.status,
        automatic=True,
        ready=lambda issue: is_ripe(issue) and issue.level != Level.DISTRICT,
        change=_climb,
        effect=_issue_letter,
        sentence="超期未办结，自动升级到{level}，并发督办单",
    ),
    Transition(
        action="press",
        label="超期自动督办",
        source=OPEN,
        target=None,
        automatic=True,
        ready=lambda issue: is_ripe(issue) and issue.level == Level.DISTRICT and issue.holder != Holder.DISTRICT,
        change=_climb,
        effect=_issue_letter,
        sentence="超期未办结，发区级督办单",
    ),
    Transition(
        action="reply",
        label="回复督办",
        source=ANSWERABLE,
        target=None,
        allowed=may_reply,
        ready=lambda issue: bool(issue.supervised_level),
        inputs={
            "note": note("回复", required=True, placeholder="原因、已采取的措施、下一步安排"),
            "promised_on": _promise,
        },
        change=_reply,
        effect=_answer_letters,
        sentence="回复督办单",
    ),
    Transition(
        action="supervise",
        label="发督办单",
        source=OPEN,
        target=None,
        allowed=may_supervise,
        inputs={"note": note("督办事由", required=True), "demand": note("督办要求", required=False)},
        undo="withdraw_letter",
        quiet=True,  # the letter tells it
        change=_supervise,
        effect=_issue_letter,
        sentence="发督办单",
        folded=True,
        hint="督办单发给现在的办理方，须书面回复。",
    ),
    Transition(
        action="withdraw_letter",
        label="撤销督办单",
        source=ANSWERABLE,
        target=None,
        allowed=may_withdraw,
        ready=lambda issue: bool(issue.supervised_level),
        inputs=REASON,
        change=_withdrawn,
        effect=_withdraw_letters,
        sentence="撤销督办单",
        folded=True,
    ),
)


class Climbs(IssueConsequence):
    """Another limit is another time to climb, and to be reminded; letters stand where their issue stands."""

    def before(self, obj: Issue) -> datetime:
        """Its limit."""
        return obj.due_at

    def drafted(self, issue: Issue) -> None:
        """When it would climb."""
        issue.climb_at = next_climb(issue.due_at)

    def moved(self, obj: Issue, action: str, before: datetime, inputs: dict[str, Any]) -> None:
        """See the class."""
        if obj.due_at != before:
            obj.climb_at, obj.told_light = next_climb(obj.due_at), ""

    def after(self, obj: Issue, transition: Transition, by: Any, event: IssueEvent, before: datetime) -> None:
        """What was closed is no longer asked about."""
        if obj.status == Status.CLOSED and obj.supervised_level:
            _settle_letters(obj, by, event)

    def relocated(self, issue: Issue, before: Any) -> None:
        """Its letters go along."""
        Supervision.objects.filter(issue=issue).update(**issue.located)


WORKFLOW.extend(*TRANSITIONS)
WORKFLOW.hang(Climbs())
