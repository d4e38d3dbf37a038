"""The hub of an area: what waits for me here, what I may begin, where everything stands."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from suzhou_portal.dashboards.hubs.services import index_of, jobs_of, lines_of
from suzhou_portal.navigation import Shell


@require_safe
def hub(request: HttpRequest, code: str) -> HttpResponse:
    """The page. 404 for an area in which the user has no page."""
    found = next(((area, links) for area, links in Shell(request).areas if area.code == code), None)
    if found is None:
        raise Http404
    area, links = found
    context = {
        "area": area,
        "lines": lines_of(links, request.user),
        "jobs": jobs_of(links, request.user),
        "index": index_of(links, request.user),
    }
    return render(request, "dashboards/hubs/hub.html", context)
