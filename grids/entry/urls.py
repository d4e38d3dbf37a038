"""Pages of this topic, beside those of its registers."""

from django.urls import path

from grids.entry import views

urlpatterns = [
    path("issues/new/", views.entry, name="issue-new"),
    path("issues/new/hints/", views.hints, name="issue-hints"),
    path("places/", views.places, name="place-search"),
]
