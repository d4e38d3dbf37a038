"""The drafts of a covenant, in lines."""

from dataclasses import dataclass

from covenants.agreements.models import Covenant, Revision, Side
from covenants.agreements.terms import Comparison, Terms, compare


@dataclass(frozen=True)
class Draft:
    """A draft with what it changes; ``party`` proposed it."""

    row: Revision
    party: str
    terms: Terms
    changes: Comparison
    is_newest: bool
    is_in_force: bool
    accepted_by: str


def drafts_of(covenant: Covenant) -> list[Draft]:
    """All drafts, the newest first, each compared with the one before it. One query."""
    found: list[Draft] = []
    before: Terms | None = None
    for row in covenant.revisions.select_related("by").order_by("index"):
        terms = Terms.of(row.terms)
        agreed = [covenant.party(side) for side in Side if covenant.accepts(side) == row.index]
        found.append(
            Draft(
                row=row,
                party=covenant.party(row.side),
                terms=terms,
                changes=compare(before, terms),
                is_newest=row.index == covenant.revision,
                is_in_force=row.index == covenant.in_force,
                accepted_by="、".join(agreed),
            )
        )
        before = terms
    return found[::-1]
