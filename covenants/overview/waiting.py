"""The lines of the home page: what of co-building waits for the reader."""

from dataclasses import dataclass
from typing import Any

from covenants.agreements.waits import ANSWER, CHANGE, SIGN
from covenants.deliveries.waits import CONFIRM, LATE, MEND, OWED, SOON
from covenants.evaluation.waits import EVALUATE
from covenants.lists.waits import CLAIM
from covenants.matching.services import needs_for
from covenants.waiting.conditions import Party
from suzhou_portal.lib.rows.counts import capped_counts, capped_text

CAP = 999
# In the order in which they are told.
WAITS = (ANSWER, CHANGE, SIGN, CONFIRM, MEND, LATE, SOON, EVALUATE, OWED, CLAIM)


@dataclass(frozen=True)
class Line:
    """So many of these wait; ``url`` lists them."""

    text: str
    count: str
    measure: str
    url: str


def waiting_for(user: Any, *, to_do: bool = False) -> list[Line]:
    """The lines of ``user`` (with ``to_do`` only what they have to act on), without empty ones; at most five
    statements.
    """
    party = Party.of(user)
    wanted = [wait for wait in WAITS if wait.to_do or not to_do]
    asked = [(wait, rows) for wait in wanted if (rows := wait.rows(party)) is not None]
    # unscoped: the user's own units and places
    counts = capped_counts([wait.model._default_manager.filter(rows) for wait, rows in asked], CAP)
    found = [
        Line(wait.text, capped_text(count, CAP), wait.measure, f"/covenants/{wait.register}/?waiting={wait.code}")
        for (wait, _rows), count in zip(asked, counts, strict=True)
        if count
    ]
    fitting = [] if to_do else needs_for(user)
    if fitting:
        found.append(Line("适合本单位的需求", str(len(fitting)), "项", "/covenants/needs/fitting/"))
    return found
