"""The run of a need: who takes it up, what meets it; and what its issue is told.

A need is taken up by agreement (``covenants.deliveries.claims``) and met by deliveries: these steps are the
portal's own. People withdraw it and put it up again.
"""

from typing import Any

from django import forms

from covenants.lists.models import Need
from grids.issues.workflow import WORKFLOW as ISSUES
from streets.organisations.models import Organisation
from suzhou_portal.accounts.roles import Verb
from suzhou_portal.lib.cases.workflow import Transition, Workflow
from suzhou_portal.lib.time import moments

Status = Need.Status


def may_raise(need: Need, user: Any) -> bool:
    """``user`` speaks for the place of ``need``: may raise, change and withdraw it."""
    scope = user.scope_for(Verb.NEEDS_RAISE)
    return bool(scope.holds(street=need.street_id, community=need.community_id, grid=need.grid_id))


def _reason(need: Need, user: Any) -> forms.Field:
    return forms.CharField(
        label="撤回原因",
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "请填写撤回原因。"},
    )


def organisation_field(row: Any, user: Any) -> forms.Field:
    """The unit that a step of the portal itself is about."""
    return forms.ModelChoiceField(Organisation.objects.all(), label="单位")  # unscoped: no person chooses here


def _withdraw(need: Need, user: Any, inputs: dict[str, Any]) -> None:
    need.reason = inputs["note"]


def _reopen(need: Need, user: Any, inputs: dict[str, Any]) -> None:
    need.reason = ""


def _take(need: Need, user: Any, inputs: dict[str, Any]) -> None:
    need.organisation = inputs["organisation"]


def _release(need: Need, user: Any, inputs: dict[str, Any]) -> None:
    need.organisation = None


def _meet(need: Need, user: Any, inputs: dict[str, Any]) -> None:
    need.met_at = moments.now()


def _unmeet(need: Need, user: Any, inputs: dict[str, Any]) -> None:
    need.met_at = None


class NeedWorkflow(Workflow):
    """The table over :class:`~covenants.models.Need`. Its steps stand in the trail, and in its issue's timeline."""

    model = Need
    transitions = (
        Transition(
            action="withdraw",
            label="撤回需求",
            source=frozenset({Status.OPEN}),
            target=Status.WITHDRAWN,
            allowed=may_raise,
            inputs={"note": _reason},
            change=_withdraw,
            hint="撤回后单位不再看到；可以重新发布。",
            folded=True,
        ),
        Transition(
            action="reopen",
            label="重新发布",
            source=frozenset({Status.WITHDRAWN}),
            target=Status.OPEN,
            allowed=may_raise,
            change=_reopen,
            primary=True,
        ),
        Transition(
            action="take",
            label="认领",
            source=frozenset({Status.OPEN}),
            target=Status.TAKEN,
            automatic=True,
            inputs={"organisation": organisation_field},
            change=_take,
        ),
        Transition(
            action="release",
            label="重新待认领",
            source=frozenset({Status.TAKEN}),
            target=Status.OPEN,
            automatic=True,
            change=_release,
        ),
        Transition(
            action="meet",
            label="满足",
            source=frozenset({Status.TAKEN}),
            target=Status.MET,
            automatic=True,
            change=_meet,
        ),
        Transition(
            action="unmeet",
            label="撤销满足",
            source=frozenset({Status.MET}),
            target=Status.TAKEN,
            automatic=True,
            change=_unmeet,
        ),
    )

    def record_event(
        self, obj: Need, transition: Transition, by: Any, before: dict[str, Any], inputs: dict[str, Any]
    ) -> None:
        """None: a need has no timeline of its own beside the trail."""

    def observe(self, obj: Need) -> Any:
        """The unit that had it."""
        return obj.organisation_id

    def after(self, obj: Need, transition: Transition, by: Any, event: Any, observed: Any) -> None:
        """The issue that it came from tells the story, too."""
        if obj.issue_id is None:
            return
        told: dict[str, Any] = {"note": f"{obj.number} {obj.title}"}
        if "organisation" in ISSUES.by_action[f"need_{transition.action}"].inputs:
            told["organisation"] = obj.organisation_id or observed
        ISSUES.apply(obj.issue, f"need_{transition.action}", by=None, inputs=told)


NEEDS = NeedWorkflow()
