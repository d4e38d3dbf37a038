"""What belongs together, as far as the reader may see it: disputes and issues."""

from typing import Any

from grids.issues.models import Issue
from grids.mediation.models import Mediation, MediationIssue
from suzhou_portal.accounts.roles import Verb


def issues_of(row: Mediation, user: Any) -> list[MediationIssue]:
    """The issues that belong to ``row``, as far as ``user`` may see them."""
    seen = Issue.objects.visible_to(user, Verb.ISSUES_VIEW)
    return list(row.issue_links.filter(issue__in=seen).select_related("issue__category"))


def links_of(issue: Issue, user: Any) -> list[MediationIssue]:
    """The mediations that belong to ``issue``, as far as ``user`` may see them. One query."""
    seen = Mediation.objects.visible_to(user, Verb.MEDIATIONS_VIEW)
    return list(issue.mediation_links.filter(mediation__in=seen).select_related("mediation__kind"))
