"""The pages of issues. Registers of ``grids/`` have their own, under ``/grids/``."""

from django.urls import path

from grids.views import bulk, contacts, day_list, desk, detail, documents, entry, field, my_grid, rules, saved

urlpatterns = [
    path("issues/", desk.desk, name="issue-list"),
    path("issues/export/", desk.export, name="issue-export"),
    path("issues/print/", day_list.day_list, name="issue-print"),
    path("issues/organisations/", desk.organisations, name="organisation-search"),
    path("issues/bulk/", bulk.bulk, name="issue-bulk"),
    path("issues/bulk/<slug:batch>/", bulk.result, name="issue-bulk-result"),
    path("issues/bulk/<slug:batch>/undo/", bulk.undo, name="issue-bulk-undo"),
    path("issues/filters/", saved.save, name="issue-filter-save"),
    path("issues/filters/<int:pk>/", saved.edit, name="issue-filter-edit"),
    path("issues/filters/<int:pk>/delete/", saved.delete, name="issue-filter-delete"),
    path("issues/new/", entry.entry, name="issue-new"),
    path("issues/new/hints/", entry.hints, name="issue-hints"),
    path("issues/<slug:number>/", detail.detail, name="issue-detail"),
    path("issues/<slug:number>/similar/", detail.similar, name="issue-similar"),
    path("issues/<slug:number>/documents/<slug:document>/", documents.page, name="issue-document"),
    path("issues/<slug:number>/documents/<slug:document>/<slug:kind>/", documents.file, name="issue-document-file"),
    path("issues/<slug:number>/contact/", contacts.save, name="issue-contact"),
    path("issues/<slug:number>/contact/reveal/", contacts.reveal, name="issue-contact-reveal"),
    path("issues/<slug:number>/contact/remove/", contacts.remove, name="issue-contact-remove"),
    path("issues/<slug:number>/<slug:action>/", detail.act, name="issue-action"),
    path("contacts/erasure/", contacts.erasing, name="contact-erasure"),
    path("places/", entry.places, name="place-search"),
    path("grids/routing-rules/trial/", rules.trial, name="routing-rules-trial"),
    path("my-grid/", my_grid.my_grid, name="my-grid"),
    path("my-issues/", my_grid.my_issues, name="my-issues"),
    path("sw.js", field.service_worker, name="service-worker"),
    path("manifest.webmanifest", field.manifest, name="web-manifest"),
    path("offline/", field.offline, name="offline-page"),
]
