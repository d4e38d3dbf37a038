"""Every page of the portal. Registers add theirs as ``/<app>/<register>/``."""

from django.urls import include, path

urlpatterns = [
    path("", include("suzhou_portal.health")),
    path("", include("suzhou_portal.accounts.urls")),
    path("", include("suzhou_portal.audit.urls")),
    path("", include("suzhou_portal.notices.urls")),
    path("", include("suzhou_portal.dashboards.urls")),
    path("", include("grids.urls")),
    path("api/", include("suzhou_portal.api")),
]
