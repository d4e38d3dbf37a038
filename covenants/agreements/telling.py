"""Whom the steps of a covenant are told."""

from typing import Any

from covenants.agreements.models import OPEN, Covenant, Side
from suzhou_portal.accounts.roles import Role
from suzhou_portal.lib.cases.telling import tell
from suzhou_portal.notices.models import Kind
from suzhou_portal.notices.services import keepers, recipients


def tell_side(covenant: Covenant, side: str, sentence: str, *, by: Any, kind: str = Kind.ASSIGNED, **said: str) -> None:
    """Tell the people of ``side``; ``said`` as in ``lib.cases.telling``."""
    tell(covenant, sentence, kind=kind, except_user=by, **said, **people_of(covenant, side))


def people_of(covenant: Covenant, side: str) -> dict[str, Any]:
    """The roles that act for ``side``, and where, as an audience."""
    if side == Side.UNIT:
        return {"roles": [Role.UNIT, Role.DEPARTMENT], "place": {"organisation": covenant.organisation_id}}
    return keepers(covenant)


def unreached(covenant: Covenant) -> list[str]:
    """The parties of a covenant under way for which nobody acts: what waits for them waits in vain. Two queries."""
    if covenant.status not in OPEN:
        return []
    people = {side: people_of(covenant, side) for side in Side}
    return [
        covenant.party(side)
        for side, audience in people.items()
        if not recipients({"roles": audience["roles"], **audience["place"]})
    ]


def tell_others(covenant: Covenant, by: Any, sentence: str, side: str, **said: str) -> None:
    """Tell the party that did not act; both when the portal did."""
    for one in [Side(side).other] if side else list(Side):
        tell_side(covenant, one, sentence, by=by, **said)
