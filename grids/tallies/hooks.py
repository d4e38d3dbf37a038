"""What the tallies hang on issues: every change of what counts is appended, in its transaction."""

from collections import Counter
from typing import Any

from communities.directory.models import Community
from grids.issues.models import Issue
from grids.issues.workflow import WORKFLOW, IssueConsequence
from grids.tallies.measures import TallyKey, counted
from grids.tallies.services import append_difference
from streets.hub.models import Street
from suzhou_portal.lib.cases.workflow import Transition

# What an issue counted for, and where it was (keys of street and community).
Before = tuple[Counter[TallyKey], tuple[int, int | None]]


class Tallied(IssueConsequence):
    """Deltas of reports, steps and moves."""

    def before(self, obj: Issue) -> Before:
        """See :data:`Before`."""
        return counted(obj), (obj.street_id, obj.community_id)

    def after(self, obj: Issue, transition: Transition, by: Any, event: Any, before: Before) -> None:
        """The difference that the step makes."""
        append_difference(obj, before[0], counted(obj), places_before=_places_left(obj, before[1]))

    def reported(self, issue: Issue, report: Any, by: Any) -> None:
        """What a report counts for; a part counts with its whole."""
        append_difference(issue, Counter(), counted(issue))

    def relocated(self, issue: Issue, before: Before | None) -> None:
        """The difference that a move makes; that of a step is told by :meth:`after`."""
        if before is not None:
            append_difference(issue, before[0], counted(issue), places_before=_places_left(issue, before[1]))


def _places_left(issue: Issue, place: tuple[int, int | None]) -> tuple[Street, Community | None] | None:
    """The street and community (keys in ``place``) where ``issue`` was before a step moved it; None: it did not."""
    street, community = place
    if place == (issue.street_id, issue.community_id):
        return None
    return Street.objects.get(pk=street), Community.objects.get(pk=community) if community else None


WORKFLOW.hang(Tallied())
