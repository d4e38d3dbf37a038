"""Pages of this topic, beside those of its registers."""

from django.urls import path

from grids.mediation import views

urlpatterns = [
    path("grids/mediations/<slug:number>/act/<slug:action>/", views.act, name="mediations-step"),
    path("grids/mediations/<slug:number>/documents/<slug:document>/", views.document, name="mediations-document"),
    path(
        "grids/mediations/<slug:number>/documents/<slug:document>/<slug:kind>/",
        views.document_file,
        name="mediations-document-file",
    ),
]
