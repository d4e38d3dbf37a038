"""The home page."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from suzhou_portal.accounts.roles import Verb
from suzhou_portal.dashboards.home import services as pieces
from suzhou_portal.lib.cases.waiting import waiting_for
from suzhou_portal.navigation import FIELD_ROLES, Shell

# Issues in hand stand on the page themselves, the most urgent first, with their lights.
LISTED = ("todo", "soon", "overdue")


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """What waits for me, what happened, four figures; field workers get their grid, administrators their tools."""
    user = request.user
    if user.roles and FIELD_ROLES.issuperset(user.roles):
        return redirect("my-grid")
    context: dict[str, object] = {"waiting": None, "may_report": user.can(Verb.ISSUES_REPORT)}
    if user.can(Verb.ISSUES_VIEW):
        since = pieces.last_visit(user)
        context["waiting"], context["waiting_total"] = pieces.waiting_for(user)
        steps = context["steps"] = pieces.steps_by_others(user, since)
        context["news"] = any(step.new for step in steps)
        context["acts"] = user.can(Verb.ISSUES_KEEP) or user.can(Verb.ISSUES_HANDLE)
    else:
        # The last area is what administrators are there for: their own work stands first.
        areas = reversed(Shell(request).areas)
        context["tools"] = [link for _area, links in areas for link in links]
    context["lines"] = waiting_for(user, without=LISTED)
    if user.can(Verb.FIGURES_VIEW):
        context["spot"], context["figures"] = pieces.four_figures(user)
    return render(request, "dashboards/home/home.html", context)
