"""The pages of the covenants. Registers of ``covenants/`` have their own, under the same roof."""

from django.urls import path

from covenants.views import covenant, deliveries, documents, drafting

ONE = "covenants/covenants/<slug:number>/"
urlpatterns = [
    path("covenants/covenants/new/", drafting.begin_page, name="covenants-new"),
    path(f"{ONE}draft/", drafting.draft_page, name="covenants-draft"),
    path(f"{ONE}renew/", drafting.renew_page, name="covenants-renewal"),
    path(f"{ONE}actions/<slug:action>/", covenant.act, name="covenants-action"),
    path(f"{ONE}commitments/<int:pk>/deliver/", covenant.deliver, name="covenants-deliver"),
    path(f"{ONE}documents/<slug:document>/", documents.page, name="covenants-paper"),
    path(f"{ONE}documents/<slug:document>/<slug:kind>/", documents.file, name="covenants-paper-file"),
    path("covenants/deliveries/<int:pk>/actions/<slug:action>/", deliveries.act, name="deliveries-action"),
]
