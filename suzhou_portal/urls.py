"""Every page of the portal: apps and topics have theirs in ``urls.py``, registers add ``/<app>/<register>/``."""

from django.urls import include, path

from suzhou_portal.lib import topics
from suzhou_portal.lib.registers import site

urlpatterns = [
    path("api/", include("suzhou_portal.api")),  # first: programs call often, and trying all pages takes time
    path("", include("suzhou_portal.health")),
    *(path("", include(module)) for module in topics.found("urls")),
    path("", include(site.urls())),
]

handler400 = "suzhou_portal.errors.bad_request"
handler403 = "suzhou_portal.errors.permission_denied"
handler404 = "suzhou_portal.errors.page_not_found"
handler500 = "suzhou_portal.errors.server_error"
