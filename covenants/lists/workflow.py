"""The run of a need: who takes it up, what meets it; and what its issue is told.

A need is taken up by agreement (``covenants.deliveries.claims``) and met by deliveries: these steps are the
portal's own. People withdraw it and put it up again.
"""

from typing import Any

from covenants.lists.models import Need
from grids.issues.workflow import WORKFLOW as ISSUES
from streets.organisations.models import Organisation
from suzhou_portal.accounts.roles import Verb
from suzhou_portal.lib.cases.inputs import note, row_of
from suzhou_portal.lib.cases.workflow import Transition, Workflow
from suzhou_portal.lib.rows.scope import held

Status = Need.Status


may_raise = held(Verb.NEEDS_RAISE)  # speaks for the place of a need: may raise, change and withdraw it


# The unit that a step of the portal itself is about; unscoped: no person chooses here.
organisation_field = row_of("单位", lambda row, user: Organisation.objects.all())


def _withdraw(need: Need, user: Any, inputs: dict[str, Any]) -> None:
    need.reason = inputs["note"]


class NeedWorkflow(Workflow):
    """The table over :class:`~covenants.models.Need`. Its steps stand in the trail, and in its issue's timeline."""

    model = Need
    allowed = staticmethod(may_raise)
    transitions = (
        Transition(
            action="withdraw",
            label="撤回需求",
            source=Status.OPEN,
            target=Status.WITHDRAWN,
            inputs={"note": note("撤回原因", required=True)},
            change=_withdraw,
            hint="撤回后单位不再看到；可以重新发布。",
            folded=True,
        ),
        Transition(
            action="reopen",
            label="重新发布",
            source=Status.WITHDRAWN,
            target=Status.OPEN,
            clears="reason",
            primary=True,
        ),
        Transition(
            action="take",
            label="认领",
            source=Status.OPEN,
            target=Status.TAKEN,
            automatic=True,
            inputs={"organisation": organisation_field},
            keeps="organisation",
        ),
        Transition(
            action="release",
            label="重新待认领",
            source=Status.TAKEN,
            target=Status.OPEN,
            automatic=True,
            clears="organisation",
        ),
        Transition(
            action="meet",
            label="满足",
            source=Status.TAKEN,
            target=Status.MET,
            automatic=True,
            stamps="met_at",
        ),
        Transition(
            action="unmeet",
            label="撤销满足",
            source=Status.MET,
            target=Status.TAKEN,
            automatic=True,
            clears="met_at",
        ),
    )

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
