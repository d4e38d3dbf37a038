"""What mediation shows on the page of an issue."""

from typing import Any

from grids.issues.models import Issue
from grids.mediation.related import links_of
from suzhou_portal.lib.registers.panels import panel


@panel("grids.Issue", "mediations", title="调处化解", template="grids/mediation/_issue_mediations.html")
def of_issue(issue: Issue, user: Any) -> dict[str, Any] | None:
    """The disputes that belong to ``issue``, as far as ``user`` may see them; nothing where there are none."""
    links = links_of(issue, user)
    return {"mediations": links} if links else None
