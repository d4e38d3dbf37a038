"""The times of issues by the calendar in force, with all that was granted to them."""

from grids.clock.models import ClockRequest
from grids.issues import clock
from grids.issues.models import Issue


def granted_requests(issues: list[Issue]) -> dict[int, list[ClockRequest]]:
    """Issue key → the granted requests that its clock has to follow, in their order; one query.

    Those of the whole count for a part that came later.
    """
    keys = {issue.pk for issue in issues} | {issue.parent_id for issue in issues if issue.parent_id}
    rows = ClockRequest.objects.filter(issue__in=keys, decision=ClockRequest.Decision.GRANTED)
    found: dict[int, list[ClockRequest]] = {}
    for request in rows.order_by("decided_at", "id"):
        found.setdefault(request.issue_id, []).append(request)
    return {
        issue.pk: [r for r in found.get(issue.parent_id or 0, []) if r.decided_at and r.decided_at <= issue.created_at]
        + found.get(issue.pk, [])
        for issue in issues
    }


def reckoned_times(issues: list[Issue]) -> dict[int, clock.Times]:
    """Issue key → its times by the calendar in force; one query for all."""
    granted = granted_requests(issues)
    return {issue.pk: clock.reckoned(issue, granted[issue.pk]) for issue in issues}
