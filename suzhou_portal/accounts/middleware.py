"""Signing in is required everywhere; a first sign-in changes its password before anything else."""

from collections.abc import Callable

from django.contrib.auth.middleware import LoginRequiredMiddleware as DjangoLoginRequiredMiddleware
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect


class LoginRequiredMiddleware(DjangoLoginRequiredMiddleware):
    """Django's, except that the API answers 401 itself instead of redirecting to a page."""

    def process_view(self, request: HttpRequest, view_func, view_args, view_kwargs):  # type: ignore[no-untyped-def]
        """See Django."""
        if request.path.startswith("/api/"):
            return None
        return super().process_view(request, view_func, view_args, view_kwargs)


class PasswordChangeMiddleware:
    """Sends users who must change their password to that page (the API answers them 403 itself)."""

    OPEN_VIEWS = frozenset({"password-change", "logout", "login"})
    # The same for everybody: a browser fetches these by itself and must get them, whoever is signed in.
    OPEN_VIEWS |= {"service-worker", "web-manifest", "offline-page"}

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view_func, view_args, view_kwargs):  # type: ignore[no-untyped-def]
        """Redirect, unless the page is one that the change itself needs."""
        user = request.user
        if not user.is_authenticated or not user.must_change_password or request.path.startswith("/api/"):
            return None
        if request.resolver_match.view_name in self.OPEN_VIEWS:
            return None
        return redirect("password-change")
