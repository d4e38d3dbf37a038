"""The pages of issues. Registers of ``grids/`` have their own, under ``/grids/``."""

from django.urls import path

from grids.views import entry

urlpatterns = [
    path("issues/new/", entry.entry, name="issue-new"),
    path("issues/new/hints/", entry.hints, name="issue-hints"),
    path("places/", entry.places, name="place-search"),
]
