"""``/api/v1/saved-filters/``: the saved filters of the issue desk, one's own and the shared ones."""

from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from grids.saved.services import saved_filters
from suzhou_portal.accounts.roles import Verb
from suzhou_portal.lib.api.answers import PortalAPIView, refuse_unknown_parameters


class SavedFilterSerializer(serializers.Serializer):
    """A saved filter: ``query`` goes behind ``/api/v1/issues/?``, and shows the reader's own rows."""

    id = serializers.IntegerField(source="pk")
    name = serializers.CharField()
    query = serializers.CharField(help_text="接在 /api/v1/issues/? 之后使用")
    owner = serializers.CharField()
    shared_with = serializers.SerializerMethodField(help_text="共享给哪里；不共享的为空")
    may_edit = serializers.BooleanField()
    unusable = serializers.SerializerMethodField(help_text="不能使用的原因；可以使用的为空")

    def get_shared_with(self, row: object) -> str | None:
        """The place's name, or null."""
        return getattr(row, "shared_with", "") or None

    def get_unusable(self, row: object) -> str | None:
        """The reason, or null."""
        return getattr(row, "reason", "") or None


class SavedFiltersView(PortalAPIView):
    """The saved filters that the user sees, by name."""

    view_verb = Verb.ISSUES_VIEW
    tag = "网格事件"

    @extend_schema(
        operation_id="saved_filters_list",
        summary="常用筛选：本人的和共享的",
        responses=SavedFilterSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        """All of them."""
        refuse_unknown_parameters(request, frozenset())
        return Response(SavedFilterSerializer(saved_filters(request.user), many=True).data)


urlpatterns = [path("saved-filters/", SavedFiltersView.as_view(), name="api-saved-filters")]
