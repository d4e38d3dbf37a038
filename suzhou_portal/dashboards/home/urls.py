"""The home page, and the whole list of what waits."""

from django.urls import path

from suzhou_portal.dashboards.home.views import home, todo

urlpatterns = [path("", home, name="home"), path("todo/", todo, name="todo")]
