"""The search text of issues: what a search looks through, kept beside the rows."""

from grids.models import Issue, IssueText
from suzhou_portal.lib.text import bigrams


def searchable(issue: Issue) -> str:
    """The text that a search of issues looks through; lower case."""
    places = [str(place) for place in (issue.street, issue.community, issue.grid) if place]
    return " ".join([issue.number, issue.description, issue.address, *places, issue.category.name]).lower()


def text_row(issue: Issue) -> IssueText:
    """The unsaved search text of ``issue``."""
    body = searchable(issue)
    return IssueText(issue=issue, body=body, tokens=" ".join(bigrams(body)))


def index_text(issue: Issue) -> None:
    """Store (again) the search text of ``issue``; one statement."""
    IssueText.objects.bulk_create(
        [text_row(issue)],
        update_conflicts=True,
        unique_fields=["issue"],
        update_fields=["body", "tokens"],
    )
