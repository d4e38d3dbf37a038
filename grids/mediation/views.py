"""The page of a mediation: that of every case, with the parties, the mediators and the talks."""

from typing import Any

from grids.mediation.papers import outcome_words
from grids.mediation.services import issues_of
from suzhou_portal.lib.cases.acting import Action
from suzhou_portal.lib.cases.pages import CasePage


class MediationPage(CasePage):
    """See the module."""

    def context(self, failed: Action | None = None) -> dict[str, Any]:
        """See the base."""
        row, found = self.obj, super().context(failed)
        return {
            **found,
            "outcome": outcome_words(row),
            "mediators": list(map(str, row.case_mediators())),
            "talks": row.talks(),
            "steps": [step for step in found["steps"] if step.action != "session"],
            "issues": issues_of(row, self.request.user),
        }
