"""The pages of the dashboards."""

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from suzhou_portal.accounts.guards import needs
from suzhou_portal.accounts.roles import Verb
from suzhou_portal.dashboards.board.services import compose, other_lines
from suzhou_portal.dashboards.figures.wording import period_query
from suzhou_portal.dashboards.places import spots
from suzhou_portal.lib.time import periods


def _asked(request: HttpRequest) -> tuple[spots.Spot, periods.Period, dict[str, list[str]]]:
    """The place and period that the query names, and what was wrong with the period (then this month)."""
    code = request.GET.get("place", "")
    spot = spots.find(code, request.user) if code else spots.own(request.user)
    errors: dict[str, list[str]] = {}
    try:
        period = periods.from_query(request.GET)
    except ValidationError as error:
        period, errors = periods.named(periods.DEFAULT), error.message_dict
    return spot, period, errors


@require_safe
@needs(Verb.FIGURES_VIEW)
def other_figures(request: HttpRequest) -> HttpResponse:
    """The figures of the other registers of the same place and period: what the dashboard fetches after itself.

    Without script a page of its own.
    """
    spot, period, _errors = _asked(request)
    context = {"lines": other_lines(spot, period, request.user), "spot": spot, "period": period}
    fragment = bool(request.htmx)
    response = render(request, "dashboards/board/_lines.html" if fragment else "dashboards/board/other.html", context)
    patch_vary_headers(response, ["HX-Request"])
    return response


@require_safe
@needs(Verb.FIGURES_VIEW)
def dashboard(request: HttpRequest) -> HttpResponse:
    """The figures of a place (``?place=<code>``, else the user's own) in a period.

    ``?period=month|last-month|quarter|year|12m`` or ``?from=&to=``. A period that cannot be
    read is answered 400 with this month's figures and the message beside the field.
    """
    spot, period, errors = _asked(request)
    board = compose(spot, period, request.user)
    context = {
        "board": board,
        "spot": spot,
        "period": period,
        "period_query": period_query(period),
        "choices": periods.CHOICES.items(),
        "errors": errors,
        "typed": {"from": request.GET.get("from") or period.first, "to": request.GET.get("to") or period.last},
        "updated_at": board.counts.updated_at,
        "other_url": _other_url(spot, period),
    }
    return render(request, "dashboards/board/dashboard.html", context, status=400 if errors else 200)


def _other_url(spot: spots.Spot, period: periods.Period) -> str:
    place = f"place={spot.code}&" if spot.code else ""
    return f"{reverse('dashboard-other')}?{place}{period_query(period)}"
