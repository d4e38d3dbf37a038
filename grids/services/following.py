"""What is found or counted by an issue's place and category, beside the issue: it follows when these change."""

from grids.models import Issue, Supervision
from grids.services.searching import index_text


def follow(issue: Issue) -> None:
    """Bring search text and 督办单 of ``issue`` (saved) to its place and category of now; two statements."""
    index_text(issue)
    places = {name: getattr(issue, name) for name in ("street", "community", "grid")}
    Supervision.objects.filter(issue=issue).update(**places)
