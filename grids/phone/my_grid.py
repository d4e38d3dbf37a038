"""The phone's pages for grid and area leaders: my grid (what waits for me, one big button), and my issues."""

from typing import Any

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from grids.desk.tasks import lines_of
from grids.issues.models import Issue
from grids.lists import listing
from grids.lists.queues import QUEUES, Queue
from grids.places.models import Area, Grid
from suzhou_portal.accounts.guards import require
from suzhou_portal.accounts.roles import Verb
from suzhou_portal.lib.cases.todo import todo_of
from suzhou_portal.lib.rows.counts import capped_text, written_counts

SHOWN = 30
CAP = 999
TASKS = 10
# What runs in my place, beside what waits for me.
COUNTED = ("open", "soon", "overdue")
# The tabs of "my issues": what waits for me, what I reported, what runs in my place, and what is late.
MINE = ("todo", "mine", "open", "soon", "overdue")


def _my_places(user: Any) -> list[Any]:
    """The grids and areas of the user's own posts, in the order of the posts (at most two queries)."""
    grid_keys = [post.grid_id for post in user.posts if post.grid_id]
    area_keys = [post.area_id for post in user.posts if post.area_id]
    # scope: the user's own posts
    grids = Grid.objects.filter(pk__in=grid_keys).only("code", "name", "community__name").select_related("community")
    areas = Area.objects.filter(pk__in=area_keys).only("code", "name")
    return [*(grids if grid_keys else ()), *(areas if area_keys else ())]


def _tabs(user: Any, names: tuple[str, ...]) -> list[Queue]:
    """The queues of ``names`` that make sense for ``user``: only who handles issues has some to do."""
    verbs = {"todo": Verb.ISSUES_HANDLE, "mine": Verb.ISSUES_REPORT}
    return [QUEUES[name] for name in names if name not in verbs or user.can(verbs[name])]


@require_safe
def my_grid(request: HttpRequest) -> HttpResponse:
    """The page; users without a grid or an area go to the desk."""
    user = request.user
    require(user, Verb.ISSUES_VIEW)
    places = _my_places(user)
    if not places:
        return redirect("issue-list")
    queues = _tabs(user, COUNTED)

    def counted() -> list[Any]:
        issues = Issue.objects.visible_to(user, Verb.ISSUES_VIEW)
        return [queue.rows(issues, user) for queue in queues]

    counts = written_counts("phone.my_grid", user, counted, CAP)
    found = todo_of(user, TASKS + 1)
    context = {
        "places": places,
        "counts": [
            (queue.label, f"/my-issues/?queue={queue.name}", capped_text(count, CAP))
            for queue, count in zip(queues, counts, strict=True)
        ],
        "todo": found,
        "tasks": lines_of(found.tasks[:TASKS], user),
        "more": len(found.tasks) > TASKS,
        "may_report": user.can(Verb.ISSUES_REPORT),
    }
    return render(request, "grids/phone/my_grid.html", context)


@require_safe
def my_issues(request: HttpRequest) -> HttpResponse:
    """``?queue=`` of :data:`MINE`, page by page; each line with its light and until when. One query for the rows.

    The desk shows the same queues with filters and columns; here are lines for a thumb.
    """
    user = request.user
    require(user, Verb.ISSUES_VIEW)
    queues = _tabs(user, MINE)
    chosen = next((queue for queue in queues if queue.name == request.GET.get("queue")), queues[0])
    issues = Issue.objects.visible_to(user, Verb.ISSUES_VIEW)
    try:
        page = listing.page_of(
            chosen.rows(issues, user), chosen.order, after_text=request.GET.get("after", "")[:40], size=SHOWN
        )
    except listing.BadPosition as error:
        raise BadRequest("没有这一页，请从第一页看起。") from error
    context = {
        "chosen": chosen,
        "tabs": [(queue.label, f"?queue={queue.name}", queue is chosen) for queue in queues],
        "rows": listing.shown(page.rows, query=f"queue={chosen.name}", community_known=True),
        "older": page.older,
        "may_report": user.can(Verb.ISSUES_REPORT),
    }
    return render(request, "grids/phone/my_issues.html", context)
