"""For whom of the two parties rows of co-building wait; each topic declares its ``waits.py`` with it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from suzhou_portal.accounts.roles import Verb
from suzhou_portal.lib.rows.scope import Scope, among


@dataclass(frozen=True)
class Party:
    """For whom ``user`` acts. Somebody in both parties of a covenant acts for the place (``rights.side_of``)."""

    units: frozenset[int]
    places: Scope

    @classmethod
    def of(cls, user: Any) -> "Party":
        """The party of ``user``."""
        return cls(user.scope_for(Verb.COVENANTS_UNIT).organisations, user.scope_for(Verb.COVENANTS_PLACE))

    def unit(self, way: str = "") -> Q | None:
        """Rows of the own units whose place is another's; ``way`` leads to the covenant."""
        if not self.units:
            return None
        place, own = self.places.keeps(way), among(f"{way}organisation_id", self.units)
        return own if place is None else own & ~place

    def each(self, place: Callable[[Q], Q], unit: Callable[[Q], Q]) -> Q | None:
        """The condition of both sides together."""
        sides = [make(rows) for make, rows in ((place, self.places.keeps()), (unit, self.unit())) if rows is not None]
        return sides[0] | sides[1] if len(sides) > 1 else sides[0] if sides else None


def party(rows: Callable[[Party], Q | None]) -> Callable[[Any], Q | None]:
    """What a ``lib.cases.Wait`` asks of a user, told of the user's party."""
    return lambda user: rows(Party.of(user))


def both(rows: Q | None, more: Callable[[], Q]) -> Q | None:
    """``rows`` narrowed by ``more``; None stays None."""
    return None if rows is None else rows & more()
