"""What the search hangs on issues: their text is found as soon as it is there."""

from typing import Any

from grids.issues.models import Issue
from grids.issues.workflow import WORKFLOW, IssueConsequence
from grids.searching.services import add_note, index_new, reindex
from suzhou_portal.lib.cases.workflow import Transition


class Found(IssueConsequence):
    """Reports, notes of steps, and the places by which an issue is found."""

    def after(self, obj: Issue, transition: Transition, by: Any, event: Any, before: Any) -> None:
        """The note of a step."""
        add_note(obj, event.note)

    def reported(self, issue: Issue, report: Any, by: Any) -> None:
        """The text of a report, with its note."""
        index_new(issue, *filter(None, [report.note]))

    def relocated(self, issue: Issue, before: Any) -> None:
        """Anew, with the place and category of now."""
        reindex([issue.pk])


WORKFLOW.hang(Found())
