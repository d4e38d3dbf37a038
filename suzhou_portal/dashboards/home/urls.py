"""The home page."""

from django.urls import path

from suzhou_portal.dashboards.home.views import home

urlpatterns = [path("", home, name="home")]
