"""派办 by routing rule: what the portal does by itself when a rule says so (``grids.routing.rules``).

The step is taken in the transaction of the report or of the acceptance, and only where the
people of the issue's level could dispatch to that organisation themselves. Whoever recalls
it has decided otherwise: a rule does not send the same issue a second time.
"""

from typing import Any

from grids.issues.models import Holder, Issue, IssueEvent, Status
from grids.issues.workflow import WORKFLOW, IssueConsequence
from grids.routing.inputs import advised_organisation, rule_followed
from grids.routing.rules import Rule, refusal, rules
from streets.organisations.models import Organisation
from suzhou_portal.lib.cases.workflow import Transition

ACTION = "route"
# Steps with which a person sends an issue to an organisation.
FOLLOWING = frozenset({"dispatch", "redirect"})
WAITING = frozenset({Status.REPORTED, Status.ACCEPTED})


def automatic_rule(issue: Issue) -> Rule | None:
    """The rule by which the portal dispatches ``issue`` by itself; None when no rule says so. No query."""
    rule = rules().rule_for(issue)
    if rule is None or not rule.automatic or issue.is_part:
        return None
    return None if refusal(rule, issue.level, issue.street_id) else rule


def route_draft(issue: Issue) -> dict[str, Any] | None:
    """Move ``issue`` (not stored yet) on if an automatic rule says so; returns the step's inputs, None for no step."""
    if automatic_rule(issue) is None:
        return None
    inputs: dict[str, Any] = {}
    WORKFLOW.move(issue, ACTION, None, inputs)
    return inputs


def route_accepted(issue: Issue, user: Any, inputs: dict[str, Any], event: IssueEvent) -> None:
    """Effect of an acceptance or correction: the automatic rule's step, unless it has been taken before."""
    rule = automatic_rule(issue)
    if rule is None or issue.status not in WAITING:
        return
    if IssueEvent.objects.filter(issue=issue, action=ACTION, rule=rule.pk).exists():
        return
    WORKFLOW.apply(issue, ACTION, by=None)
    issue.refresh_from_db()


def _route(issue: Issue, user: Any, inputs: dict[str, Any]) -> None:
    rule = automatic_rule(issue)
    assert rule is not None  # noqa: S101 -- ``ready`` has seen it
    organisation = Organisation.objects.get(pk=rule.organisation)
    issue.holder, issue.organisation = Holder.ORGANISATION, organisation
    inputs |= {"organisation": organisation, "rule": rule.pk, "note": rule.words}


TRANSITIONS = (
    Transition(
        action=ACTION,
        label="按路由规则派办",
        source=WAITING,
        target=Status.DISPATCHED,
        automatic=True,
        ready=lambda issue: automatic_rule(issue) is not None,
        change=_route,
        sentence="按路由规则派办给 {organisation}",
        undo="recall",
    ),
)


class Routed(IssueConsequence):
    """A report or an acceptance that a rule sends on goes on by itself; a dispatch tells the rule that it follows."""

    def onward(self, issue: Issue) -> tuple[str, dict[str, Any]] | None:
        """The automatic rule's step."""
        inputs = route_draft(issue)
        return None if inputs is None else (ACTION, inputs)

    def moved(self, obj: Issue, action: str, before: Any, inputs: dict[str, Any]) -> None:
        """The rule that a person follows."""
        if action in FOLLOWING:
            inputs["rule"] = rule_followed(obj, obj.organisation)

    def after(self, obj: Issue, transition: Transition, by: Any, event: IssueEvent, before: Any) -> None:
        """What was accepted goes on."""
        if transition.action == "accept":
            route_accepted(obj, by, {}, event)


WORKFLOW.extend(*TRANSITIONS)
# Whoever had it before hears of the other unit only if they have heard of it at all.
WORKFLOW.taken_back["redirect"] = {"dispatch", "redirect", ACTION}
WORKFLOW.refine("dispatch", organisation=advised_organisation)
WORKFLOW.hang(Routed())
