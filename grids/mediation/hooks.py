"""转调处: an issue that is a dispute is given to mediation too. The issue goes on; both pages name the other."""

from typing import Any

from django.core.exceptions import ValidationError
from rest_framework import serializers

from grids.issues.models import OPEN, Issue, IssueEvent
from grids.issues.rights import is_keeper
from grids.issues.workflow import WORKFLOW
from grids.mediation.models import OPEN_STATUSES, DisputeKind, Mediation, MediationIssue, PartyKind
from grids.mediation.services import link
from grids.page.schema import add_inputs
from suzhou_portal.accounts.roles import Verb
from suzhou_portal.lib.cases.inputs import choice, note
from suzhou_portal.lib.cases.workflow import Transition
from suzhou_portal.lib.registers import site
from suzhou_portal.lib.rows.kept import Kept


def may_mediate(issue: Issue, user: Any) -> bool:
    """A keeper of the issue who may register disputes."""
    return is_keeper(issue, user) and user.can(Verb.MEDIATIONS_REPORT)


def _load() -> list[tuple[str, str]]:
    return list(DisputeKind.objects.filter(is_active=True).values_list("code", "name"))


KINDS = Kept("grids.dispute_kinds", _load, of=("grids.DisputeKind",))  # every page of an issue offers them


def _once(issue: Issue, user: Any, inputs: dict[str, Any]) -> None:
    running = Mediation.objects.filter(issue_links__issue=issue, status__in=OPEN_STATUSES).order_by("id").first()
    if running is not None:
        raise ValidationError(f"已转调处，{running.number} 尚未结束。")
    # What the dispute is about is told to those who mediate, not on the issue's timeline: whoever the issue is sent
    # to reads that, and may be a party.
    inputs["summary"], inputs["note"] = inputs["note"], ""


def _register(issue: Issue, user: Any, inputs: dict[str, Any], event: IssueEvent) -> None:
    # Not the issue's own words: they may name people, and are erased by rules of their own.
    summary = inputs["summary"] or f"由网格事件 {issue.number}（{issue.category.name}）转来，情况见该事件。"
    parties = {name: inputs[name] for name in ("party_a", "party_b")}
    place = {"street": issue.street, "community": issue.community, "grid": issue.grid}
    told = {"kind": DisputeKind.objects.get(code=inputs["dispute_kind"]), "summary": summary, **parties, **place}
    link(site["mediations"].create(told, by=user), issue, MediationIssue.How.FROM_ISSUE, by=user)


WORKFLOW.extend(
    Transition(
        *("to_mediation", "转调处", OPEN, None, may_mediate),
        ready=lambda issue: not issue.is_part,
        inputs={
            "dispute_kind": choice("纠纷类型", KINDS.get, invalid_choice="没有这个纠纷类型，请重新选择。"),
            "party_a": choice("甲方", PartyKind.choices, required="请选择甲方是什么人、什么单位。"),
            "party_b": choice("乙方", PartyKind.choices, required="请选择乙方是什么人、什么单位。"),
            "note": note("纠纷情况", required=False, placeholder="用甲方、乙方称呼，不写姓名、电话；不填则注明见本件"),
        },
        change=_once,
        effect=_register,
        folded=True,
        hint="登记为调处化解，本件照常办理；两边可互相查看。",
    )
)
add_inputs(
    dispute_kind=serializers.CharField(required=False, help_text="转调处：纠纷类型编码；以下两项随之"),
    party_a=serializers.ChoiceField(PartyKind.choices, required=False),
    party_b=serializers.ChoiceField(PartyKind.choices, required=False),
)
