"""The run of an issue: 上报 → 受理 → 派办 → 处理 → 反馈 → 核查 → 办结, and its side roads.

Who may act is told by ``grids.rights``.
"""

from collections import Counter
from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.utils import timezone

from grids.measures import counted
from grids.models import Issue, IssueEvent
from grids.models.categories import LEVELS, Level
from grids.models.issues import Holder, Status
from grids.rights import (
    is_holder,
    is_keeper,
    is_verifier,
    levels_held,
    lowest_level,
    may_answer,
    may_void,
    verifying_level,
)
from grids.services.tallies import append_difference
from streets.models import Organisation
from suzhou_portal.accounts.roles import Role, Verb
from suzhou_portal.lib.workflow import Transition, Workflow
from suzhou_portal.notices.services import enqueue

# --- inputs ---------------------------------------------------------------------------


def _note(label: str, *, required: bool, placeholder: str = "") -> Any:
    def factory(issue: Issue, user: Any) -> forms.Field:
        return forms.CharField(
            label=label,
            required=required,
            max_length=500,
            widget=forms.Textarea(attrs={"rows": 3, "placeholder": placeholder}),
            error_messages={"required": f"请填写{label}。"},
        )

    return factory


def organisations_for(issue: Issue, user: Any) -> QuerySet[Organisation]:
    """Whom ``user`` may dispatch ``issue`` to: any organisation in their directory for the street
    and the district; for the community its units, property companies and social organisations
    (departments are called in by the street: domain, grids/2).
    """
    rows = Organisation.objects.active().visible_to(user, Verb.ORGANISATIONS_VIEW).order_by("code")
    if Level.STREET in levels_held(user.scope_for(Verb.ISSUES_KEEP), issue):
        return rows
    return rows.filter(Q(is_unit=True) | Q(is_property=True) | Q(is_social=True))


def _organisation(issue: Issue, user: Any) -> forms.Field:
    return forms.ModelChoiceField(
        label="承办单位",
        queryset=organisations_for(issue, user),
        error_messages={"required": "请选择承办单位。", "invalid_choice": "没有这个单位，请重新选择。"},
    )


# --- changes --------------------------------------------------------------------------


def _shift(level: str, step: int) -> str:
    return LEVELS[LEVELS.index(level) + step]


def _keep(issue: Issue, user: Any, inputs: dict[str, Any]) -> None:
    issue.holder, issue.organisation = issue.level, None


def _dispatch(issue: Issue, user: Any, inputs: dict[str, Any]) -> None:
    issue.holder, issue.organisation = Holder.ORGANISATION, inputs["organisation"]


def _to_grid(issue: Issue, user: Any, inputs: dict[str, Any]) -> None:
    issue.holder, issue.organisation = Holder.GRID, None


def _answered(issue: Issue, user: Any, inputs: dict[str, Any]) -> None:
    issue.holder = verifying_level(issue)


def _redo(issue: Issue, user: Any, inputs: dict[str, Any]) -> None:
    issue.rework_count += 1
    issue.holder = Holder.ORGANISATION if issue.organisation_id else issue.level


def _close(issue: Issue, user: Any, inputs: dict[str, Any]) -> None:
    issue.holder, issue.closed_at, issue.closed_level = Holder.NOBODY, timezone.now(), issue.level


def _escalate(issue: Issue, user: Any, inputs: dict[str, Any]) -> None:
    issue.level = _shift(issue.level, 1)
    issue.holder, issue.organisation, issue.escalated_at = issue.level, None, timezone.now()


def _send_down(issue: Issue, user: Any, inputs: dict[str, Any]) -> None:
    issue.level = _shift(issue.level, -1)
    issue.holder, issue.organisation = issue.level, None


def _void(issue: Issue, user: Any, inputs: dict[str, Any]) -> None:
    issue.holder = Holder.NOBODY


def _reopen(issue: Issue, user: Any, inputs: dict[str, Any]) -> None:
    issue.closed_at, issue.closed_level, issue.reopened_at = None, "", timezone.now()
    issue.holder, issue.organisation = issue.level, None


OPTIONAL_NOTE = {"note": _note("说明", required=False)}
REASON = {"note": _note("原因", required=True)}

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
        allowed=is_keeper,
        inputs={
            "organisation": _organisation,
            "note": _note("要求", required=False, placeholder="例：请于今日内处理"),
        },
        change=_dispatch,
        sentence="派办给 {organisation}",
        primary=True,
    ),
    Transition(
        action="assign_grid",
        label="交网格处理",
        source=frozenset({Status.REPORTED, Status.ACCEPTED}),
        target=Status.DISPATCHED,
        allowed=is_keeper,
        ready=lambda issue: issue.grid_id is not None,
        inputs={"note": _note("要求", required=False)},
        change=_to_grid,
        sentence="交网格处理",
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
    ),
    Transition(
        action="start",
        label="开始处理",
        source=frozenset({Status.DISPATCHED}),
        target=Status.HANDLING,
        allowed=is_holder,
        sentence="开始处理",
    ),
    Transition(
        action="answer",
        label="反馈办理结果",
        source=frozenset({Status.DISPATCHED, Status.HANDLING}),
        target=Status.ANSWERED,
        allowed=may_answer,
        inputs={"note": _note("办理结果", required=True, placeholder="做了什么，结果如何")},
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
        allowed=is_keeper,
        ready=lambda issue: issue.status == Status.DISPATCHED or issue.holder != issue.level,
        inputs=OPTIONAL_NOTE,
        change=_keep,
        sentence="撤回派办",
    ),
    Transition(
        action="verify",
        label="核查通过",
        source=frozenset({Status.ANSWERED}),
        target=Status.VERIFIED,
        allowed=is_verifier,
        inputs=OPTIONAL_NOTE,
        sentence="核查通过",
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
    ),
    Transition(
        action="redo",
        label="核查不通过，退回重办",
        source=frozenset({Status.ANSWERED, Status.VERIFIED}),
        target=Status.HANDLING,
        allowed=is_verifier,
        inputs=REASON,
        change=_redo,
        sentence="核查不通过，退回重办",
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
    ),
    Transition(
        action="void",
        label="作废",
        source=frozenset({Status.REPORTED, Status.ACCEPTED}),
        target=Status.VOID,
        allowed=may_void,
        inputs=REASON,
        change=_void,
        sentence="作废",
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
        change=_reopen,
        sentence="重开",
    ),
)

HOLDER_ROLES = {
    Holder.GRID: (Role.GRID,),
    Holder.COMMUNITY: (Role.COMMUNITY,),
    Holder.STREET: (Role.STREET,),
    Holder.DISTRICT: (Role.DISTRICT,),
    Holder.ORGANISATION: (Role.DEPARTMENT, Role.UNIT),
}


def tell_holder(issue: Issue, by: Any, sentence: str) -> None:
    """Put a notice for whoever has the issue in hand now into the outbox; nobody: nothing."""
    roles = HOLDER_ROLES.get(issue.holder)
    if not roles:
        return
    key = getattr(issue, f"{issue.holder}_id", None)
    enqueue(
        title=f"{issue.number} {sentence}",
        url=issue.get_absolute_url(),
        roles=roles,
        place={issue.holder: key} if key else None,
        except_user=by,
    )


class IssueWorkflow(Workflow):
    """The table above, with its event, tally and notice."""

    model = Issue
    transitions = TRANSITIONS

    def observe(self, obj: Issue) -> Counter[Any]:
        """What the issue counted for before the change."""
        return counted(obj)

    def record_event(
        self, obj: Issue, transition: Transition, by: Any, before: dict[str, Any], inputs: dict[str, Any]
    ) -> IssueEvent:
        """One step of the timeline."""
        return IssueEvent.objects.create(
            issue=obj,
            actor=by,
            action=transition.action,
            from_status=before["status"],
            to_status=obj.status,
            from_level=before["level"],
            to_level=obj.level,
            organisation=inputs.get("organisation"),
            note=inputs.get("note", ""),
        )

    def after(self, obj: Issue, transition: Transition, by: Any, event: IssueEvent, observed: Counter[Any]) -> None:
        """Tally the difference; tell the new holder."""
        append_difference(obj, observed, counted(obj))
        tell_holder(obj, by, sentence_of(event))


WORKFLOW = IssueWorkflow()
# Steps that are not transitions: the report itself, and a grid change that takes the issue along.
OTHER_SENTENCES = {"report": "上报", "move": "随网格变动转移"}


def sentence_of(event: IssueEvent) -> str:
    """The step as a sentence without its note, e.g. ``派办给 城管执法队``."""
    transition = WORKFLOW.by_action.get(event.action)
    if transition is None:
        return OTHER_SENTENCES[event.action]
    return transition.sentence.format(organisation=event.organisation or "", level=Level(event.to_level).label)
