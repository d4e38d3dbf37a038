"""What is found or counted by an issue's place and category, beside the issue: it follows when these change."""

from typing import Any

from grids.models import Issue, ReturnVisit, Supervision
from grids.services.searching import reindex

# Rows that stand on the place of their issue.
GO_ALONG: tuple[Any, ...] = (Supervision, ReturnVisit)


def follow(issue: Issue) -> None:
    """Bring search text, 督办单 and 回访 of ``issue`` (saved) to its place and category of now."""
    reindex([issue.pk])
    places = {name: getattr(issue, name) for name in ("street", "community", "grid")}
    for model in GO_ALONG:
        model.objects.filter(issue=issue).update(**places)
