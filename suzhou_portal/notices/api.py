"""``/api/v1/notices/``: the own inbox, marking it read, and how one wants to be told."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.urls import include, path
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter

from suzhou_portal.lib.api.answers import (
    PortalAPIView,
    ScopedViewSet,
    StrictSerializerMixin,
    invalid,
    refuse_unknown_parameters,
)
from suzhou_portal.lib.registers.filters import yes_no_filter
from suzhou_portal.notices import preferences
from suzhou_portal.notices.channels import configured
from suzhou_portal.notices.models import Kind, Notice
from suzhou_portal.notices.preferences import Choices, modes_of

TAG = "消息"
MAX_MARKED = 200
MAX_KEY = 2**63 - 1


class NoticeFilter(django_filters.FilterSet):
    """Of the list: unread ones, those of a kind."""

    unread = yes_no_filter(label="未读", method="by_unread")
    kind = django_filters.ChoiceFilter(label="类型", choices=Kind.choices)

    def by_unread(self, rows: QuerySet, name: str, value: bool) -> QuerySet:
        """Those not read yet, or those read."""
        return rows.filter(read_at__isnull=value)


class NoticeSerializer(serializers.Serializer):
    """A line of the inbox."""

    id = serializers.IntegerField()
    kind = serializers.ChoiceField(Kind.choices)
    title = serializers.CharField()
    url = serializers.CharField(help_text="相关页面的路径")
    created_at = serializers.DateTimeField()
    read_at = serializers.DateTimeField(allow_null=True)


def _local(moment: Any) -> Any:
    return timezone.localtime(moment) if moment else None


@extend_schema_view(list=extend_schema(operation_id="notices_list", summary="我的消息"))
class NoticeViewSet(ScopedViewSet):
    """The user's own notices, the newest first."""

    model = Notice
    tag = TAG
    keyset = ("-id",)
    filterset_class = NoticeFilter
    serializer_class = NoticeSerializer

    def list(self, request: Request) -> Response:
        """A page; one query."""
        columns = ("id", "kind", "message__title", "message__url", "created_at", "read_at")
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()).values(*columns))
        return self.get_paginated_response(
            [
                {
                    "id": row["id"],
                    "kind": row["kind"],
                    "title": row["message__title"],
                    "url": row["message__url"],
                    "created_at": _local(row["created_at"]),
                    "read_at": _local(row["read_at"]),
                }
                for row in page
            ]
        )


class MarkSerializer(StrictSerializerMixin, serializers.Serializer):
    """Which to mark: these, or all up to one."""

    ids = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=MAX_KEY), max_length=MAX_MARKED, required=False
    )
    upto = serializers.IntegerField(min_value=1, max_value=MAX_KEY, required=False, help_text="此 id 及更早的全部")

    def validate(self, values: dict[str, Any]) -> dict[str, Any]:
        """One of the two."""
        if len(values) != 1:
            raise serializers.ValidationError("请填写 ids 或 upto 之一。")
        return values


class MarkedSerializer(serializers.Serializer):
    """How many were unread until now."""

    read = serializers.IntegerField()


class MarkReadView(PortalAPIView):
    """POST marks own notices as read."""

    tag = TAG

    @extend_schema(operation_id="notices_read", summary="标为已读", request=MarkSerializer, responses=MarkedSerializer)
    def post(self, request: Request) -> Response:
        """Others' and unknown ids are passed over: they are not there for this user."""
        serializer = MarkSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        values = serializer.validated_data
        rows = Notice.objects.visible_to(request.user)
        rows = rows.filter(pk__in=values["ids"]) if "ids" in values else rows.filter(pk__lte=values["upto"])
        return Response({"read": rows.mark_read()})


class ModesSerializer(StrictSerializerMixin, serializers.Serializer):
    """Kind → mode."""

    def get_fields(self) -> dict[str, serializers.Field]:
        """One choice per kind."""
        return {kind.value: serializers.ChoiceField(modes_of(kind), label=kind.label) for kind in Kind}


class PreferencesSerializer(StrictSerializerMixin, serializers.Serializer):
    """How one wants to be told."""

    modes = ModesSerializer()
    channels = serializers.DictField(child=serializers.BooleanField(), help_text="平台已接通的推送渠道 → 是否使用")
    office_hours = serializers.BooleanField(help_text="只在工作时间推送")


class PreferencesView(PortalAPIView):
    """GET and PUT the own choices."""

    tag = TAG

    @staticmethod
    def answer(choices: Choices) -> Response:
        """The choices on the wire."""
        channels = {name: name not in choices.silent for name in configured()}
        return Response({"modes": choices.modes, "channels": channels, "office_hours": choices.office_hours})

    @extend_schema(operation_id="notice_preferences", summary="我的消息设置", responses=PreferencesSerializer)
    def get(self, request: Request) -> Response:
        """One query."""
        refuse_unknown_parameters(request, frozenset())
        return self.answer(preferences.choices_for(request.user))

    @extend_schema(
        operation_id="notice_preferences_update",
        summary="修改消息设置",
        request=PreferencesSerializer,
        responses=PreferencesSerializer,
    )
    def put(self, request: Request) -> Response:
        """All of it, as GET gives it; a channel left out keeps its choice."""
        serializer = PreferencesSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        values = serializer.validated_data
        if unknown := sorted(set(values["channels"]) - set(configured())):
            raise invalid(channels=f"平台没有接通这些渠道：{'、'.join(unknown)[:100]}。")
        before = preferences.choices_for(request.user).silent
        off = {name for name, used in values["channels"].items() if not used}
        silent = (before - set(values["channels"])) | off
        choices = Choices(modes=values["modes"], silent=frozenset(silent), office_hours=values["office_hours"])
        preferences.keep(request.user, choices)
        return self.answer(choices)


router = SimpleRouter()
router.register("notices", NoticeViewSet, basename="api-notice")
urlpatterns = [
    path("notices/read/", MarkReadView.as_view(), name="api-notice-read"),
    path("notices/preferences/", PreferencesView.as_view(), name="api-notice-preferences"),
    path("", include(router.urls)),
]
