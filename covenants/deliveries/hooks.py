"""What commitments hang on covenants: needs follow drafts, commitments what both sides have accepted."""

from typing import Any

from covenants.agreements.consequences import CovenantConsequence
from covenants.agreements.models import Covenant
from covenants.agreements.terms import Terms
from covenants.agreements.workflow import WORKFLOW
from covenants.deliveries.claims import follow_draft, let_go
from covenants.deliveries.in_force import call_off_rest, put_in_force


class Promised(CovenantConsequence):
    """What is promised, and which needs it takes up."""

    def drafted(self, covenant: Covenant, terms: Terms | None) -> None:
        """Needs follow the draft."""
        follow_draft(covenant, terms)

    def agreed(self, covenant: Covenant, terms: Terms, by: Any) -> None:
        """Commitments say what the draft says."""
        put_in_force(covenant, terms, by=by)

    def ended(self, covenant: Covenant, by: Any) -> None:
        """What was not due yet is called off; needs left unmet are open again."""
        call_off_rest(covenant, by=by)
        let_go(covenant)


WORKFLOW.hang(Promised())
