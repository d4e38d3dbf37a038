"""Who calls the API: a program with a bearer token, or a browser with its session."""

from typing import Any

from django.db.models.functions import Now
from django.utils import timezone
from rest_framework import authentication, exceptions, permissions
from rest_framework.request import Request

from suzhou_portal.accounts.models import ApiToken, User
from suzhou_portal.accounts.tokens import digest_of
from suzhou_portal.lib.api.problems import CHALLENGE
from suzhou_portal.lib.rows.prepared import Prepared

# Asked by every request of a program; of the user what requests need, the rest loads when read.
VALID_TOKEN = Prepared(
    lambda digest: (
        ApiToken.objects.filter(digest=digest, revoked_at=None, expires_at__gt=Now(), user__is_active=True)
        .order_by()
        .values_list("id", "last_used_on", "user_id", "user__username", "user__name", "user__must_change_password")
    ),
    "0" * 64,
)
# Longer ones are not ours and are not worth a digest.
MAX_TOKEN = 200


class InvalidToken(exceptions.AuthenticationFailed):
    """401: the token is unknown, expired or revoked, or its user is not active."""

    default_code = "invalid_token"
    default_detail = "令牌无效、已过期或已注销，请重新获取。"

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
        found = VALID_TOKEN(digest_of(key))
        if not found:
            raise InvalidToken
        token_id, last_used, user_id, username, name, must_change = found[0]
        today = timezone.localdate()
        if str(last_used) != str(today):  # once a day, so that reading stays reading
            ApiToken.objects.filter(pk=token_id).update(last_used_on=today)
        loaded = (user_id, username, name, True, bool(must_change))
        user = User.from_db("default", ["id", "username", "name", "is_active", "must_change_password"], loaded)
        return user, ApiToken.from_db("default", ["id", "user_id"], (token_id, user_id))

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
            raise CsrfFailed("页面已过期或请求来源不明，请刷新页面后重试。") from error


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
