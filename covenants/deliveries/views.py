"""The page of a delivery: what was delivered, its evidence, and what one may do with it."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from covenants.deliveries.lines import delivery_buttons
from covenants.deliveries.models import Delivery
from covenants.deliveries.workflow import DELIVERIES
from suzhou_portal.files.pages import panel_of
from suzhou_portal.lib.cases import acting
from suzhou_portal.lib.cases.acting import Action
from suzhou_portal.lib.registers import site
from suzhou_portal.lib.registers.pages import DetailPage


class DeliveryPage(DetailPage):
    """The page; ``failed`` is a step whose inputs were refused."""

    failed: Action | None = None

    def context(self) -> dict[str, Any]:
        """See the base."""
        row, user = self.obj, self.request.user
        return {
            **super().context(),
            "delivery": row,
            "covenant": row.commitment.covenant,
            "actions": delivery_buttons(row, user, self.failed),
            "attachments": panel_of(row, user),
        }


def _in_scope(request: HttpRequest, pk: int) -> Delivery:
    register = site["deliveries"]
    if not register.may_view(request.user):
        raise PermissionDenied
    row: Delivery | None = register.find(request.user, str(pk))
    if row is None:
        raise Http404
    return row


@require_http_methods(["GET", "POST"])
def act(request: HttpRequest, pk: int, action: str) -> HttpResponse:
    """Take a step; back to where the delivery stands among the promises."""
    row = _in_scope(request, pk)
    if action not in DELIVERIES.by_action:
        raise Http404
    if request.method != "POST":
        return redirect(f"{row.get_absolute_url()}#act-d{row.pk}-{action}")
    outcome = acting.attempt(request, DELIVERIES, row, action)
    if outcome.lost is not None:
        return _lost_race(request, _in_scope(request, pk), action)
    transition = DELIVERIES.by_action[action]
    if outcome.form is not None:
        return _show(request, row, Action(transition, outcome.form), status=422)
    messages.success(request, f"已{transition.label}：{row.commitment}。")
    return redirect(row.commitment.get_absolute_url())


def _lost_race(request: HttpRequest, row: Delivery, action: str) -> HttpResponse:
    """What happened meanwhile, and what was typed; the same step sent twice is no conflict."""
    transition = DELIVERIES.by_action[action]
    decided_alike = row.status == transition.target and request.user in (row.decided_by, row.submitted_by)
    if decided_alike and transition not in DELIVERIES.available(row, request.user):
        return redirect(row.commitment.get_absolute_url())
    return acting.conflict_by_trail(request, DELIVERIES, row, action, row.get_absolute_url())


def _show(request: HttpRequest, row: Delivery, failed: Action | None, *, status: int) -> HttpResponse:
    page = DeliveryPage()
    page.setup(request, key=str(row.pk))
    page.register, page.obj, page.failed = site["deliveries"], row, failed
    return page.render(page.context(), status=status)
