"""``/api/v1/``: every endpoint of the REST layer, the OpenAPI document and its page."""

from django.urls import URLPattern, URLResolver, include, path, re_path
from drf_spectacular.renderers import OpenApiJsonRenderer, OpenApiYamlRenderer
from drf_spectacular.views import SpectacularAPIView
from rest_framework.negotiation import DefaultContentNegotiation

from suzhou_portal.lib.problems import not_found


class SchemaView(SpectacularAPIView):
    """The OpenAPI document: JSON, or YAML for those who ask for it."""

    renderer_classes = [OpenApiJsonRenderer, OpenApiYamlRenderer]
    content_negotiation_class = DefaultContentNegotiation


v1: list[URLPattern | URLResolver] = [
    path("", include("suzhou_portal.accounts.api")),
    path("schema/", SchemaView.as_view(), name="api-schema"),
]
urlpatterns: list[URLPattern | URLResolver] = [
    path("v1/", include(v1)),
    re_path("", not_found),
]
