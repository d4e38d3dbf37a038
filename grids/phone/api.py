"""``/api/v1/field-session/`` and ``/api/v1/field-kit/``: what the phone page asks before it sends what it kept."""

from typing import Any

from django.middleware.csrf import get_token
from django.urls import path
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from grids.phone.services import kit_of
from suzhou_portal.accounts.roles import Verb
from suzhou_portal.lib.api.answers import PortalAPIView, refuse_unknown_parameters

TAG = "现场上报"
SESSION = inline_serializer(
    "FieldSession",
    {
        "user": serializers.IntegerField(help_text="当前登录者的 id"),
        "csrf_token": serializers.CharField(help_text="浏览器会话提交时放入 X-CSRFToken；换人登录后即失效"),
    },
)
PLACE = inline_serializer("FieldPlace", {"code": serializers.CharField(), "label": serializers.CharField()}, many=True)
CATEGORY = inline_serializer(
    "FieldCategory",
    {name: serializers.CharField() for name in ("code", "name", "group", "keywords")},
    many=True,
)
KIT = inline_serializer(
    "FieldKit",
    {
        "user": serializers.IntegerField(),
        "place": serializers.CharField(help_text="默认地点的编码；没有为空"),
        "places": PLACE,
        "categories": CATEGORY,
        "most_photos": serializers.IntegerField(help_text="每件的附件数上限"),
    },
)


@method_decorator(never_cache, name="dispatch")
class FieldSessionView(PortalAPIView):
    """Whose session this is. A phone sends only what the same user wrote.

    The token belongs to this session: when somebody else signs in between this answer and the
    report, Django has changed it, and the report is refused instead of being sent in their name.
    """

    view_verb = Verb.ISSUES_REPORT
    tag = TAG

    @extend_schema(summary="发送前核对登录者", responses=SESSION)
    def get(self, request: Request) -> Response:
        """User and token. 401 without a session, 403 for those who may not report."""
        refuse_unknown_parameters(request, frozenset())
        user: Any = request.user
        return Response({"user": user.pk, "csrf_token": get_token(request._request)})


@method_decorator(never_cache, name="dispatch")
class FieldKitView(PortalAPIView):
    """Places and categories for writing reports without a network (``grids.phone.services``)."""

    view_verb = Verb.ISSUES_REPORT
    tag = TAG

    @extend_schema(summary="离线上报所需的地点和分类", responses=KIT)
    def get(self, request: Request) -> Response:
        """The kit of the user."""
        refuse_unknown_parameters(request, frozenset())
        return Response(kit_of(request.user))


urlpatterns = [
    path("field-session/", FieldSessionView.as_view(), name="api-field-session"),
    path("field-kit/", FieldKitView.as_view(), name="api-field-kit"),
]
