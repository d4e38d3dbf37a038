"""What mediation shows on the page of an issue."""

from typing import Any

from grids.issues.models import Issue
from grids.mediation.models import Mediation
from suzhou_portal.accounts.roles import Verb
from suzhou_portal.lib.registers.panels import panel


@panel("grids.Issue", "mediations", title="调处化解", template="grids/mediation/_issue_mediations.html")
def of_issue(issue: Issue, user: Any) -> dict[str, Any] | None:
    """The disputes that belong to ``issue``, as far as ``user`` may see them; nothing where there are none. One
    query.
    """
    seen = Mediation.objects.visible_to(user, Verb.MEDIATIONS_VIEW)
    links = list(issue.mediation_links.filter(mediation__in=seen).select_related("mediation__kind"))
    return {"mediations": links} if links else None
