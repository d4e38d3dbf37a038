"""Words that stand on more than one document."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils import timezone

from grids.categories.models import Level
from grids.issues.models import Issue, IssueEvent
from grids.places.finding import describe, local_words
from suzhou_portal.accounts.models import Assignment
from suzhou_portal.accounts.roles import Role
from suzhou_portal.templatetags.portal import long_date


def moment_words(moment: datetime | None) -> str:
    """A time in full: "2026年11月24日 18:00"; "" for none."""
    return f"{long_date(moment)} {timezone.localtime(moment):%H:%M}" if moment else ""


def place_words(issue: Issue) -> str:
    """Where it is, in full: street, community, grid, and the address."""
    place = describe(issue.grid or issue.community or issue.street)
    return f"{place}，{issue.address}" if issue.address else place


def office_behind(post: Assignment | None, level: str, issue: Issue) -> tuple[str, str]:
    """The office of a ``post`` from which somebody acted on ``issue``: name and telephone; without a post on
    a place the one that answers for the issue at ``level``.
    """
    if post is not None and post.role == Role.STREET:
        return str(post.street), post.street.telephone
    if post is not None and post.role == Role.COMMUNITY:
        return str(post.community), post.community.telephone
    return office_of(Level.DISTRICT if post is not None and post.role == Role.DISTRICT else level, issue)


def office_of(level: str, issue: Issue) -> tuple[str, str]:
    """The office that answers for ``issue`` at ``level``: its name, and its telephone ("" for none)."""
    if level == Level.GRID and issue.grid_id:
        return local_words(issue), issue.community.telephone
    if level in (Level.GRID, Level.COMMUNITY) and issue.community_id:
        return str(issue.community), issue.community.telephone
    if level == Level.DISTRICT:
        return str(settings.DISTRICT_NAME), ""
    return str(issue.street), issue.street.telephone


def facts_of(issue: Issue) -> dict[str, str]:
    """What every document tells of the issue."""
    group = issue.category.parent
    return {
        "issue": issue.number,
        "category": f"{group.name} / {issue.category.name}" if group else issue.category.name,
        "place": place_words(issue),
        "what": issue.description,
        "severity": issue.get_severity_display(),
        "limit": moment_words(issue.due_at),
    }


def last(events: Iterable[IssueEvent], **wanted: Any) -> IssueEvent | None:
    """The newest of ``events`` (in their order) whose attributes are as ``wanted``."""
    found = None
    for event in events:
        if all(getattr(event, name) == value for name, value in wanted.items()):
            found = event
    return found
