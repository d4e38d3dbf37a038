"""Who calls the API: a program with a bearer token, or a browser with its session."""

from typing import Any

from django.db.models import Q
from django.utils import timezone
from rest_framework import authentication, exceptions, permissions
from rest_framework.request import Request

from suzhou_portal.accounts.models import ApiToken, User
from suzhou_portal.accounts.tokens import digest_of
from suzhou_portal.lib.problems import CHALLENGE

# Longer ones are not ours and are not worth a digest.
MAX_TOKEN = 200


class InvalidToken(exceptions.AuthenticationFailed):
    """401: the token is unknown, expired or revoked, or its user is not active."""

    default_code = "invalid_token"
    default_detail = "令牌无效、已过期或已注销,请重新获取。"

    def __init__(self) -> None:
        super().__init__()


class CsrfFailed(exceptions.PermissionDenied):
    """403: a browser's request without its CSRF token."""

    default_code = "csrf_failed"


class PasswordChangeRequired(exceptions.PermissionDenied):
    """403: the user must change the first password before anything else."""

    default_code = "password_change_required"


class BearerTokenAuthentication(authentication.BaseAuthentication):
    """``Authorization: Bearer <token>``; one query for token and user."""

    keyword = b"bearer"

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        """(user, token), or None when the request carries no bearer token. Raises 401 for a bad one."""
        scheme, _, key = authentication.get_authorization_header(request).strip().partition(b" ")
        if scheme.lower() != self.keyword:
            return None
        key = key.strip()
        if not key or len(key) > MAX_TOKEN:
            raise InvalidToken
        now = timezone.now()
        token = (
            ApiToken.objects.select_related("user")
            .filter(digest=digest_of(key), revoked_at=None, expires_at__gt=now, user__is_active=True)
            .first()
        )
        if token is None:
            raise InvalidToken
        today = timezone.localdate(now)
        if token.last_used_on != today:  # once a day, so that reading stays reading
            ApiToken.objects.filter(pk=token.pk).exclude(Q(last_used_on=today)).update(last_used_on=today)
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        """The challenge of a 401."""
        return CHALLENGE


class PortalSessionAuthentication(authentication.SessionAuthentication):
    """The browser's session, with its CSRF token for everything that writes."""

    def enforce_csrf(self, request: Request) -> None:
        """Raise 403 without a valid CSRF token."""
        try:
            super().enforce_csrf(request)
        except exceptions.PermissionDenied as error:
            raise CsrfFailed("页面已过期或请求来源不明,请刷新页面后重试。") from error


class SignedIn(permissions.BasePermission):
    """Signed in, and past the first change of password (unless the view has ``open_before_password_change``)."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """False: 401. Raises 403 while the first password stands."""
        user = request.user
        if not user.is_authenticated:
            return False
        if user.must_change_password and not getattr(view, "open_before_password_change", False):
            raise PasswordChangeRequired("首次登录须先在网页上修改密码。")
        return True
