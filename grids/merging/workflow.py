"""合并: a report of what is known already goes into the first one, reversibly.

The duplicate keeps everything that it was; its timeline is shown with that of the main
issue. Taking the merge back puts it where it stood.
"""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import DatabaseError, transaction
from django.db.models import QuerySet

from grids.issues.inputs import IssueNumberField
from grids.issues.models import OPEN, Holder, Issue, Status
from grids.issues.rights import is_keeper
from grids.issues.workflow import WORKFLOW
from suzhou_portal.accounts.roles import Verb
from suzhou_portal.lib.cases.inputs import OPTIONAL_NOTE, REASON
from suzhou_portal.lib.cases.workflow import Transition
from suzhou_portal.lib.time import moments

BUSY = "该件正被他人办理，请稍后再试。"


def candidates(issue: Issue, user: Any) -> QuerySet[Issue]:
    """The issues that ``issue`` may be merged into: open wholes nearby, in the scope of ``user``.

    Nearby: in the same community, or the same street where an issue has no community.
    """
    rows = Issue.objects.visible_to(user, Verb.ISSUES_KEEP).open().filter(street_id=issue.street_id, parent=None)
    if issue.community_id:
        rows = rows.filter(community_id=issue.community_id)
    return rows.exclude(pk=issue.id)


def _main(issue: Issue, user: Any) -> forms.Field:
    return IssueNumberField(
        candidates(issue, user),
        label="并入哪一件",
        missing="没有这一件，或它已办结、不在同一社区。",
        widget=forms.TextInput(
            attrs={
                "placeholder": "编号或情况里的字",
                "autocomplete": "off",
                "data-combobox-url": f"/issues/{issue.number}/similar/",
            }
        ),
        error_messages={"required": "请填写要并入的事件编号。"},
    )


def _merge(issue: Issue, user: Any, inputs: dict[str, Any]) -> None:
    issue.merged_into = main = _locked(inputs["into"])
    if issue.due_at <= moments.now() < main.due_at and issue.created_at < main.created_at:
        raise ValidationError({"into": f"本件先报且已超期，请把 {main.number} 并入本件。"})
    if Issue.objects.filter(merged_into=issue).exists():
        raise ValidationError("已有重复件并入本件，不能再并入别的件。")
    issue.merged_status, issue.merged_holder = issue.status, issue.holder
    issue.holder = Holder.NOBODY


def _locked(main: Issue) -> Issue:
    """``main`` as stored, locked. Not waiting for the lock: two issues merged into each other at once
    would wait for one another. Raises ``ValidationError`` when it is being changed or has ended meanwhile.
    """
    try:
        with transaction.atomic():
            fresh: Issue = Issue.objects.select_for_update(of=("self",), nowait=True).get(pk=main.pk)
    except DatabaseError as error:
        raise ValidationError({"into": BUSY}) from error
    if fresh.status not in OPEN:
        raise ValidationError({"into": f"{fresh.number} 已是“{fresh.get_status_display()}”，不能并入。"})
    return fresh


def _unmerge(issue: Issue, user: Any, inputs: dict[str, Any]) -> None:
    issue.holder = issue.merged_holder
    issue.merged_into, issue.merged_status, issue.merged_holder = None, "", Holder.NOBODY


TRANSITIONS = (
    Transition(
        action="merge",
        label="合并到另一件",
        source=OPEN,
        target=Status.MERGED,
        allowed=is_keeper,
        ready=lambda issue: not issue.is_part and issue.holder != Holder.PARTS,
        inputs={"into": _main, **OPTIONAL_NOTE},
        change=_merge,
        sentence="与另一件重复，合并办理",
        folded=True,
        hint="同一件事的重复上报并入先报的一件；可以撤销。",
    ),
    Transition(
        action="unmerge",
        label="撤销合并",
        source=frozenset({Status.MERGED}),
        target=lambda issue: issue.merged_status,
        allowed=is_keeper,
        inputs=REASON,
        change=_unmerge,
        sentence="撤销合并，恢复单独办理",
    ),
)


WORKFLOW.extend(*TRANSITIONS)
