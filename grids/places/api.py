"""``/api/v1/places/``."""

from django.urls import path
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from grids.places.finding import describe, find_places
from suzhou_portal.accounts.roles import Verb
from suzhou_portal.lib.api.answers import PortalAPIView, invalid, refuse_unknown_parameters

MAX_PLACES = 20


class PlaceHitSerializer(serializers.Serializer):
    """A place that was found."""

    code = serializers.CharField()
    name = serializers.CharField()
    label = serializers.CharField(help_text="连同所在的街道、社区")  # type: ignore[assignment]
    level = serializers.ChoiceField(["street", "community", "grid"])


class PlacesView(PortalAPIView):
    """Finding places by name, pinyin or initials in the user's scope; at most 20, upper levels first."""

    view_verb = Verb.PLACES_VIEW
    tag = "地点"

    @extend_schema(
        operation_id="places_list",
        summary="按名称或拼音查找地点",
        parameters=[OpenApiParameter("q", str, description="名称、拼音或首字母；空则为本人所辖的最上级地点")],
        responses=PlaceHitSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        """The hits."""
        refuse_unknown_parameters(request, {"q"})
        query = request.query_params.get("q", "")
        if len(query) > 60 or "\x00" in query:
            raise invalid(q="查找的内容须在 60 字以内，不含特殊字符。")
        found = find_places(query, request.user, verb=self.view_verb, limit=MAX_PLACES)
        return Response(
            [
                {
                    "code": place.code,
                    "name": place.name,
                    "label": describe(place),
                    "level": type(place)._meta.model_name,
                }
                for place in found
            ]
        )


urlpatterns = [path("places/", PlacesView.as_view(), name="api-places")]
