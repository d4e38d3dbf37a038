"""What of co-building waits for whom, as a condition on rows; each topic declares its own in ``waits.py``.

The lines of the home page and of the digest, and the filter 等我方办理 of the register behind each, ask the same
condition, so that a line counts exactly the rows that it opens.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import Model, Q

from suzhou_portal.accounts.roles import Verb
from suzhou_portal.lib.rows.scope import among


@dataclass(frozen=True)
class Party:
    """For whom ``user`` acts. Somebody in both parties of a covenant acts for the place (``rights.side_of``)."""

    units: frozenset[int]
    communities: frozenset[int]
    streets: frozenset[int]

    @classmethod
    def of(cls, user: Any) -> "Party":
        """The party of ``user``."""
        places = user.scope_for(Verb.COVENANTS_PLACE)
        units = user.scope_for(Verb.COVENANTS_UNIT).organisations
        return cls(frozenset(units), frozenset(places.communities), frozenset(places.streets))

    def at(self, way: str = "") -> Q | None:
        """Rows of the own places; ``way`` leads to the row that names the place. None: there are none."""
        found: Q | None = None
        if self.communities:
            found = among(f"{way}community_id", self.communities)
        if self.streets:
            street = Q(**{f"{way}community": None}) & among(f"{way}street_id", self.streets)
            found = street if found is None else found | street
        return found

    def unit(self, way: str = "") -> Q | None:
        """Rows of the own units whose place is another's; ``way`` leads to the covenant."""
        if not self.units:
            return None
        place, own = self.at(way), among(f"{way}organisation_id", self.units)
        return own if place is None else own & ~place

    def each(self, place: Callable[[Q], Q], unit: Callable[[Q], Q]) -> Q | None:
        """The condition of both sides together."""
        sides = [make(rows) for make, rows in ((place, self.at()), (unit, self.unit())) if rows is not None]
        return sides[0] | sides[1] if len(sides) > 1 else sides[0] if sides else None


@dataclass(frozen=True)
class Wait:
    """Rows of ``register`` that wait for a party: ``rows`` answers the condition, or None where it has none to see
    to. ``text`` as people read it, ``measure`` counts it. ``to_do``: the party has to act, it is no mere news.
    """

    code: str
    model: type[Model]
    register: str
    text: str
    measure: str
    rows: Callable[[Party], Q | None]
    to_do: bool = True


def both(rows: Q | None, more: Callable[[], Q]) -> Q | None:
    """``rows`` narrowed by ``more``; None stays None."""
    return None if rows is None else rows & more()
