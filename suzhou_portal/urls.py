"""Every page of the portal. Registers add theirs as ``/<app>/<register>/``."""

from django.urls import include, path

from suzhou_portal.lib.registers import site

urlpatterns = [
    path("api/", include("suzhou_portal.api")),  # first: programs call often, and trying all pages takes time
    path("", include("suzhou_portal.health")),
    path("", include("suzhou_portal.accounts.urls")),
    path("", include("suzhou_portal.audit.urls")),
    path("", include("suzhou_portal.files.urls")),
    path("", include("suzhou_portal.notices.urls")),
    path("", include("suzhou_portal.dashboards.urls")),
    path("", include("grids.urls")),
    path("", include("covenants.urls")),
    path("", include(site.urls())),
]

handler400 = "suzhou_portal.errors.bad_request"
handler403 = "suzhou_portal.errors.permission_denied"
handler404 = "suzhou_portal.errors.page_not_found"
handler500 = "suzhou_portal.errors.server_error"
