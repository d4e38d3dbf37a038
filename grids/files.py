"""Issues, findings of patrols and 五个一 may have photos and documents (``suzhou_portal.files``). Never required."""

from typing import Any

from django.db.models import Exists, OuterRef, Q

from grids.models import FiveOneRecord, Issue, PatrolFinding
from grids.models.issues import Status
from grids.models.patrols import Handling
from grids.parameters import (
    FIVE_ONE_FILE_MEGABYTES,
    FIVE_ONE_FILES,
    ISSUE_FILE_MEGABYTES,
    ISSUE_FILES,
    PATROL_FILE_MEGABYTES,
    PATROL_FILES,
)
from grids.patrol_rights import walks
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


# --- Findings of patrols --------------------------------------------------------------------


def may_attach_to_finding(finding: PatrolFinding, user: Any) -> bool:
    """The leaders of the area, while the patrol is open; what is handed over has its photos on the issue."""
    on_spot = finding.handling == Handling.ON_SPOT and finding.is_kept
    return on_spot and finding.patrol.is_open and walks(finding.area_id, user)


def may_take_from_finding(finding: PatrolFinding, attachment: Any, user: Any) -> bool:
    """One's own, while the patrol is open."""
    return finding.patrol.is_open and attachment.uploaded_by_id == user.pk


FINDING_OWNER = register(
    Owner(
        name="patrol-finding",
        model=PatrolFinding,
        view_verb=Verb.PATROLS_VIEW,
        may_add=may_attach_to_finding,
        may_remove=may_take_from_finding,
        most_files=PATROL_FILES,
        most_megabytes=PATROL_FILE_MEGABYTES,
        stage_of=lambda finding, user: Stage.AFTER,
    )
)

# --- 五个一 ---------------------------------------------------------------------------------
# A grid that was split or transferred shows what its grid before had as evidence; of that one, too, if it changes
# again. So many changes back: further ones are history, which the records before still show.
CHANGES_BACK = 4


def may_show(record: FiveOneRecord, user: Any) -> bool:
    """Whoever keeps the grid, while it is in force."""
    place = {"street": record.street_id, "community": record.community_id, "grid": record.grid_id}
    return record.grid.ends is None and user.scope_for(Verb.GRIDS_EDIT).holds(**place)


def shown_with_record(record: FiveOneRecord) -> Q:
    """Its own attachments and those of the records that it goes on from. One query per change of the grid."""
    keys, before = [record.pk], record.origin
    while before is not None and len(keys) <= CHANGES_BACK:
        keys.append(before.pk)
        before = before.origin
    return Q(owner_key__in=keys)


def readable_records(user: Any) -> Any:
    """The records that ``user`` may see, and those that these go on from."""
    seen = FiveOneRecord.objects.visible_to(user, Verb.PLACES_VIEW)
    ways = ("pk", *("__".join(["origin"] * steps) for steps in range(1, CHANGES_BACK + 1)))
    found = Q()
    for way in ways:
        found |= Q(Exists(seen.filter(**{way: OuterRef("pk")})))
    return FiveOneRecord.objects.filter(found)


FIVE_ONE_OWNER = register(
    Owner(
        name="five-one-record",
        model=FiveOneRecord,
        view_verb=Verb.PLACES_VIEW,
        may_add=may_show,
        may_remove=lambda record, attachment, user: may_show(record, user) and attachment.uploaded_by_id == user.pk,
        most_files=FIVE_ONE_FILES,
        most_megabytes=FIVE_ONE_FILE_MEGABYTES,
        staged=False,
        shown_with=shown_with_record,
        origin=lambda record, attachment: "" if attachment.owner_key == record.pk else "变动前的网格",
        readable=readable_records,
    )
)
