"""What became of an issue as a need, on the issue's page."""

from typing import Any

from covenants.lists.models import Need
from suzhou_portal.accounts.roles import Verb
from suzhou_portal.lib.registers.panels import panel


def needs_of(issue: Any, user: Any) -> list[Need]:
    """The needs that an issue became, in scope, with what was promised for each; two queries."""
    if not user.can(Verb.COVENANTS_VIEW):
        return []
    rows = Need.objects.visible_to(user, Verb.COVENANTS_VIEW).filter(issue=issue.pk)
    found = list(rows.select_related("organisation").prefetch_related("commitments__covenant").order_by("-id"))
    for need in found:
        need.promises = [row for row in need.commitments.all() if not row.is_cancelled]
    return found


def answer(issue: Any, user: Any) -> list[dict[str, Any]]:
    """The same for REST."""
    return [
        {
            "number": need.number,
            "title": need.title,
            "status": need.status,
            "organisation": need.organisation.code if need.organisation else None,
            "organisation_name": str(need.organisation) if need.organisation else None,
            "covenants": sorted({row.covenant.number for row in need.promises}),
        }
        for need in needs_of(issue, user)
    ]


@panel("grids.Issue", "needs", title="共建需求", template="covenants/lists/_issue_panel.html", answer=answer)
def of_issue(issue: Any, user: Any) -> dict[str, Any] | None:
    """The needs that it became, and that it may be closed when one is met."""
    needs = needs_of(issue, user)
    if not needs:
        return None
    return {"issue": issue, "needs": needs, "met": any(need.status == Need.Status.MET for need in needs)}
