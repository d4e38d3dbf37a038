"""Who may open a page at all."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse

View = Callable[..., HttpResponse]


def needs(verb: str) -> Callable[[View], View]:
    """Decorator of a page: 403 unless some current post of the user gives ``verb``.

    Which rows the page may show is still for ``visible_to`` to say.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not request.user.can(verb):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return guarded

    return decorate


def require(user: Any, verb: str) -> None:
    """403 unless some current post of ``user`` gives ``verb``."""
    if not user.can(verb):
        raise PermissionDenied
