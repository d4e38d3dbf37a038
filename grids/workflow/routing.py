"""派办 by routing rule: what the portal does by itself when a rule says so (``grids.routing``).

The step is taken in the transaction of the report or of the acceptance, and only where the
people of the issue's level could dispatch to that organisation themselves. Whoever recalls
it has decided otherwise: a rule does not send the same issue a second time.
"""

from typing import Any

from grids.models import Issue, IssueEvent
from grids.models.issues import Holder, Status
from grids.routing import Rule, refusal, rules
from streets.models import Organisation
from suzhou_portal.lib.cases.workflow import Transition

ACTION = "route"
WAITING = frozenset({Status.REPORTED, Status.ACCEPTED})


def automatic_rule(issue: Issue) -> Rule | None:
    """The rule by which the portal dispatches ``issue`` by itself; None when no rule says so. No query."""
    rule = rules().rule_for(issue)
    if rule is None or not rule.automatic or issue.is_part:
        return None
    return None if refusal(rule, issue.level, issue.street_id) else rule


def route_draft(issue: Issue) -> dict[str, Any] | None:
    """Move ``issue`` (not stored yet) on if an automatic rule says so; returns the step's inputs, None for no step."""
    from grids.workflow import WORKFLOW  # noqa: PLC0415 -- the table is made of this module

    if automatic_rule(issue) is None:
        return None
    inputs: dict[str, Any] = {}
    WORKFLOW.move(issue, ACTION, None, inputs)
    return inputs


def route_accepted(issue: Issue, user: Any, inputs: dict[str, Any], event: IssueEvent) -> None:
    """Effect of an acceptance or correction: the automatic rule's step, unless it has been taken before."""
    from grids.workflow import WORKFLOW  # noqa: PLC0415 -- the table is made of this module

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
    ),
)
