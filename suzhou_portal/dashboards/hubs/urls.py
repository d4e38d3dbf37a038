"""The hubs of the areas."""

from django.urls import path

from suzhou_portal.dashboards.hubs.views import hub

urlpatterns = [path("areas/<slug:code>/", hub, name="hub")]
