"""Issues may have photos and documents (``suzhou_portal.files``). They are never required."""

from typing import Any

from grids.models import Issue
from grids.models.issues import Status
from grids.parameters import ISSUE_FILE_MEGABYTES, ISSUE_FILES
from grids.rights import is_holder
from suzhou_portal.accounts.roles import Verb
from suzhou_portal.files.models import Stage
from suzhou_portal.files.owners import Owner, register

ADDING = (Verb.ISSUES_REPORT, Verb.ISSUES_HANDLE, Verb.ISSUES_KEEP)


def may_attach(issue: Issue, user: Any) -> bool:
    """While the issue is open: whoever reports or keeps issues at its place, and the organisation that has it."""
    if not issue.is_open:
        return False
    place = {"street": issue.street_id, "community": issue.community_id, "grid": issue.grid_id}
    scopes = [user.scope_for(verb) for verb in ADDING]
    return any(scope.holds(**place) or issue.organisation_id in scope.organisations for scope in scopes)


def may_take_away(issue: Issue, attachment: Any, user: Any) -> bool:
    """One's own, while the issue is open: afterwards it belongs to what was decided on."""
    return issue.is_open and attachment.uploaded_by_id == user.pk


def stage_of(issue: Issue, user: Any) -> str:
    """After, for whoever has it in hand or checks the result; before, for all others."""
    done = issue.status in {Status.ANSWERED, Status.VERIFIED}
    working = issue.status in {Status.DISPATCHED, Status.HANDLING} and is_holder(issue, user)
    return Stage.AFTER if done or working else Stage.BEFORE


OWNER = register(
    Owner(
        name="issue",
        model=Issue,
        view_verb=Verb.ISSUES_VIEW,
        may_add=may_attach,
        may_remove=may_take_away,
        most_files=ISSUE_FILES,
        most_megabytes=ISSUE_FILE_MEGABYTES,
        stage_of=stage_of,
    )
)
