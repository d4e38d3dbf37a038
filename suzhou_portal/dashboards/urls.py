"""The home page and the dashboards."""

from django.urls import path

from suzhou_portal.dashboards import views

urlpatterns = [
    path("", views.home, name="home"),
    path("dashboard/other/", views.other_figures, name="dashboard-other"),
    path("dashboard/", views.dashboard, name="dashboard"),
]
