"""Whom the steps of a covenant are told."""

from typing import Any

from covenants.agreements.models import OPEN, Covenant, Side
from suzhou_portal.accounts.reach import unattended
from suzhou_portal.accounts.roles import Role
from suzhou_portal.lib.cases.telling import tell
from suzhou_portal.notices.models import Kind
from suzhou_portal.notices.services import keepers

# What the other party does next, by step; of the others the message says what was done.
NEXT = {
    **dict.fromkeys(("begin", "renew"), "请商谈"),
    **dict.fromkeys(("amend", "ask_end"), "请答复"),
    **dict.fromkeys(("delivery_submit", "delivery_resubmit"), "请确认"),
    **dict.fromkeys(("delivery_return", "delivery_unconfirm"), "请改正后重新提交"),
    "press": "请履约",
}


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
    people = {side: people_of(covenant, side)["place"] for side in Side}
    return [
        covenant.party(side)
        for side, place in people.items()
        if any(unattended(level, [key]) for level, key in place.items())
    ]


def tell_others(covenant: Covenant, by: Any, sentence: str, side: str, *, action: str = "") -> None:
    """Tell the party that did not act, and what it does after ``action``; both when the portal did."""
    for one in [Side(side).other] if side else list(Side):
        tell_side(covenant, one, sentence, by=by, then=NEXT.get(action, ""))
