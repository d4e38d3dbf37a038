"""What a user sees and does about the own account: posts, password, keys for programs."""

from typing import Any

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.dateparse import parse_datetime
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from suzhou_portal.accounts import services, tokens
from suzhou_portal.accounts.forms import CurrentPasswordForm, PasswordForm
from suzhou_portal.accounts.models import ApiToken, Assignment
from suzhou_portal.accounts.views.signing_in import PREVIOUS

# More than anybody needs; older ones are in the trail.
TOKENS_SHOWN = 50


def _page(request: HttpRequest, *, status: int = 200, **context: Any) -> HttpResponse:
    user = request.user
    posts = Assignment.objects.current().filter(user=user).select_related(*Assignment.TARGETS)
    keys = ApiToken.objects.visible_to(user).order_by("-created_at", "-id")[:TOKENS_SHOWN]
    previous = parse_datetime(request.session.get(PREVIOUS, ""))
    context = {"posts": posts.order_by("pk"), "tokens": keys, "previous": previous, **context}
    context.setdefault("form", CurrentPasswordForm(request))
    response = render(request, "accounts/me.html", context, status=status)
    response["Cache-Control"] = "no-store"
    return response


@require_safe
def me(request: HttpRequest) -> HttpResponse:
    """The page 我的."""
    return _page(request)


@sensitive_post_parameters()
@require_POST
def create_token(request: HttpRequest) -> HttpResponse:
    """Issue a token after the password was typed once more; its text is on this answer only."""
    form = CurrentPasswordForm(request, request.POST)
    if not form.is_valid():
        return _page(request, form=form, status=400)
    token, text = tokens.issue_token(user=request.user, by=request.user)
    return _page(request, new_token=token, new_token_text=text)


@require_POST
def revoke_token(request: HttpRequest, pk: int) -> HttpResponse:
    """End one of the own tokens."""
    token = get_object_or_404(ApiToken.objects.visible_to(request.user), pk=pk)
    tokens.revoke_token(token=token, by=request.user)
    messages.success(request, f"已注销{token}，使用它的程序即刻失效。")
    return redirect("me")


@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def change_password(request: HttpRequest) -> HttpResponse:
    """Change the own password; a first sign-in is led here until it is done."""
    form = PasswordForm(request, request.POST or None)
    if request.method == "POST" and form.is_valid():
        user = services.change_password(user=request.user, password=form.cleaned_data["new"])
        update_session_auth_hash(request, user)
        messages.success(request, "密码已修改，下次登录请使用新密码。其他设备上的登录和接口令牌已失效。")
        return redirect("home")
    return render(request, "registration/password_change_form.html", {"form": form})
