"""Whom the steps of a covenant are told."""

from typing import Any

from covenants.models import Covenant, Side
from suzhou_portal.accounts.roles import Role
from suzhou_portal.notices.models import Kind
from suzhou_portal.notices.services import enqueue


def tell_side(
    covenant: Covenant, side: str, sentence: str, *, by: Any, url: str = "", kind: str = Kind.ASSIGNED
) -> None:
    """Put a notice for the people of ``side`` into the outbox."""
    if side == Side.UNIT:
        roles, place = (Role.UNIT, Role.DEPARTMENT), {"organisation": covenant.organisation_id}
    elif covenant.community_id:
        roles, place = (Role.COMMUNITY,), {"community": covenant.community_id}
    else:
        roles, place = (Role.STREET,), {"street": covenant.street_id}
    enqueue(
        title=f"{covenant.number} {sentence}",
        url=url or covenant.get_absolute_url(),
        roles=roles,
        place=place,
        kind=kind,
        except_user=by,
    )


def tell_others(covenant: Covenant, by: Any, sentence: str, side: str, *, url: str = "") -> None:
    """Tell the party that did not act; both when the portal did."""
    for one in [Side(side).other] if side else list(Side):
        tell_side(covenant, one, sentence, by=by, url=url)
