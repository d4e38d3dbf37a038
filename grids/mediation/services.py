"""What belongs together: disputes and issues."""

from typing import Any

from django.core.exceptions import ValidationError

from grids.issues.models import Issue
from grids.mediation.models import Mediation, MediationIssue
from suzhou_portal.accounts.roles import Verb
from suzhou_portal.audit import trail


def link(row: Mediation, issue: Issue, how: str, *, by: Any) -> None:
    """Keep that the two belong together. Raises ``ValidationError`` when that is known already."""
    if MediationIssue.objects.filter(mediation=row, issue=issue).exists():
        raise ValidationError({"issue": f"{issue.number} 已经关联。"})
    made = MediationIssue.objects.create(mediation=row, issue=issue, how=how, by=by)
    told = {"mediation": row.number, "issue": issue.number, "how": made.get_how_display()}
    trail.record("mediation.link", row, by=by, changes=told)


def issues_of(row: Mediation, user: Any) -> list[MediationIssue]:
    """The issues that belong to ``row``, as far as ``user`` may see them."""
    seen = Issue.objects.visible_to(user, Verb.ISSUES_VIEW)
    return list(row.issue_links.filter(issue__in=seen).select_related("issue__category"))
