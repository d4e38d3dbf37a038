"""``/api/v1/``: every endpoint of the REST layer, the OpenAPI document and its page."""

from functools import cache
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, URLResolver, include, path, re_path
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer, OpenApiYamlRenderer
from drf_spectacular.utils import extend_schema
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from suzhou_portal.lib import topics
from suzhou_portal.lib.api.answers import PortalAPIView
from suzhou_portal.lib.api.problems import not_found
from suzhou_portal.lib.registers import site


@cache
def document() -> dict[str, Any]:
    """The OpenAPI document; the same for everybody, so made once per process."""
    return SchemaGenerator().get_schema(request=None, public=True)


class SchemaView(PortalAPIView):
    """The OpenAPI document: JSON, or YAML for those who ask for it. Open: it holds no data."""

    authentication_classes = []
    permission_classes = [AllowAny]
    renderer_classes = [OpenApiJsonRenderer, OpenApiYamlRenderer]
    content_negotiation_class = DefaultContentNegotiation

    @extend_schema(exclude=True)
    def get(self, request: Request) -> Response:
        """The document."""
        return Response(document())


@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    """The page on which people read and try the API."""
    return render(request, "api/docs.html")


v1: list[URLPattern | URLResolver] = [
    *(path("", include(module)) for module in topics.found("api") if hasattr(module, "urlpatterns")),
    path("", include(site.api_urls())),
    path("schema/", SchemaView.as_view(), name="api-schema"),
    path("docs/", docs, name="api-docs"),
]
urlpatterns: list[URLPattern | URLResolver] = [
    path("v1/", include(v1)),
    re_path("", not_found, name="api-unknown"),
]
