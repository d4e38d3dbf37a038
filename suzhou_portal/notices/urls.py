"""The inbox's pages."""

from django.urls import path

from suzhou_portal.notices import views

urlpatterns = [
    path("inbox/", views.inbox, name="inbox"),
    path("inbox/read/", views.mark_all_read, name="inbox-read-all"),
    path("inbox/<int:pk>/", views.open_notice, name="inbox-open"),
    path("inbox/<int:pk>/read/", views.mark_read, name="inbox-read"),
]
