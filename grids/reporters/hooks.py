"""What the reporters' contacts hang on issues: a contact that comes with a report is kept."""

from typing import Any

from grids.issues.models import Issue
from grids.issues.workflow import WORKFLOW, IssueConsequence
from grids.reporters.services import add_contact


class Contacted(IssueConsequence):
    """See the module."""

    def reported(self, issue: Issue, report: Any, by: Any) -> None:
        """Keep the contact; parts have none."""
        contact = getattr(report, "contact", None)
        if contact:
            add_contact(issue, contact, by=by)


WORKFLOW.hang(Contacted())
