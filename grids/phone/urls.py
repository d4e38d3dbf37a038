"""Pages of this topic, beside those of its registers."""

from django.urls import path

from grids.phone import my_grid, views

urlpatterns = [
    path("my-grid/", my_grid.my_grid, name="my-grid"),
    path("my-issues/", my_grid.my_issues, name="my-issues"),
    path("sw.js", views.service_worker, name="service-worker"),
    path("manifest.webmanifest", views.manifest, name="web-manifest"),
    path("offline/", views.offline, name="offline-page"),
]
