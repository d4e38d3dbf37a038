"""The phone's first page for grid and area leaders: my grid, what waits, one big button."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from grids import listing
from grids.models import Area, Grid, Issue
from grids.queues import MOST_URGENT, QUEUES
from grids.views.entry import require
from suzhou_portal.accounts.roles import Verb
from suzhou_portal.lib.counts import capped_counts, capped_text

SHOWN = 30
CAP = 999
COUNTED = ("todo", "open", "soon", "overdue")


def _my_places(user: Any) -> list[Any]:
    """The grids and areas of the user's own posts, in the order of the posts (at most two queries)."""
    grid_keys = [post.grid_id for post in user.posts if post.grid_id]
    area_keys = [post.area_id for post in user.posts if post.area_id]
    grids = Grid.objects.visible_to(user, Verb.PLACES_VIEW).filter(pk__in=grid_keys).select_related("community")
    areas = Area.objects.visible_to(user, Verb.PLACES_VIEW).filter(pk__in=area_keys)
    return [*(grids if grid_keys else ()), *(areas if area_keys else ())]


@require_GET
def my_grid(request: HttpRequest) -> HttpResponse:
    """The page; users without a grid or an area go to the desk."""
    user = request.user
    require(user, Verb.ISSUES_VIEW)
    places = _my_places(user)
    if not places:
        return redirect("issue-list")
    issues = Issue.objects.visible_to(user, Verb.ISSUES_VIEW)
    queues = [QUEUES[name] for name in COUNTED if name != "todo" or user.can(Verb.ISSUES_HANDLE)]
    counts = capped_counts([queue.rows(issues, user) for queue in queues], CAP)
    page = listing.page_of(issues.open(), MOST_URGENT, size=SHOWN)
    context = {
        "places": places,
        "counts": [
            (queue.label, f"/issues/?queue={queue.name}", capped_text(count, CAP))
            for queue, count in zip(queues, counts, strict=True)
        ],
        "rows": listing.shown(page.rows, query="queue=open", community_known=True),
        "more": bool(page.older),
        "may_report": user.can(Verb.ISSUES_REPORT),
    }
    return render(request, "grids/my_grid.html", context)
