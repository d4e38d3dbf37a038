"""Where text enters: what pages send comes into one form before any view reads it (``lib.text.canonical``).

So the length of a text is counted as its reader sees it, and what is stored is what was meant: one kind of line end,
nothing unseen. Programs' JSON goes through :func:`clean` in its parser.
"""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict

from suzhou_portal.lib.text.canonical import text

# Fields that hold passwords, which are no text: signing in, and changing one.
SECRETS = frozenset({"password", "current", "new", "again"})


class CanonicalTextMiddleware:
    """Stands behind the one that checks the token of forms: the body has been read by then."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """See Django."""
        return self.get_response(request)

    def process_view(self, request: Any, view: Any, arguments: Any, keywords: Any) -> None:
        """Bring what was sent into its form. JSON has a parser of its own."""
        if request.method == "POST" and request.content_type in ("application/x-www-form-urlencoded", MULTIPART):
            request.POST = _canonical(request.POST)


MULTIPART = "multipart/form-data"


def _canonical(sent: QueryDict) -> QueryDict:
    """``sent``, the same object when nothing changes."""
    changed = {
        name: texts
        for name, values in sent.lists()
        if name not in SECRETS and (texts := [text(str(value)) for value in values]) != values
    }
    if not changed:
        return sent
    fresh = sent.copy()
    for name, texts in changed.items():
        fresh.setlist(name, texts)
    fresh._mutable = False
    return fresh


def clean(data: Any) -> Any:
    """JSON as it was parsed, its texts in their form; keys with secrets as they are."""
    if isinstance(data, str):
        return text(data)
    if isinstance(data, list):
        return [clean(item) for item in data]
    if isinstance(data, dict):
        return {key: value if key in SECRETS else clean(value) for key, value in data.items()}
    return data
