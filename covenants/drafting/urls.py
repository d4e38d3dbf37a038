"""Pages of this topic."""

from django.urls import path

from covenants.drafting import views

urlpatterns = [
    path("covenants/covenants/new/", views.begin_page, name="covenants-new"),
    path("covenants/covenants/<slug:number>/draft/", views.draft_page, name="covenants-draft"),
    path("covenants/covenants/<slug:number>/renew/", views.renew_page, name="covenants-renewal"),
]
