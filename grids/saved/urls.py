"""Pages of this topic, beside those of its registers."""

from django.urls import path

from grids.saved import views

urlpatterns = [
    path("issues/filters/", views.save, name="issue-filter-save"),
    path("issues/filters/<int:pk>/", views.edit, name="issue-filter-edit"),
    path("issues/filters/<int:pk>/delete/", views.delete, name="issue-filter-delete"),
]
