"""Signing in and out, and the demo accounts' short way in."""

from typing import Any

from django.contrib.auth import REDIRECT_FIELD_NAME, login, logout
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import LoginView
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from suzhou_portal.accounts import demo, services
from suzhou_portal.accounts.forms import SignInForm
from suzhou_portal.accounts.models import User

BACKEND = "suzhou_portal.accounts.backends.NameOrPhoneBackend"
# The session remembers when its user had signed in before: shown on the page 我的.
PREVIOUS = "previous_sign_in"


@transaction.atomic
def begin_session(request: HttpRequest, user: User, *, reason: str = "") -> None:
    """Open ``user``'s session under a fresh key, with its audit entry."""
    previous = user.last_login
    login(request, user, backend=BACKEND)
    if previous is not None:
        request.session[PREVIOUS] = previous.isoformat()
    services.record_sign_in(user=user, reason=reason)


def safe_next(request: HttpRequest, wanted: str) -> str:
    """``wanted`` when it is a page of this portal other than the current one; else "" (go home)."""
    same_site = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if same_site and wanted.partition("?")[0] != request.path else ""


class SignInView(LoginView):
    """The sign-in page. Throttled by django-axes; ``next`` leads to pages of this portal only."""

    form_class = SignInForm
    redirect_authenticated_user = True

    def get_redirect_url(self) -> str:
        """``next`` if it is safe and not this very page (which would go round in circles)."""
        wanted = self.request.POST.get(REDIRECT_FIELD_NAME, self.request.GET.get(REDIRECT_FIELD_NAME, ""))
        return safe_next(self.request, wanted)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Adds the demo accounts (none outside demo mode)."""
        return super().get_context_data(demo_accounts=demo.demo_accounts(), **kwargs)

    def form_valid(self, form: SignInForm) -> HttpResponse:
        """In; then to where the user wanted to go."""
        begin_session(self.request, form.get_user())
        return redirect(self.get_success_url())

    def form_invalid(self, form: SignInForm) -> HttpResponse:
        """The page again, with what was typed but the password."""
        if "username" in form.cleaned_data and "password" in form.cleaned_data:
            services.record_failed_sign_in(request=self.request, typed=form.cleaned_data["username"])
        return super().form_invalid(form)


@never_cache
@require_POST
@login_not_required
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session; without one, just show the sign-in page."""
    if request.user.is_authenticated:
        services.record_sign_out(user=request.user)
        logout(request)
    return redirect("login")


@never_cache
@require_POST
@login_not_required
def demo_sign_in(request: HttpRequest) -> HttpResponse:
    """In demo mode: sign in as the demo account ``username``; 404 for any other and outside demo mode."""
    user = demo.demo_user(request.POST.get("username", ""))
    if user is None:
        raise Http404
    begin_session(request, user, reason="演示账号")
    return redirect(safe_next(request, request.POST.get(REDIRECT_FIELD_NAME, "")) or resolve_url("home"))
