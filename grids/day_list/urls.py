"""Pages of this topic, beside those of its registers."""

from django.urls import path

from grids.day_list import views

urlpatterns = [
    path("issues/print/", views.day_list, name="issue-print"),
]
