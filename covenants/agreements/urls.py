"""Pages of this topic: what is printed."""

from django.urls import path

from covenants.agreements import views

ONE = "covenants/covenants/<slug:number>/documents/"
urlpatterns = [
    path(f"{ONE}<slug:document>/", views.page, name="covenants-paper"),
    path(f"{ONE}<slug:document>/<slug:kind>/", views.file, name="covenants-paper-file"),
]
