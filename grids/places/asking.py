"""The place that a page is asked for."""

from django.http import Http404, HttpRequest

from grids.places.finding import Place, own_place, place_named
from suzhou_portal.accounts.roles import Verb


def asked_place(request: HttpRequest) -> Place | None:
    """The place of ``?place=``, else where the user works; None for the district. 404 outside the scope."""
    code = request.GET.get("place", "")[:21]
    if not code:
        return own_place(request.user, Verb.PLACES_VIEW)
    place = place_named(code, request.user, Verb.PLACES_VIEW)
    if place is None:
        raise Http404
    return place
