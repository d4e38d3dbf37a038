"""Where the pages of a covenant are, and how they find their row."""

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest

from covenants.agreements.models import Covenant
from suzhou_portal.lib.registers import site

# A draft has a page of its own, not a few inputs in place.
ELSEWHERE = frozenset({"amend"})


def covenant_in_scope(request: HttpRequest, number: str) -> Covenant:
    """The covenant with this number. 403 without the right to view any, 404 outside the scope."""
    register = site["covenants"]
    if not register.may_view(request.user):
        raise PermissionDenied
    row: Covenant | None = register.find(request.user, number)
    if row is None:
        raise Http404
    return row


def draft_url(covenant: Covenant) -> str:
    """The page on which the next draft of ``covenant`` is written."""
    return f"{covenant.get_absolute_url()}draft/"


def action_url(covenant: Covenant, action: str) -> str:
    """Where the step ``action`` is sent to; a draft to its own page."""
    return draft_url(covenant) if action in ELSEWHERE else f"{covenant.get_absolute_url()}actions/{action}/"
