"""Whom the steps of an issue are told: notices for whoever has it in hand."""

from typing import Any

from grids.models import Issue
from grids.models.issues import Holder
from suzhou_portal.accounts.roles import Role
from suzhou_portal.notices.services import enqueue

HOLDER_ROLES = {
    Holder.GRID: (Role.GRID,),
    Holder.COMMUNITY: (Role.COMMUNITY,),
    Holder.STREET: (Role.STREET,),
    Holder.DISTRICT: (Role.DISTRICT,),
    Holder.ORGANISATION: (Role.DEPARTMENT, Role.UNIT),
}


def tell_holder(issue: Issue, by: Any, sentence: str) -> None:
    """Put a notice for whoever has the issue in hand now into the outbox; nobody: nothing."""
    roles = HOLDER_ROLES.get(issue.holder)
    if not roles:
        return
    key = getattr(issue, f"{issue.holder}_id", None)
    enqueue(
        title=f"{issue.number} {sentence}",
        url=issue.get_absolute_url(),
        roles=roles,
        place={issue.holder: key} if key else None,
        except_user=by,
    )
