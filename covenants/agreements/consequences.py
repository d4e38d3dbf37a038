"""What topics above hang on a covenant, besides its steps: what follows a draft, its coming into force, its end."""

from typing import Any

from covenants.agreements.models import Covenant
from covenants.agreements.terms import Terms
from suzhou_portal.lib.cases.workflow import Consequence


class CovenantConsequence(Consequence):
    """Hung on the table of covenants (``WORKFLOW.hang``); all within the transaction of the step."""

    def drafted(self, covenant: Covenant, terms: Terms | None) -> None:
        """The newest draft says ``terms``, or more sides stand behind it; None: there are no more talks."""

    def agreed(self, covenant: Covenant, terms: Terms, by: Any) -> None:
        """``terms`` are in force from now on."""

    def ended(self, covenant: Covenant, by: Any) -> None:
        """Both sides have ended it early."""


HUNG: list[CovenantConsequence] = []


def drafted(covenant: Covenant, terms: Terms | None) -> None:
    """Tell the topics above; see :class:`CovenantConsequence`."""
    for one in HUNG:
        one.drafted(covenant, terms)


def agreed(covenant: Covenant, terms: Terms, *, by: Any) -> None:
    """Tell the topics above; see :class:`CovenantConsequence`."""
    for one in HUNG:
        one.agreed(covenant, terms, by)


def ended(covenant: Covenant, *, by: Any) -> None:
    """Tell the topics above; see :class:`CovenantConsequence`."""
    for one in HUNG:
        one.ended(covenant, by)
