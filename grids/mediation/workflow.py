"""The run of a mediation: 登记 → 受理 → 调解 → (成功、不成、撤回、转出) → 回访、归档, and 重开.

Who mediates: the people of the place who hold the right, at its grid, its community or above.
"""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.utils import timezone

from grids.categories.forms import CategoryField
from grids.changes.cases import stand_on_grids
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
    Outcome,
    Route,
)
from grids.mediation.services import clock, keepers, link
from grids.places.models import GridPost
from streets.organisations.models import Organisation
from suzhou_portal.accounts.roles import Verb
from suzhou_portal.audit.describing import name_actions
from suzhou_portal.lib.cases.inputs import OPTIONAL_NOTE, REASON, choice, day, note, text, ticks, yes_no
from suzhou_portal.lib.cases.telling import tell
from suzhou_portal.lib.cases.workflow import Transition, Workflow
from suzhou_portal.lib.time import moments
from suzhou_portal.notices.models import Kind

NEUTRAL = "用甲方、乙方称呼，不写姓名、电话、证件号码。"


def may_handle(row: Mediation, user: Any) -> bool:
    """The user mediates in the place of ``row``."""
    scope = user.scope_for(Verb.MEDIATIONS_HANDLE)
    return bool(scope.holds(street=row.street_id, community=row.community_id, grid=row.grid_id))


def may_withdraw(row: Mediation, user: Any) -> bool:
    """Who mediates; and whoever registered it, as long as nobody has accepted it."""
    own = row.status == MediationStatus.REGISTERED and row.registered_by_id == user.pk
    return may_handle(row, user) or (own and user.can(Verb.MEDIATIONS_REPORT))


def may_link(row: Mediation, user: Any) -> bool:
    """Who mediates and sees issues."""
    return may_handle(row, user) and user.can(Verb.ISSUES_VIEW)


def may_report(row: Mediation, user: Any) -> bool:
    """Who mediates and reports issues in the place."""
    scope = user.scope_for(Verb.ISSUES_REPORT)
    holds = scope.holds(street=row.street_id, community=row.community_id, grid=row.grid_id)
    return may_handle(row, user) and bool(holds)


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

    def label_from_instance(self, obj: Any) -> str:
        """ "王秀兰（第一居民小组网格长）"."""
        return f"{obj.name}（{obj.grid.full_name}{obj.get_kind_display()}）"


def _leaders(row: Mediation, user: Any) -> forms.Field:
    widget = forms.CheckboxSelectMultiple
    return LeadersField(label="名册中的网格长", queryset=leaders_for(row, user), required=False, widget=widget)


def _organisation(row: Mediation, user: Any) -> forms.Field:
    rows = Organisation.objects.active().visible_to(user, Verb.ORGANISATIONS_VIEW).order_by("code")
    return forms.ModelChoiceField(label="邀请的单位", queryset=rows, required=False)


MEDIATORS = {"roles": ticks("调解人", MediatorRole.choices), "leaders": _leaders, "organisation": _organisation}


def _issue_number(row: Any, user: Any) -> forms.Field:
    return forms.CharField(
        label="事件编号",
        max_length=30,
        widget=forms.TextInput(attrs={"autocomplete": "off", "placeholder": "例：SZ-2026-000123"}),
        error_messages={"required": "请填写事件编号。"},
    )


def _category(row: Any, user: Any) -> forms.Field:
    return CategoryField()


# --- changes ------------------------------------------------------------------------------------


def named_mediators(inputs: dict[str, Any]) -> list[Mediator]:
    """The mediators that the inputs name, unsaved and of no case yet."""
    found = [Mediator(role=role) for role in inputs.get("roles") or ()]
    found += [Mediator(post=post) for post in inputs.get("leaders") or ()]
    if inputs.get("organisation"):
        found.append(Mediator(organisation=inputs["organisation"]))
    return found


def _accept(row: Mediation, user: Any, inputs: dict[str, Any]) -> None:
    row.accepted_at = moments.now()
    row.warn_at, row.due_at = clock(row.accepted_at)
    row.told_light = ""


def _assign(row: Mediation, user: Any, inputs: dict[str, Any], event: MediationEvent) -> None:
    for mediator in named_mediators(inputs):
        mediator.mediation = row
        mediator.save(force_insert=True)
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
    session = MediationSession.objects.create(
        mediation=row,
        held_on=inputs["held_on"],
        said=inputs["said"],
        next_step=inputs["next_step"],
        by=user,
        at=event.at,
    )
    # Nobody named: those of the case.
    of_case = row.mediators.filter(session=None)
    for mediator in named_mediators(inputs) or [
        Mediator(role=known.role, post=known.post, organisation=known.organisation) for known in of_case
    ]:
        mediator.mediation, mediator.session = row, session
        mediator.save(force_insert=True)


def _end(outcome: Outcome) -> Any:
    def change(row: Mediation, user: Any, inputs: dict[str, Any]) -> None:
        row.outcome, row.concluded_at = outcome, moments.now()
        row.route = inputs.get("route", "")
        row.agreement = inputs["agreement"] if outcome == Outcome.SUCCEEDED else None

    return change


def _follow_up(row: Mediation, user: Any, inputs: dict[str, Any]) -> None:
    row.followed_at, row.kept = moments.now(), inputs["kept"]
    inputs["note"] = f"{'已履行' if row.kept else '未履行'}。{inputs['note']}"[:500]


def _archive(row: Mediation, user: Any, inputs: dict[str, Any]) -> None:
    row.archived_at = moments.now()


def _reopen(row: Mediation, user: Any, inputs: dict[str, Any]) -> None:
    row.outcome, row.route, row.concluded_at, row.agreement = "", "", None, None
    row.followed_at, row.kept, row.archived_at = None, None, None
    _accept(row, user, inputs)


def _tell_registrar(row: Mediation, user: Any, inputs: dict[str, Any], event: MediationEvent) -> None:
    tell(row, row.get_status_display(), users=[row.registered_by], kind=Kind.DECISION, except_user=user)


def _tell_again(row: Mediation, user: Any, inputs: dict[str, Any], event: MediationEvent) -> None:
    tell(row, "重开调处", except_user=user, **keepers(row))


def _link(row: Mediation, user: Any, inputs: dict[str, Any]) -> None:
    """The issue as far as the user may see it."""
    number = inputs["issue"].strip().upper()
    issue = Issue.objects.visible_to(user, Verb.ISSUES_VIEW).filter(number=number).first()
    if issue is None:
        raise ValidationError({"issue": ["没有这个编号的事件，或不在您的管辖范围内。"]})
    link(row, issue, MediationIssue.How.LINKED, by=user)
    inputs["note"] = issue.number


def _to_issue(row: Mediation, user: Any, inputs: dict[str, Any]) -> None:
    report = Report(place=row.place, category=inputs["category"], description=inputs["description"])  # type: ignore[arg-type]
    issue = report_issue(report, by=user)
    link(row, issue, MediationIssue.How.TO_ISSUE, by=user)
    inputs["note"] = issue.number


# --- the table ----------------------------------------------------------------------------------

BEFORE_TALKS = frozenset({MediationStatus.ACCEPTED, MediationStatus.MEDIATING})
TRANSITIONS = (
    Transition(
        action="accept",
        label="受理",
        source=frozenset({MediationStatus.REGISTERED}),
        target=MediationStatus.ACCEPTED,
        allowed=may_handle,
        inputs={**MEDIATORS, **OPTIONAL_NOTE},
        change=_accept,
        effect=_assign,
        sentence="受理",
        primary=True,
        hint="调解人可在受理时定，也可在记录调解时选。",
    ),
    Transition(
        action="session",
        label="记录调解",
        source=BEFORE_TALKS,
        target=MediationStatus.MEDIATING,
        allowed=may_handle,
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
    Transition(
        action="succeed",
        label="调解成功",
        source=frozenset({MediationStatus.MEDIATING}),
        target=MediationStatus.SUCCEEDED,
        allowed=may_handle,
        inputs={
            "agreement": yes_no("是否达成书面协议", "有书面协议", "口头协议"),
            "note": text("协议要点", length=500, hint=NEUTRAL),
        },
        change=_end(Outcome.SUCCEEDED),
        effect=_tell_registrar,
        sentence="调解成功",
        primary=lambda row: row.sessions_held > 0,
    ),
    Transition(
        action="fail",
        label="调解不成",
        source=frozenset({MediationStatus.MEDIATING}),
        target=MediationStatus.FAILED,
        allowed=may_handle,
        inputs={"note": text("不成的原因", length=500, hint=NEUTRAL)},
        change=_end(Outcome.FAILED),
        effect=_tell_registrar,
        sentence="调解不成",
    ),
    Transition(
        action="transfer",
        label="转其他途径",
        source=OPEN_STATUSES,
        target=MediationStatus.TRANSFERRED,
        allowed=may_handle,
        inputs={"route": choice("转往", Route.choices), "note": text("原因", length=500, hint=NEUTRAL)},
        change=_end(Outcome.TRANSFERRED),
        effect=_tell_registrar,
        sentence="转其他途径",
        folded=True,
    ),
    Transition(
        action="withdraw",
        label="当事人撤回",
        source=OPEN_STATUSES,
        target=MediationStatus.WITHDRAWN,
        allowed=may_withdraw,
        inputs=REASON,
        change=_end(Outcome.WITHDRAWN),
        effect=_tell_registrar,
        sentence="当事人撤回",
        folded=True,
    ),
    Transition(
        action="follow_up",
        label="记录回访",
        source=frozenset({MediationStatus.SUCCEEDED}),
        target=None,
        allowed=may_handle,
        inputs={
            "kept": yes_no("协议是否履行", "已履行", "未履行"),
            "note": note("说明", required=False),
        },
        change=_follow_up,
        sentence="回访",
        primary=lambda row: row.followed_at is None,
    ),
    Transition(
        action="archive",
        label="归档",
        source=ENDED_STATUSES,
        target=MediationStatus.ARCHIVED,
        allowed=may_handle,
        change=_archive,
        sentence="归档",
        primary=True,
    ),
    Transition(
        action="reopen",
        label="重开",
        source=ENDED_STATUSES | {MediationStatus.ARCHIVED},
        target=MediationStatus.ACCEPTED,
        allowed=may_handle,
        inputs=REASON,
        change=_reopen,
        effect=_tell_again,
        sentence="重开",
        folded=True,
        hint="重开后原结果不再计入成功率，调处期限重新计算。",
    ),
    Transition(
        action="link",
        label="关联事件",
        source=frozenset(MediationStatus),
        target=None,
        allowed=may_link,
        inputs={"issue": _issue_number},
        change=_link,
        sentence="关联事件",
        folded=True,
    ),
    Transition(
        action="to_issue",
        label="转为网格事件",
        source=OPEN_STATUSES | ENDED_STATUSES,
        target=None,
        allowed=may_report,
        inputs={"category": _category, "description": text("什么事", length=1000, hint=NEUTRAL)},
        change=_to_issue,
        sentence="转为网格事件",
        folded=True,
        hint="上报一件网格事件，与本调处互相可查；调处照常进行。",
    ),
)


class MediationWorkflow(Workflow):
    """The table, with its events."""

    model = Mediation
    events = MediationEvent
    transitions = TRANSITIONS
    sentences = {"register": "登记", "move": "随网格变动转移"}


MEDIATING = MediationWorkflow()
stand_on_grids(MEDIATING, OPEN_STATUSES, "还有 {} 件调处尚未结束，请先办结。")
name_actions(
    {"mediation.register": "登记", "mediation.link": "关联事件", "mediation.move": "随网格变动转移"}, group="调处化解"
)
