"""``/api/v1/tokens/`` and ``/api/v1/me/``: signing in for programs, and who one is."""

from typing import Any

from django.conf import settings
from django.contrib.auth import authenticate
from django.http import Http404
from django.urls import path
from django.utils import timezone
from django.utils.crypto import salted_hmac
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import ScopedRateThrottle

from suzhou_portal.accounts import services
from suzhou_portal.accounts.authentication import PasswordChangeRequired, SignedIn
from suzhou_portal.accounts.models import ApiToken, Assignment, User
from suzhou_portal.accounts.roles import DISTRICT_ROLES
from suzhou_portal.accounts.tokens import PREFIX, issue_token, revoke_token
from suzhou_portal.lib.api.answers import PortalAPIView, StrictSerializerMixin, refuse_unknown_parameters
from suzhou_portal.lib.api.keys import answer_once
from suzhou_portal.lib.api.problems import Problem

WRONG_CREDENTIALS = "账号或密码不正确。"
LOCKED = "登录失败次数过多，该账号已暂时锁定，请稍后再试。"
SIGN_IN = "登录"
MAX_TOKENS_LISTED = 200


class CredentialsSerializer(StrictSerializerMixin, serializers.Serializer):
    """What a program signs in with."""

    username = serializers.CharField(max_length=40, label="账号或手机号")
    password = serializers.CharField(max_length=200, trim_whitespace=False, label="密码")


class IssuedTokenSerializer(serializers.Serializer):
    """A fresh token: the only time that its text is shown."""

    id = serializers.IntegerField()
    token = serializers.CharField()
    expires_at = serializers.DateTimeField()


class TokenSerializer(serializers.Serializer):
    """A token as it is listed."""

    id = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    revoked_at = serializers.DateTimeField(allow_null=True)
    last_used_on = serializers.DateField(allow_null=True)


class TokensView(PortalAPIView):
    """POST signs in and issues a token; GET lists one's own, the newest first (at most 200)."""

    tag = SIGN_IN
    throttle_scope = "tokens"
    idempotent = False  # ``post`` sees to it itself, once it knows the user

    def get_permissions(self) -> list[Any]:
        """Everybody may try to sign in."""
        return [AllowAny()] if self.request.method == "POST" else [SignedIn()]

    def get_authenticators(self) -> list[Any]:
        """Signing in looks at the credentials only, not at a session or an old token."""
        if self.request is not None and self.request.method == "POST":
            return []
        return super().get_authenticators()

    def get_throttles(self) -> list[Any]:
        """Trying passwords is limited per address, beside the lock per account."""
        return [ScopedRateThrottle()] if self.request.method == "POST" else []

    @extend_schema(operation_id="tokens_list", summary="我的令牌", responses=TokenSerializer(many=True))
    def get(self, request: Request) -> Response:
        """The user's own tokens."""
        refuse_unknown_parameters(request, frozenset())
        tokens = ApiToken.objects.visible_to(request.user).order_by("-created_at", "-id")[:MAX_TOKENS_LISTED]
        return Response(TokenSerializer(tokens, many=True).data)

    @extend_schema(
        operation_id="tokens_create",
        summary="用账号密码换取令牌",
        auth=[{}],
        request=CredentialsSerializer,
        responses={201: IssuedTokenSerializer},
    )
    def post(self, request: Request) -> Response:
        """A token for these credentials; 401 with the same words whatever was wrong, 429 when locked."""
        credentials = CredentialsSerializer(data=request.data)
        credentials.is_valid(raise_exception=True)
        user = self.sign_in(request, **credentials.validated_data)

        def act(record: Any) -> Response:
            token, key = issue_token(user=user, by=user, key=repeatable_key(record) if record else "")
            answer = {"id": token.pk, "token": key, "expires_at": timezone.localtime(token.expires_at)}
            return Response(answer, status=status.HTTP_201_CREATED)

        return answer_once(
            request,
            user,
            act,
            conceal=lambda answer: {**answer, "token": ""},
            reveal=lambda kept, record: {**kept, "token": repeatable_key(record)},
        )

    def sign_in(self, request: Request, username: str, password: str) -> User:
        """The user of these credentials. Raises the problems 401, 429 and 403."""
        plain_request = request._request
        user = authenticate(request=plain_request, username=username, password=password)
        if not isinstance(user, User):
            services.record_failed_sign_in(request=plain_request, typed=username)
        if getattr(plain_request, "axes_locked_out", False):
            raise Problem(status.HTTP_429_TOO_MANY_REQUESTS, "locked", LOCKED)
        if not isinstance(user, User):
            raise Problem(status.HTTP_401_UNAUTHORIZED, "wrong_credentials", WRONG_CREDENTIALS)
        if user.must_change_password:
            raise PasswordChangeRequired("首次登录须先在网页上修改密码。")
        return user


def repeatable_key(record: Any) -> str:
    """The token text that belongs to a stored ``Idempotency-Key``: only its digest is stored, too."""
    return PREFIX + salted_hmac("portal.token", f"{record.pk}:{record.key}", algorithm="sha256").hexdigest()


class TokenView(PortalAPIView):
    """DELETE revokes one of the user's own tokens."""

    tag = SIGN_IN

    @extend_schema(
        operation_id="tokens_revoke",
        summary="注销令牌",
        parameters=[OpenApiParameter("id", int, OpenApiParameter.PATH)],
        request=None,
        responses={204: None},
    )
    def delete(self, request: Request, id: int) -> Response:
        """Revoke; 404 for other people's tokens."""
        token = ApiToken.objects.visible_to(request.user).filter(pk=id).first()
        if token is None:
            raise Http404
        revoke_token(token=token, by=request.user)
        return Response(status=status.HTTP_204_NO_CONTENT)


class PlaceSerializer(serializers.Serializer):
    """A place by code and name."""

    code = serializers.CharField()
    name = serializers.CharField()


class RoleSerializer(serializers.Serializer):
    """A current post."""

    role = serializers.CharField()
    label = serializers.CharField()
    place = PlaceSerializer(allow_null=True)
    organisation = PlaceSerializer(allow_null=True)

    def get_fields(self) -> dict[str, serializers.Field]:
        """``from`` is a word of Python and cannot be an attribute."""
        dates = {"from": serializers.DateField(), "to": serializers.DateField(allow_null=True)}
        return {**super().get_fields(), **dates}


class MeSerializer(serializers.Serializer):
    """Who the user is, and what they may do where."""

    username = serializers.CharField()
    name = serializers.CharField()
    must_change_password = serializers.BooleanField()
    roles = RoleSerializer(many=True)
    places = PlaceSerializer(many=True)
    verbs = serializers.ListField(child=serializers.CharField())


class MeView(PortalAPIView):
    """GET tells the user, current roles, places and verbs."""

    tag = SIGN_IN
    open_before_password_change = True

    @extend_schema(operation_id="me", summary="我的账号、角色和地点", responses=MeSerializer)
    def get(self, request: Request) -> Response:
        """One query beside signing in."""
        refuse_unknown_parameters(request, frozenset())
        user = request.user
        posts = Assignment.objects.current().filter(user=user).select_related(*Assignment.TARGETS).order_by("id")
        roles = [role_row(post) for post in posts]
        places = {role["place"]["code"]: role["place"] for role in roles if role["place"]}
        return Response(
            {
                "username": user.username,
                "name": user.name,
                "must_change_password": user.must_change_password,
                "roles": roles,
                "places": list(places.values()),
                "verbs": sorted(user.verbs),
            }
        )


def role_row(post: Assignment) -> dict[str, Any]:
    """A post as ``/me/`` answers it; district roles stand on the district."""
    target = post.target
    named = {"code": target.code, "name": target.name} if target else None
    place = None if post.organisation_id else named
    if post.role in DISTRICT_ROLES:
        place = {"code": settings.DISTRICT_CODE, "name": settings.DISTRICT_NAME}
    return {
        "role": post.role,
        "label": post.get_role_display(),
        "place": place,
        "organisation": named if post.organisation_id else None,
        "from": post.starts,
        "to": post.ends,
    }


urlpatterns = [
    path("tokens/", TokensView.as_view(), name="api-token-list"),
    path("tokens/<int:id>/", TokenView.as_view(), name="api-token-detail"),
    path("me/", MeView.as_view(), name="api-me"),
]
