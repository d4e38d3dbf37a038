"""Parts of pages that many requests show alike, drawn once per process for all that they show.

A part is kept under its template and everything that this template may read, so that nothing has to be forgotten when
it changes, and nobody is shown what another was. The token of the request alone is put in anew.
"""

import secrets
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.middleware.csrf import get_token
from django.template.loader import get_template
from django.utils.safestring import SafeString

# Where the token of the request comes to stand. Nobody can type it.
MARK = f"token-{secrets.token_hex(16)}"


@lru_cache(maxsize=1000)
def _kept(template: str, urls: str, values: tuple[tuple[str, Any], ...]) -> str:
    return get_template(template).render({"portal": dict(values), "csrf_token": MARK})


def drawn(template: str, *, token: str = "", **values: Any) -> SafeString:
    """``template`` with ``values`` (hashable) as its ``portal``, and nothing else; ``token`` is the request's."""
    html = _kept(template, settings.ROOT_URLCONF, tuple(values.items()))
    return SafeString(html.replace(MARK, token) if token else html)


class Surroundings:
    """What ``navigation.Shell`` shows around a page, drawn; each part names what its template reads."""

    request: HttpRequest
    signed_in: bool

    def _drawn(self, template: str, *names: str, token: str = "") -> SafeString:
        read = ((name, getattr(self, name)) for name in names)
        values = {name: tuple(value) if isinstance(value, list) else value for name, value in read}
        return drawn(f"partials/{template}.html", token=token, **values)

    @property
    def top(self) -> SafeString:
        """The bar above the page."""
        seen = ("ready", "name", "demo", "searched", "inbox_url", "unread")
        own = ("signed_in", "who", "roles", "theme", "large")
        return self._drawn("topbar", *seen, *own, token=get_token(self.request) if self.signed_in else "")

    @property
    def side(self) -> SafeString:
        """The side bar."""
        return self._drawn("nav", "menu", "page", "inbox_url", "unread")

    @property
    def row(self) -> SafeString:
        """The row of words under the title."""
        return self._drawn("words", "words", "area_label")

    @property
    def foot(self) -> SafeString:
        """The phone's bottom bar."""
        return self._drawn("bar", "bar", "field_worker")
