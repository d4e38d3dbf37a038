"""Who acts for which party: the people of the community (or street) itself, and those of the unit.

A street sees its communities' covenants and the district sees all, but neither signs for them.
"""

from typing import Any

from covenants.agreements.models import Covenant, Side
from suzhou_portal.accounts.roles import Verb


def sides_of(covenant: Covenant, user: Any) -> frozenset[Side]:
    """The parties that ``user`` may act for; seldom more than one."""
    found = set()
    places = user.scope_for(Verb.COVENANTS_PLACE)
    if covenant.community_id is not None:
        if covenant.community_id in places.communities:
            found.add(Side.PLACE)
    elif covenant.street_id in places.streets:
        found.add(Side.PLACE)
    if covenant.organisation_id in user.scope_for(Verb.COVENANTS_UNIT).organisations:
        found.add(Side.UNIT)
    return frozenset(found)


def side_of(covenant: Covenant, user: Any) -> Side | None:
    """The party that ``user`` acts for; of somebody in both, the place, so that nobody agrees with themselves."""
    sides = sides_of(covenant, user)
    return Side.PLACE if Side.PLACE in sides else next(iter(sides), None)


def is_party(covenant: Covenant, user: Any) -> bool:
    """``user`` acts for one of the parties."""
    return bool(sides_of(covenant, user))


def is_place(covenant: Covenant, user: Any) -> bool:
    """``user`` acts for the community (or street)."""
    return side_of(covenant, user) == Side.PLACE


def is_unit(covenant: Covenant, user: Any) -> bool:
    """``user`` acts for the unit."""
    return side_of(covenant, user) == Side.UNIT
