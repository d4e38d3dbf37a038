"""Whom the steps of a covenant are told."""

from typing import Any

from covenants.agreements.models import OPEN, Covenant, Side
from suzhou_portal.accounts.roles import Role
from suzhou_portal.notices.models import Kind
from suzhou_portal.notices.services import enqueue, recipients


def tell_side(
    covenant: Covenant, side: str, sentence: str, *, by: Any, url: str = "", kind: str = Kind.ASSIGNED
) -> None:
    """Put a notice for the people of ``side`` into the outbox."""
    roles, place = people_of(covenant, side)
    enqueue(
        title=f"{covenant.number} {sentence}",
        url=url or covenant.get_absolute_url(),
        roles=roles,
        place=place,
        kind=kind,
        except_user=by,
    )


def people_of(covenant: Covenant, side: str) -> tuple[tuple[Role, ...], dict[str, int]]:
    """The roles that act for ``side``, and where."""
    if side == Side.UNIT:
        return (Role.UNIT, Role.DEPARTMENT), {"organisation": covenant.organisation_id}
    if covenant.community_id:
        return (Role.COMMUNITY,), {"community": covenant.community_id}
    return (Role.STREET,), {"street": covenant.street_id}


def unreached(covenant: Covenant) -> list[str]:
    """The parties of a covenant under way for which nobody acts: what waits for them waits in vain. Two queries."""
    if covenant.status not in OPEN:
        return []
    people = {side: people_of(covenant, side) for side in Side}
    return [covenant.party(s) for s, (roles, place) in people.items() if not recipients({"roles": roles, **place})]


def tell_others(covenant: Covenant, by: Any, sentence: str, side: str, *, url: str = "") -> None:
    """Tell the party that did not act; both when the portal did."""
    for one in [Side(side).other] if side else list(Side):
        tell_side(covenant, one, sentence, by=by, url=url)
