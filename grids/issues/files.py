"""Photos and documents of issues (``suzhou_portal.files``). Never required."""

from typing import Any

from django.db.models import Exists, OuterRef, Q

from grids.issues.models import Issue, Status
from grids.issues.parameters import ISSUE_FILE_MEGABYTES, ISSUE_FILES
from grids.issues.rights import is_holder
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


# --- The same matter ----------------------------------------------------------------------
# Whoever is called in for a part works on the whole; whoever works on an issue works on what was
# merged into it. They see the photos of both, but what is marked as personal only where the issue that it
# belongs to is theirs to see. And only as long as both lie in one community: of a whole or a duplicate
# that a correction or a change of grids has parted from them, the people of another place see nothing.


def shown_with(issue: Issue) -> Q:
    """Its own attachments, those of the whole that it is a part of, and those of its duplicates."""
    # unscoped: whoever sees an issue sees the story of its duplicates
    duplicates = Issue.objects.filter(merged_into=issue.pk).values("pk")
    shown = Q(owner_key=issue.pk) | Q(owner_key__in=duplicates)
    return shown | Q(owner_key=issue.parent_id) if issue.is_part else shown


def origin(issue: Issue, attachment: Any) -> str:
    """Where an attachment on the page of ``issue`` belongs; "" for its own."""
    if attachment.owner_key == issue.pk:
        return ""
    return "总件" if attachment.owner_key == issue.parent_id else "重复件"


def readable(user: Any) -> Any:
    """The issues that ``user`` may see, the wholes of those that are parts, and the duplicates of them."""
    seen = Issue.objects.visible_to(user, Verb.ISSUES_VIEW)
    beside = seen.filter(street=OuterRef("street"))
    # A part or duplicate that lies in no community is the street's own.
    within = Q(community=None) | Q(community=OuterRef("community"))
    return Issue.objects.filter(
        Exists(seen.filter(pk=OuterRef("pk")))
        | Exists(beside.filter(within, parent=OuterRef("pk")))
        | Q(community=None) & Exists(beside.filter(pk=OuterRef("merged_into")))
        | Exists(beside.filter(pk=OuterRef("merged_into"), community=OuterRef("community")))
    )


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
        shown_with=shown_with,
        origin=origin,
        readable=readable,
    )
)
