"""吹哨报到 and 拆分: an issue divided into part-issues, each with its own holder, answer and clock.

The street "whistles" for several organisations at once; whoever keeps an issue that is several matters takes it apart.
Parts are issues themselves (``Issue.parent``): they have a number of their own (``SZ-2026-000123-1``), a desk, a
timeline. While parts are open, the whole waits (``Holder.PARTS``); it goes on when all called organisations have
answered, and is closed when all split parts have ended.

Whoever changes a part holds the lock of the whole first (``IssueWorkflow.locked``), so two answers at once cannot both
overlook the other.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils import timezone

from grids.categories.models import LEVELS, Level
from grids.issues import clock
from grids.issues.inputs import organisations_for
from grids.issues.models import ENDED, Division, Holder, Issue, IssueEvent, Status
from grids.issues.reach import OrganisationsChoice
from grids.issues.rights import is_keeper, levels_held, verifying_level
from grids.issues.telling import tell_holder
from grids.issues.workflow import WORKFLOW, IssueConsequence
from streets.organisations.models import Organisation
from suzhou_portal.accounts.roles import Verb
from suzhou_portal.audit import trail
from suzhou_portal.audit.describing import name_actions
from suzhou_portal.lib.cases.inputs import REASON, note
from suzhou_portal.lib.cases.workflow import Transition
from suzhou_portal.lib.time import moments

MOST_PARTS, LONGEST_KEY = 9, 18  # digits of a key: more may be no 64-bit number
NEW = frozenset({Status.REPORTED, Status.ACCEPTED})
# A called organisation is done when it has answered; a split part when it has ended.
ANSWERED = frozenset({Status.ANSWERED, Status.VERIFIED, *ENDED})
# What nobody may do with a whole while its parts are open: those who have the parts do it.
BLOCKED = frozenset({"answer", "recall", "redirect", "return"})


def is_done(part: Issue) -> bool:
    """The whole need not wait for ``part`` (any longer)."""
    return part.status in (ANSWERED if part.division == Division.WHISTLE else ENDED)


def is_called(issue: Issue) -> bool:
    """A part with which an organisation was called in by whistle."""
    return issue.is_part and issue.division == Division.WHISTLE


def may_whistle(issue: Issue, user: Any) -> bool:
    """The street calls (吹哨), or the district in its place."""
    return is_keeper(issue, user) and Level.STREET in levels_held(user.scope_for(Verb.ISSUES_KEEP), issue)


# --- inputs ---------------------------------------------------------------------------


def _organisations(issue: Issue, user: Any) -> forms.Field:
    return _Organisations(
        label="召集单位",
        queryset=organisations_for(issue, user),
        user=user,
        error_messages={"required": "请选择召集的单位。", "invalid_choice": "没有这个单位，请重新选择。"},
        help_text="可选多个，每个单位各办各的、各自反馈。",
    )


class _Organisations(OrganisationsChoice):
    """One to nine organisations."""

    def clean(self, value: Any) -> Any:
        """See Django. Raises ``ValidationError`` for too many, and for keys that no database holds."""
        if isinstance(value, (list, tuple)) and any(len(str(key)) > LONGEST_KEY for key in value):
            raise ValidationError(self.error_messages["invalid_choice"], code="invalid_choice")
        found = super().clean(value)
        if len(found) > MOST_PARTS:
            raise ValidationError(f"一次最多召集 {MOST_PARTS} 个单位。")
        return found


def _days(issue: Issue, user: Any) -> forms.Field:
    return forms.IntegerField(
        label="几个工作日内反馈",
        required=False,
        min_value=1,
        max_value=60,
        validators=[MinValueValidator(1), MaxValueValidator(60)],
        help_text="留空则按本件的办理期限。",
    )


class PartLines(forms.CharField):
    """Several matters, one a line."""

    widget = forms.Textarea(attrs={"rows": 4, "placeholder": "例：\n3号楼前路灯不亮\n3号楼东侧堆放杂物"})

    def clean(self, value: Any) -> list[str]:
        """The lines; two to nine, none too long. Raises ``ValidationError``."""
        text = super().clean(value)
        lines = [line.strip() for line in str(text).splitlines() if line.strip()]
        if not 2 <= len(lines) <= MOST_PARTS:
            raise ValidationError(f"请写 2 至 {MOST_PARTS} 件，每行一件。")
        if any(len(line) > 500 for line in lines):
            raise ValidationError("每件最多写 500 字。")
        return lines


def _lines(issue: Issue, user: Any) -> forms.Field:
    return PartLines(label="拆成哪几件", max_length=5000, error_messages={"required": "请写明拆成哪几件。"})


# --- the whole ------------------------------------------------------------------------


def _divide(division: Division) -> Any:
    def change(issue: Issue, user: Any, inputs: dict[str, Any]) -> None:
        count = len(inputs["organisations"] if division == Division.WHISTLE else inputs["parts"])
        issue.holder, issue.organisation = Holder.PARTS, None
        issue.division, issue.open_parts = division, issue.open_parts + count

    return change


def _rejoin(issue: Issue, user: Any, inputs: dict[str, Any]) -> None:
    issue.holder, issue.open_parts = issue.level, 0


def _answered(issue: Issue, user: Any, inputs: dict[str, Any]) -> None:
    issue.holder = verifying_level(issue)


def _closed(issue: Issue, user: Any, inputs: dict[str, Any]) -> None:
    levels = Issue.objects.filter(parent=issue, status=Status.CLOSED).values_list("closed_level", flat=True)
    issue.holder, issue.closed_at = Holder.NOBODY, moments.now()
    issue.closed_level = max([issue.level, *levels], key=LEVELS.index)


def _again(issue: Issue, user: Any, inputs: dict[str, Any]) -> None:
    issue.holder = Holder.PARTS
    if issue.closed_at is not None:
        issue.closed_at, issue.closed_level, issue.reopened_at = None, "", moments.now()
        clock.start(issue, issue.reopened_at)


# --- making parts ---------------------------------------------------------------------


@dataclass(frozen=True)
class Part:
    """What a part begins with; ``organisation`` None: its keepers have it in hand."""

    description: str
    organisation: Organisation | None = None
    note: str = ""


def _make_parts(whole: Issue, parts: Iterable[Part], *, by: Any, days: int | None = None, renew: bool = False) -> None:
    """Store the parts of ``whole`` (locked), each with its event, audit entry, search text and notice. Their clock: of
    ``days``, or the whole's; with ``renew`` a new one where that has run out.
    """
    now, begun = moments.now(), Issue.objects.filter(parent=whole).count()
    for index, part in enumerate(parts, begun + 1):
        issue = Issue(
            parent=whole,
            division=whole.division,
            number=f"{whole.number}-{index}",
            description=part.description,
            level=whole.level,
            status=Status.DISPATCHED if part.organisation else Status.ACCEPTED,
            holder=Holder.ORGANISATION if part.organisation else whole.level,
            organisation=part.organisation,
            reporter=by,
            **{name: getattr(whole, name) for name in ("street", "community", "grid", "category", "address")},
            **{name: getattr(whole, name) for name in ("severity", "source")},
        )
        clock.start_part(issue, whole, now, days, renew=renew)
        if days and now < whole.due_at < issue.due_at:
            limit = f"{timezone.localtime(whole.due_at):%m-%d %H:%M}"
            raise ValidationError({"days": f"晚于本件的办理期限 {limit}，请缩短，或先申请延期。"})
        clock.begin_step(issue, now)
        for consequence in WORKFLOW.consequences:
            consequence.drafted(issue)
        issue.save(force_insert=True)
        event = IssueEvent.objects.create(
            issue=issue,
            actor=by,
            action="call" if part.organisation else "part",
            to_status=issue.status,
            to_level=issue.level,
            organisation=part.organisation,
            note=part.note,
        )
        for consequence in WORKFLOW.consequences:
            consequence.reported(issue, part, by)
        trail.record(f"issue.{event.action}", issue, by=by, changes=trail.diff({}, trail.snapshot(issue)))
        tell_holder(issue, by, f"吹哨，请报到：{whole.category.name}" if part.organisation else "拆分，待办")


def _call(issue: Issue, user: Any, inputs: dict[str, Any], event: IssueEvent) -> None:
    parts = [Part(issue.description, organisation, inputs["note"]) for organisation in inputs["organisations"]]
    _make_parts(issue, parts, by=user, days=inputs.get("days"), renew=True)


def _take_apart(issue: Issue, user: Any, inputs: dict[str, Any], event: IssueEvent) -> None:
    _make_parts(issue, [Part(line) for line in inputs["parts"]], by=user)


def _take_back(issue: Issue, user: Any, inputs: dict[str, Any], event: IssueEvent) -> None:
    end_parts(issue, "drop_part", inputs["note"])
    end_parts(issue, "close_part")


TRANSITIONS = (
    Transition(
        action="whistle",
        label="吹哨召集单位",
        source=NEW,
        target=Status.HANDLING,
        allowed=may_whistle,
        ready=lambda issue: not issue.is_part,
        inputs={"organisations": _organisations, "days": _days, "note": note("要求", required=True)},
        change=_divide(Division.WHISTLE),
        effect=_call,
        sentence="吹哨召集单位",
        hint="几个单位一起办的事：各单位同时收到，各自反馈，全部反馈后转核查。",
    ),
    Transition(
        action="report_in",
        label="报到",
        source=frozenset({Status.DISPATCHED}),
        target=Status.HANDLING,
        allowed=lambda issue, user: issue.organisation_id in user.scope_for(Verb.ISSUES_HANDLE).organisations,
        ready=is_called,
        sentence="报到，开始处理",
        primary=True,
    ),
    Transition(
        action="split",
        label="拆分",
        source=NEW,
        target=Status.HANDLING,
        allowed=is_keeper,
        ready=lambda issue: not issue.is_part,
        inputs={"parts": _lines},
        change=_divide(Division.SPLIT),
        effect=_take_apart,
        sentence="拆分办理",
        folded=True,
        hint="一件里有几件事的，拆开各办各的；全部办结后本件自动办结。",
    ),
    Transition(
        action="rejoin",
        label="撤回分办",
        source=frozenset({Status.HANDLING}),
        target=Status.ACCEPTED,
        allowed=is_keeper,
        ready=lambda issue: issue.holder == Holder.PARTS,
        inputs=REASON,
        change=_rejoin,
        effect=_take_back,
        sentence="撤回分办",
        folded=True,
        grave=True,
        hint="未办完的分办件一并作废，本件回到待派办。",
    ),
    Transition(
        action="parts_answered",
        label="各单位均已反馈",
        source=frozenset({Status.HANDLING}),
        target=Status.ANSWERED,
        automatic=True,
        ready=lambda issue: issue.holder == Holder.PARTS and not issue.open_parts,
        change=_answered,
        sentence="召集的单位均已反馈",
    ),
    Transition(
        action="parts_closed",
        label="分办件均已办结",
        source=frozenset({Status.HANDLING}),
        target=Status.CLOSED,
        automatic=True,
        ready=lambda issue: issue.holder == Holder.PARTS and not issue.open_parts,
        change=_closed,
        sentence="拆分的各件均已办结，本件办结",
    ),
    Transition(
        action="parts_dropped",
        label="分办件均已作废",
        source=frozenset({Status.HANDLING}),
        target=Status.ACCEPTED,
        automatic=True,
        ready=lambda issue: issue.holder == Holder.PARTS and not issue.open_parts,
        change=_rejoin,
        sentence="分办件均已作废，本件重新安排",
    ),
    Transition(
        action="parts_again",
        label="分办件退回重办",
        source=frozenset({Status.ANSWERED, Status.VERIFIED, Status.CLOSED}),
        target=Status.HANDLING,
        automatic=True,
        ready=lambda issue: bool(issue.open_parts),
        change=_again,
        sentence="有分办件重新办理",
    ),
    Transition(
        action="drop_part",
        label="随总件撤回",
        source=frozenset(set(Status) - ENDED),
        target=Status.VOID,
        automatic=True,
        ready=lambda issue: issue.is_part and not is_done(issue),
        inputs={"note": note("原因", required=False)},
        sets={"holder": Holder.NOBODY},
        sentence="总件撤回分办，本件作废",
    ),
    Transition(
        action="close_part",
        label="随总件办结",
        source=frozenset({Status.ANSWERED, Status.VERIFIED}),
        target=Status.CLOSED,
        automatic=True,
        ready=lambda issue: issue.is_part,
        change=_closed,
        sentence="随总件办结",
    ),
)


# --- what steps of one mean for the other ----------------------------------------------


def end_parts(whole: Issue, action: str, reason: str = "") -> None:
    """Take the automatic step ``action`` on each part of ``whole`` (locked) for which the table has it."""
    transition = WORKFLOW.by_action[action]
    for part in Issue.objects.filter(parent=whole).order_by("id"):
        if WORKFLOW.possible(transition, part):
            WORKFLOW.apply(part, action, by=None, inputs={"note": reason})


def roll_up(part: Issue, was_done: bool) -> None:
    """Let the whole of ``part`` follow a step of it; ``was_done`` tells how the part stood before.

    The whole is locked. Nothing happens while it has taken its parts back or has ended otherwise.
    """
    done = is_done(part)
    whole = Issue.objects.get(pk=part.parent_id)
    if done == was_done or whole.status in ENDED - {Status.CLOSED}:
        return
    if done:
        if not whole.open_parts:
            return
        whole.open_parts -= 1
    else:
        whole.open_parts += 1
    Issue.objects.filter(pk=whole.pk).update(open_parts=whole.open_parts)
    action = _step_of_whole(whole)
    if action and WORKFLOW.possible(WORKFLOW.by_action[action], whole):
        WORKFLOW.apply(whole, action, by=None)


def _step_of_whole(whole: Issue) -> str:
    """What the state of its parts means for ``whole``; "" for nothing."""
    if whole.open_parts:
        return "parts_again"
    statuses = set(Issue.objects.filter(parent=whole).values_list("status", flat=True))
    if whole.division == Division.WHISTLE:
        return "parts_answered" if statuses & {Status.ANSWERED, Status.VERIFIED, Status.CLOSED} else "parts_dropped"
    return "parts_closed" if Status.CLOSED in statuses else "parts_dropped"


class Parted(IssueConsequence):
    """A whole that waits for its parts is worked on through them, and follows them; they end with it."""

    def blocks(self, transition: Transition, obj: Issue) -> bool:
        """While its parts are open."""
        return obj.holder == Holder.PARTS and transition.action in BLOCKED

    def before(self, obj: Issue) -> bool:
        """Whether it was done as a part."""
        return obj.is_part and is_done(obj)

    def after(self, obj: Issue, transition: Transition, by: Any, event: IssueEvent, before: bool) -> None:
        """See the class."""
        if obj.is_part:
            roll_up(obj, before)
        elif obj.division and obj.status == Status.CLOSED:
            end_parts(obj, "close_part")


WORKFLOW.extend(*TRANSITIONS)
WORKFLOW.hang(Parted())
WORKFLOW.taken_back["drop_part"] = {"whistle", "split"}  # what was told of a part when it was made
WORKFLOW.other_sentences |= {"call": "吹哨，请 {organisation} 报到", "part": "由总件拆分而来"}
name_actions({"issue.call": "吹哨", "issue.part": "拆分出分办件"}, group="网格事件")
