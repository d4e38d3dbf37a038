"""The addresses of attachments."""

from django.urls import path

from suzhou_portal.files import views

urlpatterns = [
    path("files/<int:pk>/", views.download, name="attachment-download"),
    path("files/<int:pk>/thumbnail/", views.thumbnail, name="attachment-thumbnail"),
    path("files/<int:pk>/delete/", views.delete, name="attachment-delete"),
    path("files/<slug:owner>/<int:key>/", views.attachments, name="attachment-list"),
]
