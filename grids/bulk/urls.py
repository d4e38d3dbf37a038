"""Pages of this topic, beside those of its registers."""

from django.urls import path

from grids.bulk import views

urlpatterns = [
    path("issues/bulk/", views.bulk, name="issue-bulk"),
    path("issues/bulk/<slug:batch>/", views.result, name="issue-bulk-result"),
    path("issues/bulk/<slug:batch>/undo/", views.undo, name="issue-bulk-undo"),
]
