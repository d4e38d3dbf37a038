"""The dashboards."""

from django.urls import path

from suzhou_portal.dashboards.board import views

urlpatterns = [
    path("dashboard/other/", views.other_figures, name="dashboard-other"),
    path("dashboard/", views.dashboard, name="dashboard"),
]
