"""The page of a case: the page of its register, with the steps that its reader may take."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect

from suzhou_portal.lib.cases import acting
from suzhou_portal.lib.registers.pages import DetailPage


class CasePage(DetailPage):
    """The values of a row, its steps, what belongs to it, and its history."""

    def context(self, failed: acting.Action | None = None) -> dict[str, Any]:
        """See the base. ``failed``: a step with what is wrong in its form."""
        return {**super().context(), "actions": self.actions(failed)}

    def actions(self, failed: acting.Action | None = None) -> list[acting.Action]:
        """The steps of the row's workflow that the user may take."""
        workflow, page = self.register.workflow, self.register.url_of(self.obj)
        return acting.buttons(workflow, self.obj, self.request.user, lambda action: f"{page}actions/{action}/", failed)


class ActPage(CasePage):
    """Takes a step of the row's workflow, from the buttons of its page."""

    http_method_names = ["get", "post", "options"]

    def get(self, request: HttpRequest, key: str, action: str = "") -> HttpResponse:
        """The page of the row, at the inputs of the step: whoever had to sign in again comes here."""
        return HttpResponseRedirect(f"{self.register.url_of(self.obj)}#act-{action}")

    def post(self, request: HttpRequest, key: str, action: str) -> HttpResponse:
        """Take the step. 404 for an unknown one, 403 without the right, 409 where the row has moved on,
        422 with what is wrong beside the inputs.
        """
        workflow = self.register.workflow
        outcome = acting.attempt(request, workflow, self.obj, action)
        if outcome.lost is not None:
            self.obj = self.register.find(request.user, key)
            if self.obj is None:
                raise Http404
            return acting.conflict_by_trail(request, workflow, self.obj, action, self.register.url_of(self.obj))
        if outcome.form is not None:
            return self.render(self.context(acting.Action(workflow.by_action[action], outcome.form)), status=422)
        row = outcome.fresh
        messages.success(request, f"{workflow.by_action[action].label}：{row}。")
        seen = self.register.rows(request.user).filter(pk=row.pk).exists()
        return HttpResponseRedirect(self.register.url_of(row) if seen else self.register.list_url)
