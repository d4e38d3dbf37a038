"""A case: a register whose rows take steps. One declaration more than a register: its table of steps."""

from typing import Any

from suzhou_portal.lib.cases.pages import ActPage, CasePage
from suzhou_portal.lib.cases.rest import ActionsRegisterMixin
from suzhou_portal.lib.cases.workflow import Workflow
from suzhou_portal.lib.registers.declaration import Register
from suzhou_portal.lib.registers.rest import viewset_for


class Case(Register):
    """A register with a ``workflow``: steps as buttons on the page of a row, and as actions in REST."""

    workflow: Workflow
    views: dict[str, Any] = {**Register.views, "detail": CasePage, "act": ActPage}
    routes = {**Register.routes, "act": "<str:key>/actions/<slug:action>/"}

    def viewset(self) -> Any:
        """See the base; with the steps."""
        return viewset_for(self, ActionsRegisterMixin, workflow=self.workflow)
