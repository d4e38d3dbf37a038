"""Whom the steps of an issue are told: notices for whoever has it in hand."""

from typing import Any

from grids.categories.models import LEVELS
from grids.issues.models import Holder, Issue, Status
from grids.issues.rights import lowest_level
from suzhou_portal.accounts.roles import Role
from suzhou_portal.lib.cases.telling import tell
from suzhou_portal.notices.models import Kind

HOLDER_ROLES = {
    Holder.GRID: (Role.GRID,),
    Holder.COMMUNITY: (Role.COMMUNITY,),
    Holder.STREET: (Role.STREET,),
    Holder.DISTRICT: (Role.DISTRICT,),
    Holder.ORGANISATION: (Role.DEPARTMENT, Role.UNIT),
}

# What whoever has an issue in hand does next.
NEXT = {
    Status.REPORTED: "请受理",
    Status.ACCEPTED: "请安排办理",
    Status.DISPATCHED: "请办理并反馈",
    Status.HANDLING: "请办理并反馈",
    Status.ANSWERED: "请核查",
    Status.VERIFIED: "请办结",
}


def audience_of(holder: str, issue: Issue, *, organisation: int | None = None) -> dict[str, Any]:
    """The roles and the place (or organisation) that a ``holder`` of ``issue`` means, for ``enqueue``; without a
    place: the district. Nobody: {}.

    Where the issue has no such place (any more: its place was corrected), the lowest level that it has.
    """
    if holder in LEVELS:
        holder = max(holder, lowest_level(issue), key=LEVELS.index)
    roles = HOLDER_ROLES.get(Holder(holder))
    if not roles or holder == Holder.DISTRICT:
        return {"roles": roles} if roles else {}
    key = organisation if holder == Holder.ORGANISATION else getattr(issue, f"{holder}_id")
    return {"roles": roles, "place": {holder: key}} if key else {}


def tell_holder(issue: Issue, by: Any, sentence: str, *, kind: str = Kind.ASSIGNED, gathered: str = "") -> None:
    """Tell whoever has the issue in hand now, and what they do next; nobody: nothing."""
    _tell(issue, issue.holder, sentence, by, kind, then=NEXT.get(Status(issue.status), ""), gathered=gathered)


def tell_level(
    issue: Issue, level: str, sentence: str, *, by: Any = None, kind: str = Kind.SUPERVISION, then: str = ""
) -> None:
    """Tell the people of ``level`` in the issue's place."""
    _tell(issue, level, sentence, by, kind, then=then)


def tell_side(issue: Issue, holder: str, organisation: int | None, sentence: str, *, by: Any = None) -> None:
    """Tell whoever once had the issue in hand: a level, or an organisation (its key)."""
    _tell(issue, holder, sentence, by, Kind.DECISION, organisation)


def tell_former(issue: Issue, level: str, place: int | None, *, by: Any) -> None:
    """Tell the people of ``level`` at ``place`` (a key) that the issue has been moved away from them."""
    if place is None:
        return
    tell(
        issue,
        "地点更正，已转到别处办理",
        url="/issues/",  # its own page they cannot open any longer
        roles=HOLDER_ROLES[Holder(level)],
        place={level: place},
        kind=Kind.DECISION,
        except_user=by,
    )


def _tell(
    issue: Issue, holder: str, sentence: str, by: Any, kind: str, organisation: int | None = None, **said: str
) -> None:
    audience = audience_of(holder, issue, organisation=organisation or issue.organisation_id)
    if audience:
        tell(issue, sentence, kind=kind, except_user=by, **said, **audience)
