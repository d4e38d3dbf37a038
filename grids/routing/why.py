"""为什么派到这里: the routing rule behind a step, what it said then, and who had set it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from grids.issues.models import Holder, Issue, IssueEvent
from grids.routing.models import RoutingRule
from suzhou_portal.accounts.roles import Verb
from suzhou_portal.audit.trail import history_of


@dataclass(frozen=True)
class Reason:
    """The rule by which an issue came to its organisation; ``url`` is "" for those who may not open it."""

    sentence: str
    since: datetime | None
    by: str
    url: str


def rule_words(keys: Iterable[int | None]) -> dict[int, str]:
    """Key of a rule → "路灯故障 × 东北街街道"; one query, none for no keys."""
    wanted = {key for key in keys if key}
    if not wanted:
        return {}
    # unscoped: whoever may read the issue may read why it went where it did
    rows = RoutingRule.objects.filter(pk__in=wanted)
    return {row.pk: str(row) for row in rows.select_related("category", "street", "community", "grid__parent")}


def reason_of(issue: Issue, events: Iterable[IssueEvent], user: Any) -> Reason | None:
    """Why the organisation that has ``issue`` in hand got it: None when a person chose it.

    ``events`` are those of the issue (and its relatives). Three queries, none without a rule.
    """
    if issue.holder != Holder.ORGANISATION:
        return None
    sent = [event for event in events if event.issue_id == issue.pk and event.organisation_id == issue.organisation_id]
    if not sent or sent[-1].rule_id is None:
        return None
    event = sent[-1]
    rule: Any = RoutingRule(pk=event.rule_id)
    set_by = history_of(rule).filter(at__lte=event.at).first()
    may_open = user.can(Verb.ROUTING_VIEW) and (
        RoutingRule.objects.visible_to(user, Verb.ROUTING_VIEW).filter(pk=rule.pk).exists()
    )
    return Reason(
        sentence=f"{rule_words([rule.pk])[rule.pk]} → {event.organisation}",
        since=set_by.at if set_by else None,
        by=str(set_by.actor or "系统") if set_by else "",
        url=f"/grids/routing-rules/{rule.pk}/" if may_open else "",
    )
