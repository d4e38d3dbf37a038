"""Drafts that the browser keeps (``static/js/drafts.js``): it is told when one is stored.

A form with ``data-keep`` says the name of its draft when it is sent. Once the view has stored it and leads on, a
cookie names the draft, and the browser drops it. Whatever else comes back, a lost connection, the sign-in page, a
form with errors or a conflict, the draft stays.
"""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from django.http import HttpRequest, HttpResponse

FIELD = "_draft"
COOKIE = "portal_draft_done"
LONGEST = 120
SECONDS = 300


class KeptDraftsMiddleware:
    """Stands last: a redirect of the middlewares before it (to sign in, to a new password) has stored nothing."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Name the draft that the view has stored."""
        response = self.get_response(request)
        led_on = response.status_code in (302, 303) and getattr(request, "reached_view", False)
        if led_on and request.method == "POST" and (name := request.POST.get(FIELD, "")[:LONGEST]):
            value, secure = quote(name, safe=""), request.is_secure()
            response.set_cookie(COOKIE, value, max_age=SECONDS, samesite="Lax", secure=secure)
        return response

    def process_view(self, request: Any, view: Any, arguments: Any, keywords: Any) -> None:
        """No middleware before this one has answered instead of the view."""
        request.reached_view = True
