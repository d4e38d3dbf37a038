"""A finding of a patrol: corrected or withdrawn while the patrol is open; what was handed over waits for the end
of its issue, and then for the area leader, who confirms that it was put right or sends it back.

The issue has a life of its own in ``grids.issues.workflow``, which calls :func:`follow` when an issue
ends or opens again.
"""

from typing import Any

from django import forms
from django.db.models import Q

from grids.categories.models import IssueCategory
from grids.checklists.models import PatrolItem
from grids.findings.models import FindingStatus, Handling, PatrolFinding
from grids.issues.models import ENDED, Issue, Source, Status
from grids.issues.rights import may_void
from grids.issues.workflow import WORKFLOW
from grids.patrols.models import Patrol
from grids.patrols.rights import may_confirm, may_return, walks
from suzhou_portal.accounts.roles import Role
from suzhou_portal.lib.cases.inputs import note
from suzhou_portal.lib.cases.workflow import Transition, Workflow
from suzhou_portal.notices.models import Kind
from suzhou_portal.notices.services import enqueue

SENT_BACK = frozenset({"not_fixed", "reopen_found"})


def matter(finding: PatrolFinding) -> Issue | None:
    """The issue that decides: the finding's own, or the one that it was merged into."""
    issue = finding.issue
    return issue.merged_into if issue is not None and issue.status == Status.MERGED else issue


# --- rights and conditions --------------------------------------------------------------


def _is_leader(finding: PatrolFinding, user: Any) -> bool:
    return walks(finding.area_id, user)


def _may_withdraw(finding: PatrolFinding, user: Any) -> bool:
    issue = finding.issue
    return walks(finding.area_id, user) and (issue is None or issue.status == Status.VOID or may_void(issue, user))


def _is_editable(finding: PatrolFinding) -> bool:
    return finding.patrol.is_open and finding.handling == Handling.ON_SPOT


def _is_withdrawable(finding: PatrolFinding) -> bool:
    issue = finding.issue
    return finding.patrol.is_open and (issue is None or issue.status in (Status.REPORTED, Status.VOID))


def _was_closed(finding: PatrolFinding) -> bool:
    issue = matter(finding)
    return issue is not None and issue.status == Status.CLOSED


def _was_voided(finding: PatrolFinding) -> bool:
    issue = matter(finding)
    return issue is not None and issue.status == Status.VOID


# --- inputs -----------------------------------------------------------------------------


def _text(name: str, label: str, length: int) -> Any:
    def factory(finding: PatrolFinding, user: Any) -> forms.Field:
        return forms.CharField(
            label=label,
            max_length=length,
            initial=getattr(finding, name),
            widget=forms.Textarea(attrs={"rows": 3}),
            error_messages={"required": f"请填写{label}。"},
        )

    return factory


def _item(finding: PatrolFinding, user: Any) -> forms.Field:
    # unscoped: checklists are reference data
    items = PatrolItem.objects.filter(checklist__patrols=finding.patrol_id)
    return forms.ModelChoiceField(label="检查项", queryset=items, initial=finding.item_id, empty_label=None)


def _category(finding: PatrolFinding, user: Any) -> forms.Field:
    # unscoped: categories are reference data
    rows = IssueCategory.objects.usable().order_by("code")
    field = forms.ModelChoiceField(label="事件分类", queryset=rows, required=False, empty_label="按检查项")
    field.initial = finding.item.category_id if finding.item_id else None
    return field


# --- changes and effects ----------------------------------------------------------------


def _withdraw_issue(finding: PatrolFinding, user: Any, inputs: dict[str, Any], event: Any) -> None:
    if finding.issue is not None and finding.issue.status != Status.VOID:
        WORKFLOW.apply(finding.issue, "void", by=user, inputs={"note": f"巡查发现撤回：{inputs['note']}"[:500]})


def _tell_confirmed(finding: PatrolFinding, user: Any, inputs: dict[str, Any], event: Any) -> None:
    WORKFLOW.apply(finding.issue, "found_fixed", by=None, inputs={"note": inputs["note"]})


def _return(finding: PatrolFinding, user: Any, inputs: dict[str, Any]) -> None:
    finding.returned += 1


def _reopen_issue(finding: PatrolFinding, user: Any, inputs: dict[str, Any], event: Any) -> None:
    """Open the issue again, in the name of the user where it lies in their area; where it was corrected to another
    place or merged into one that no patrol found, the portal does so at their word.
    """
    issue: Any = matter(finding)
    own = may_return(issue, user)
    action = "not_fixed" if own else "reopen_found"
    WORKFLOW.apply(issue, action, by=user if own else None, inputs={"note": inputs["note"]})


def _hand_over_again(finding: PatrolFinding, user: Any, inputs: dict[str, Any]) -> None:
    from grids.findings.services import hand_over  # noqa: PLC0415 -- reporting works with the issue's table

    former = finding.issue
    finding.issue = hand_over(finding, by=user, category=inputs["category"])
    inputs["note"] = f"原事件 {former} 已作废，重新交办为 {finding.issue}"


def _tell_leaders(finding: PatrolFinding, user: Any, inputs: dict[str, Any], event: Any) -> None:
    """The leaders of the area have something to confirm."""
    enqueue(
        title=f"{finding.issue} {matter(finding).get_status_display()}，请确认整改情况",  # type: ignore[union-attr]
        url=finding.get_absolute_url(),
        roles=(Role.AREA,),
        place={"area": finding.area_id},
        kind=Kind.ASSIGNED,
        subject=str(finding.issue),
        except_user=user,
    )


class FindingWorkflow(Workflow):
    """The table. Its steps are told by the audit trail, those of the issue by its timeline."""

    model = PatrolFinding
    transitions = (
        Transition(
            action="confirm",
            label="确认已整改",
            source=FindingStatus.WAITING,
            target=FindingStatus.CONFIRMED,
            allowed=may_confirm,
            inputs={"note": note("说明", required=False)},
            stamps="confirmed_on",
            effect=_tell_confirmed,
            primary=True,
        ),
        Transition(
            action="return",
            label="没有整改到位，退回重办",
            source=FindingStatus.WAITING,
            target=FindingStatus.HANDED,
            allowed=may_confirm,
            ready=_was_closed,
            inputs={"note": note("哪里没有到位", required=True)},
            clears="confirmed_on",
            change=_return,
            effect=_reopen_issue,
            hint="事件重开，回到原层级继续办理；办结后再请您确认。",
        ),
        Transition(
            action="rehand",
            label="重新交办",
            source=FindingStatus.WAITING,
            target=FindingStatus.HANDED,
            allowed=_is_leader,
            ready=_was_voided,
            inputs={"category": _category},
            change=_hand_over_again,
            hint="原事件已作废。问题还在的，重新上报为一件新的事件。",
        ),
        Transition(
            action="correct",
            label="更正",
            source=FindingStatus.FIXED,
            target=None,
            allowed=_is_leader,
            ready=_is_editable,
            inputs={
                "item": _item,
                "description": _text("description", "发现的问题", 2000),
                "remedy": _text("remedy", "现场整改情况", 500),
            },
            keeps=("item", "description", "remedy"),
        ),
        Transition(
            action="withdraw",
            label="撤回",
            source=(FindingStatus.FIXED, FindingStatus.HANDED, FindingStatus.WAITING),
            target=FindingStatus.WITHDRAWN,
            allowed=_may_withdraw,
            ready=_is_withdrawable,
            inputs={"note": note("原因", required=True)},
            effect=_withdraw_issue,
            grave=True,
            folded=True,
            hint="登记错了的可以撤回：不计入统计，记录保留；已交办的事件一并作废。",
        ),
        Transition(
            action="await",
            label="待片区长确认",
            source=FindingStatus.HANDED,
            target=FindingStatus.WAITING,
            effect=_tell_leaders,
            automatic=True,
        ),
        Transition(
            action="again",
            label="事件重开",
            source=(FindingStatus.WAITING, FindingStatus.CONFIRMED),
            target=FindingStatus.HANDED,
            clears="confirmed_on",
            automatic=True,
        ),
        Transition(
            action="returned",
            label="片区长退回重办",
            source=(FindingStatus.WAITING, FindingStatus.CONFIRMED),
            target=FindingStatus.HANDED,
            clears="confirmed_on",
            change=_return,
            automatic=True,
        ),
    )

    def locked(self, obj: PatrolFinding) -> PatrolFinding:
        """The row, locked, with its patrol: nothing is corrected in one that ends in the same moment.

        The issue is locked first, as by whoever takes a step with it.
        """
        key, issue = obj.pk, PatrolFinding.objects.values_list("issue", flat=True).get(pk=obj.pk)
        if issue is not None:
            Issue.objects.select_for_update(of=("self",)).get(pk=issue)
        patrol = Patrol.objects.select_for_update(of=("self",)).get(pk=obj.patrol_id)
        rows = PatrolFinding.objects.select_for_update(of=("self",)).select_related("item", "issue__merged_into")
        row: PatrolFinding = rows.get(pk=key)
        row.patrol = patrol
        return row


FINDINGS = FindingWorkflow()


def follow(issue: Issue, step: str) -> None:
    """Let the findings behind ``issue``, which ``step`` has just ended or opened again, wait for their confirmation,
    or not.

    Those of its duplicates, too. One query, more for each finding.
    """
    action = "await" if issue.status in ENDED else "returned" if step in SENT_BACK else "again"
    source = FINDINGS.by_action[action].source
    rows = PatrolFinding.objects.filter(Q(issue=issue.pk) | Q(issue__merged_into=issue.pk), status__in=sorted(source))
    for finding in rows.order_by("pk"):
        FINDINGS.apply(finding, action, by=None)


def finding_of(issue: Issue) -> PatrolFinding | None:
    """The finding that ``issue`` comes from; no query for what no patrol found, else one."""
    if issue.source != Source.PATROL:
        return None
    rows = PatrolFinding.objects.filter(issue=issue.pk).select_related("patrol", "item", "area")
    return rows.first()
