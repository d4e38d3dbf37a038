"""去哪儿: a page without script, a list under the search box with it."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from suzhou_portal.dashboards.palette.services import find, remember, usual
from suzhou_portal.dashboards.palette.services import pin as pin_place

LONGEST = 60


@never_cache
@require_safe
def go(request: HttpRequest) -> HttpResponse:
    """``?q=``: where it leads; without words what was used lately. htmx gets the list alone; with ``first`` (the search
    box, when Enter was quicker than the list) one goes there at once.
    """
    query = request.GET.get("q", "")[:LONGEST].replace("\x00", "").strip()
    found = find(request.user, query) if query else usual(request.user)
    if query and found and "first" in request.GET:
        remember(request.user, found[0].url)
        return HttpResponseRedirect(found[0].url)
    context = {"query": query, "found": found}
    asked = request.htmx and not request.htmx.history_restore_request  # type: ignore[attr-defined]
    template = "_results" if asked else "palette"
    response = render(request, f"dashboards/palette/{template}.html", context)
    patch_vary_headers(response, ["HX-Request"])
    return response


@require_POST
def chosen(request: HttpRequest) -> HttpResponse:
    """Remember a place that was gone to (``url``)."""
    remember(request.user, request.POST.get("url", "")[:300])
    return HttpResponse(status=204)


@require_POST
def pin(request: HttpRequest) -> HttpResponse:
    """Pin a place, or let it go (``url``); back to the page."""
    pin_place(request.user, request.POST.get("url", "")[:300])
    return HttpResponseRedirect("/go/")
