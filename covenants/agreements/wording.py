"""A covenant in lines: its drafts, its story."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from covenants.agreements.models import Covenant, CovenantEvent, Revision, Side
from covenants.agreements.terms import Comparison, Terms, compare
from covenants.agreements.workflow import sentence_of

# --- The negotiation ------------------------------------------------------------------------


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


# --- The story ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Step:
    """A line of the timeline: "11-22 14:05 民主街社区 张三 提出第 2 稿：人手不够"."""

    at: Any
    who: str
    sentence: str
    note: str


def steps_of(covenant: Covenant, events: Iterable[CovenantEvent]) -> list[Step]:
    """``events`` (with their actors) as lines; no query."""
    return [
        Step(
            at=event.at,
            who=" ".join(filter(None, [covenant.party(event.side), str(event.actor) if event.actor_id else "系统"])),
            sentence=sentence_of(event),
            note=event.note,
        )
        for event in events
    ]
