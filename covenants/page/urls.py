"""Pages of this topic, beside those of its register."""

from django.urls import path

from covenants.page import views

ONE = "covenants/covenants/<slug:number>/"
urlpatterns = [
    path(f"{ONE}commitments/<int:pk>/deliver/", views.deliver, name="covenants-deliver"),
]
