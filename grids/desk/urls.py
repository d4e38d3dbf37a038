"""Pages of this topic, beside those of its registers."""

from django.urls import path

from grids.desk import views

urlpatterns = [
    path("issues/", views.desk, name="issue-list"),
    path("issues/export/", views.export, name="issue-export"),
    path("issues/organisations/", views.organisations, name="organisation-search"),
]
