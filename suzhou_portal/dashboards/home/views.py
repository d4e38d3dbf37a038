"""The home page, and the whole list of what waits."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from grids.desk.tasks import lines_of
from suzhou_portal.accounts.guards import require
from suzhou_portal.accounts.roles import Verb
from suzhou_portal.dashboards.home import services as pieces
from suzhou_portal.lib.cases.todo import todo_of
from suzhou_portal.lib.cases.waiting import more_lines, news_for, sources
from suzhou_portal.navigation import FIELD_ROLES, Shell

SHOWN = 8
PAGE_SIZE, LAST_PAGE = 50, 20


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """What waits for me, what happened, four figures; field workers get their grid, administrators their tools."""
    user = request.user
    if user.roles and FIELD_ROLES.issuperset(user.roles):
        return redirect("my-grid")
    works = user.can(Verb.ISSUES_VIEW)
    context: dict[str, object] = {"works": works, "may_report": user.can(Verb.ISSUES_REPORT)}
    if works:
        found = todo_of(user, SHOWN)
        context |= {"tasks": lines_of(found.tasks, user), "todo": found, "lines": news_for(user)}
        since = pieces.last_visit(user)
        steps = context["steps"] = pieces.steps_by_others(user, since)
        context["news"] = any(step.new for step in steps)
    else:
        # The last area is what administrators are there for: their own work stands first.
        areas = reversed(Shell(request).areas)
        context["tools"] = [link for _area, links in areas for link in links]
    if user.can(Verb.FIGURES_VIEW):
        context["spot"], context["figures"] = pieces.four_figures(user)
    return render(request, "dashboards/home/home.html", context)


@require_safe
def todo(request: HttpRequest) -> HttpResponse:
    """All that waits for me, of every kind, what falls due first; ``?page=``. 403 for who handles nothing."""
    require(request.user, Verb.ISSUES_VIEW)
    text = request.GET.get("page", "")
    page = min(int(text), LAST_PAGE) if text.isascii() and text.isdigit() and 0 < len(text) < 5 and int(text) else 1
    start = (page - 1) * PAGE_SIZE
    found = todo_of(request.user, start + PAGE_SIZE + 1)
    context = {
        "todo": found,
        "tasks": lines_of(found.tasks[start : start + PAGE_SIZE], request.user, start=start),
        "page": page,
        "newer": page - 1,
        "older": page + 1 if len(found.tasks) > start + PAGE_SIZE and page < LAST_PAGE else 0,
        "news": news_for(request.user) + more_lines(request.user, sources()),
    }
    return render(request, "dashboards/home/todo.html", context)
