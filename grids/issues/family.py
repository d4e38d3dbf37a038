"""What belongs to an issue: its parts, the duplicates merged into it, the whole or main issue above."""

from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q, QuerySet

from grids.issues.models import Issue, IssueEvent
from suzhou_portal.accounts.roles import Verb


@dataclass(frozen=True)
class Family:
    """The relatives of ``issue`` that a user may see."""

    issue: Issue
    parts: list[Issue] = field(default_factory=list)
    duplicates: list[Issue] = field(default_factory=list)
    whole: Issue | None = None
    main: Issue | None = None

    def events(self) -> QuerySet[IssueEvent]:
        """The steps of the issue, its parts and its duplicates as one timeline, the newest last,
        with actors and organisations.
        """
        keys = [row.pk for row in (self.issue, *self.parts, *self.duplicates)]
        rows = IssueEvent.objects.filter(issue__in=keys).select_related("actor", "organisation")
        return rows.order_by("at", "id")

    def number_of(self, key: int) -> str:
        """The number of the relative with this key; "" for the issue itself."""
        return next((row.number for row in (*self.parts, *self.duplicates) if row.pk == key), "")


def family_of(issue: Issue, user: Any) -> Family:
    """The relatives of ``issue`` in the scope of ``user``; one query."""
    wanted = Q(parent=issue.pk) | Q(merged_into=issue.pk)
    above = [key for key in (issue.parent_id, issue.merged_into_id) if key]
    if above:
        wanted |= Q(pk__in=above)
    rows = Issue.objects.visible_to(user, Verb.ISSUES_VIEW).filter(wanted).select_related("organisation").order_by("id")
    family = Family(issue)
    found: dict[str, Issue] = {}
    for row in rows:
        if row.parent_id == issue.pk:
            family.parts.append(row)
        elif row.merged_into_id == issue.pk:
            family.duplicates.append(row)
        else:
            found["whole" if row.pk == issue.parent_id else "main"] = row
    return Family(issue, family.parts, family.duplicates, **found)
