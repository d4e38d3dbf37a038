"""Pages of this topic, beside those of its registers."""

from django.urls import path

from grids.page import contacts, paper_views, views

urlpatterns = [
    path("issues/<slug:number>/", views.detail, name="issue-detail"),
    path("issues/<slug:number>/similar/", views.similar, name="issue-similar"),
    path("issues/<slug:number>/documents/<slug:document>/", paper_views.page, name="issue-document"),
    path("issues/<slug:number>/documents/<slug:document>/<slug:kind>/", paper_views.file, name="issue-document-file"),
    path("issues/<slug:number>/contact/", contacts.save, name="issue-contact"),
    path("issues/<slug:number>/contact/reveal/", contacts.reveal, name="issue-contact-reveal"),
    path("issues/<slug:number>/contact/remove/", contacts.remove, name="issue-contact-remove"),
    path("contacts/erasure/", contacts.erasing, name="contact-erasure"),
    path("issues/<slug:number>/<slug:action>/", views.act, name="issue-action"),
]
