"""The run of a mediation: 登记 → 受理 → 调解 → (成功、不成、撤回、转出) → 回访、归档, and 重开.

Who mediates: the people of the place who hold the right, at its grid, its community or above.
"""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.utils import timezone

from grids.categories.forms import CategoryField
from grids.changes.cases import stand_on_grids
from grids.issues.inputs import IssueNumberField
from grids.issues.models import Issue
from grids.issues.services import Report, report_issue
from grids.mediation.models import (
    ENDED_STATUSES,
    OPEN_STATUSES,
    Mediation,
    MediationEvent,
    MediationIssue,
    MediationSession,
    MediationStatus,
    Mediator,
    MediatorRole,
    Route,
)
from grids.mediation.parameters import MEDIATION_DAYS
from grids.mediation.services import link
from grids.places.models import GridPost
from streets.organisations.models import Organisation
from suzhou_portal.accounts.roles import Verb
from suzhou_portal.lib.cases.inputs import OPTIONAL_NOTE, REASON, choice, day, row_of, text, ticks, yes_no
from suzhou_portal.lib.cases.telling import tell
from suzhou_portal.lib.cases.workflow import Transition, Workflow
from suzhou_portal.lib.rows.scope import held
from suzhou_portal.notices.models import Kind
from suzhou_portal.notices.services import keepers
from suzhou_portal.rules.calendars import deadline
from suzhou_portal.rules.parameters import parameter

NEUTRAL = "用甲方、乙方称呼，不写姓名、电话、证件号码。"
may_handle = held(Verb.MEDIATIONS_HANDLE)


def may_withdraw(row: Mediation, user: Any) -> bool:
    """Who mediates; and whoever registered it, as long as nobody has accepted it."""
    own = row.status == MediationStatus.REGISTERED and row.registered_by_id == user.pk
    return may_handle(row, user) or (own and user.can(Verb.MEDIATIONS_REPORT))


# --- inputs -----------------------------------------------------------------------------------


def leaders_for(row: Mediation, user: Any) -> QuerySet[GridPost]:
    """Leaders in office: of its grid and those above it; where no grid is named, of the resident groups."""
    rows = GridPost.objects.visible_to(user, Verb.ROSTERS_VIEW).current().filter(community=row.community_id)
    near = Q(grid__parent=None)
    if row.grid_id:
        near = Q(grid=row.grid_id) | Q(grid__children=row.grid_id) | Q(grid__children__children=row.grid_id)
    return rows.filter(near).select_related("grid__parent").distinct().order_by("grid__code", "kind")


class LeadersField(forms.ModelMultipleChoiceField):
    """Leaders, each with the grid."""

    widget = forms.CheckboxSelectMultiple

    def label_from_instance(self, obj: Any) -> str:
        """ "王秀兰（第一居民小组网格长）"."""
        return f"{obj.name}（{obj.grid.full_name}{obj.get_kind_display()}）"


def _leaders(row: Mediation, user: Any) -> forms.Field:
    return LeadersField(label="名册中的网格长", queryset=leaders_for(row, user), required=False)


def _organisations(row: Mediation, user: Any) -> QuerySet[Organisation]:
    return Organisation.objects.active().visible_to(user, Verb.ORGANISATIONS_VIEW).order_by("code")


def _issue(row: Mediation, user: Any) -> forms.Field:
    seen = Issue.objects.visible_to(user, Verb.ISSUES_VIEW)
    return IssueNumberField(seen, missing="没有这个编号的事件，或不在您的管辖范围内。")


MEDIATORS = {
    "roles": ticks("调解人", MediatorRole.choices),
    "leaders": _leaders,
    "organisation": row_of("邀请的单位", _organisations, required=False),
}


# --- what the steps do --------------------------------------------------------------------------


def named_mediators(inputs: dict[str, Any]) -> list[Mediator]:
    """The mediators that the inputs name, unsaved and of no case yet."""
    found = [Mediator(role=role) for role in inputs.get("roles") or ()]
    found += [Mediator(post=post) for post in inputs.get("leaders") or ()]
    if inputs.get("organisation"):
        found.append(Mediator(organisation=inputs["organisation"]))
    return found


def _start(row: Mediation, user: Any, inputs: dict[str, Any]) -> None:
    row.fall_due(*deadline(parameter(MEDIATION_DAYS)))


def _appoint(mediators: Iterable[Mediator], row: Mediation, session: MediationSession | None = None) -> None:
    for mediator in mediators:
        mediator.pk, mediator.mediation, mediator.session = None, row, session
        mediator.save(force_insert=True)


def _assign(row: Mediation, user: Any, inputs: dict[str, Any], event: MediationEvent) -> None:
    _appoint(named_mediators(inputs), row)
    users = {post.user for post in inputs.get("leaders") or () if post.user_id}
    if users:
        tell(row, "请参加调解", users=users, kind=Kind.ASSIGNED, except_user=user)


def _hold(row: Mediation, user: Any, inputs: dict[str, Any]) -> None:
    if not named_mediators(inputs) and not row.mediators.filter(session=None).exists():
        raise ValidationError({"roles": ["请选择调解人。"]})
    if inputs["held_on"] < timezone.localdate(row.registered_at):
        raise ValidationError({"held_on": ["调解日期不能早于登记之日。"]})
    row.sessions_held += 1
    inputs["note"] = inputs["said"][:500]


def _record_session(row: Mediation, user: Any, inputs: dict[str, Any], event: MediationEvent) -> None:
    told = {name: inputs[name] for name in ("held_on", "said", "next_step")}
    session = MediationSession.objects.create(mediation=row, by=user, at=event.at, **told)
    _appoint(named_mediators(inputs) or row.case_mediators(), row, session)  # nobody named: those of the case


def _follow_up(row: Mediation, user: Any, inputs: dict[str, Any]) -> None:
    inputs["note"] = f"{'已履行' if row.kept else '未履行'}。{inputs['note']}"[:500]


def _link(row: Mediation, user: Any, inputs: dict[str, Any], how: str = MediationIssue.How.LINKED) -> None:
    link(row, inputs["issue"], how, by=user)
    inputs["note"] = inputs["issue"].number


def _to_issue(row: Mediation, user: Any, inputs: dict[str, Any]) -> None:
    report = Report(place=row.place, category=inputs["category"], description=inputs["description"])  # type: ignore[arg-type]
    inputs["issue"] = report_issue(report, by=user)
    _link(row, user, inputs, MediationIssue.How.TO_ISSUE)


# --- the table ----------------------------------------------------------------------------------


def _registrar(row: Mediation) -> dict[str, Any]:
    return {"users": [row.registered_by], "kind": Kind.DECISION}


def _ending(action: str, outcome: MediationStatus, source: Any, **more: Any) -> Transition:
    """A step with which a dispute ends, called as its outcome; whoever registered it is told."""
    wanted = {"stamps": "concluded_at", "sets": {"outcome": outcome.value}, "tells": _registrar, **more}
    return Transition(action, outcome.label, source, outcome, **wanted)


Status = MediationStatus
TRANSITIONS = (
    Transition(
        *("accept", "受理", Status.REGISTERED, Status.ACCEPTED),
        inputs={**MEDIATORS, **OPTIONAL_NOTE},
        stamps="accepted_at",
        change=_start,
        effect=_assign,
        primary=True,
        hint="调解人可在受理时定，也可在记录调解时选。",
    ),
    Transition(
        *("session", "记录调解", (Status.ACCEPTED, Status.MEDIATING), Status.MEDIATING),
        inputs={
            "held_on": day("调解日期"),
            "said": text("调解要点", length=1000, rows=4, hint=NEUTRAL),
            "next_step": text("下一步", length=200, required=False, rows=1),
            **MEDIATORS,
        },
        change=_hold,
        effect=_record_session,
        sentence="调解",
        primary=lambda row: row.sessions_held == 0,
        hint="不选调解人的，按受理时定的记。",
    ),
    _ending(
        *("succeed", Status.SUCCEEDED, Status.MEDIATING),
        inputs={
            "agreement": yes_no("是否达成书面协议", "有书面协议", "口头协议"),
            "note": text("协议要点", length=500, hint=NEUTRAL),
        },
        keeps="agreement",
        primary=lambda row: row.sessions_held > 0,
    ),
    _ending("fail", Status.FAILED, Status.MEDIATING, inputs={"note": text("不成的原因", length=500, hint=NEUTRAL)}),
    _ending(
        *("transfer", Status.TRANSFERRED, OPEN_STATUSES),
        inputs={"route": choice("转往", Route.choices), "note": text("原因", length=500, hint=NEUTRAL)},
        keeps="route",
        folded=True,
    ),
    _ending("withdraw", Status.WITHDRAWN, OPEN_STATUSES, allowed=may_withdraw, inputs=REASON, folded=True),
    Transition(
        *("follow_up", "记录回访", Status.SUCCEEDED, None),
        inputs={"kept": yes_no("协议是否履行", "已履行", "未履行"), **OPTIONAL_NOTE},
        stamps="followed_at",
        keeps="kept",
        change=_follow_up,
        sentence="回访",
        primary=lambda row: row.followed_at is None,
    ),
    Transition("archive", "归档", ENDED_STATUSES, Status.ARCHIVED, stamps="archived_at", primary=True),
    Transition(
        *("reopen", "重开", ENDED_STATUSES | {Status.ARCHIVED}, Status.ACCEPTED),
        inputs=REASON,
        clears=("outcome", "route", "concluded_at", "agreement", "followed_at", "kept", "archived_at"),
        stamps="accepted_at",
        change=_start,
        tells=lambda row: {"words": "重开调处", **keepers(row)},
        folded=True,
        hint="重开后原结果不再计入成功率，调处期限重新计算。",
    ),
    Transition(
        *("link", "关联事件", Status.values, None),
        allowed=lambda row, user: may_handle(row, user) and user.can(Verb.ISSUES_VIEW),
        inputs={"issue": _issue},
        change=_link,
        folded=True,
    ),
    Transition(
        *("to_issue", "转为网格事件", OPEN_STATUSES | ENDED_STATUSES, None),
        allowed=lambda row, user: may_handle(row, user) and held(Verb.ISSUES_REPORT)(row, user),
        inputs={
            "category": lambda row, user: CategoryField(),
            "description": text("什么事", length=1000, hint=NEUTRAL),
        },
        change=_to_issue,
        folded=True,
        hint="上报一件网格事件，与本调处互相可查；调处照常进行。",
    ),
)


class MediationWorkflow(Workflow):
    """The table, with its events."""

    model = Mediation
    events = MediationEvent
    transitions = TRANSITIONS
    sentences = {"register": "登记"}
    allowed = staticmethod(may_handle)


MEDIATING = MediationWorkflow()
stand_on_grids(MEDIATING, OPEN_STATUSES, "还有 {} 件调处尚未结束，请先办结。")
