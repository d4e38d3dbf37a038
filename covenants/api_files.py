"""``/api/v1/covenants/<number>/attachments/``: the signed scan; ``/api/v1/deliveries/<id>/attachments/``: evidence."""

from django.urls import path

from covenants.files import COVENANT, DELIVERY
from suzhou_portal.files.api import OwnerAttachmentsView
from suzhou_portal.lib.uploads import takes_files


class CovenantAttachmentsView(OwnerAttachmentsView):
    """The signed scan and other papers of a covenant, found by id or number."""

    owner, number = COVENANT, "number"


class DeliveryAttachmentsView(OwnerAttachmentsView):
    """What shows that something was delivered: photos before and after, documents."""

    owner = DELIVERY


urlpatterns = [
    path(
        "covenants/<str:id>/attachments/",
        takes_files(CovenantAttachmentsView.as_view()),
        name="api-covenants-attachments",
    ),
    path(
        "deliveries/<str:id>/attachments/",
        takes_files(DeliveryAttachmentsView.as_view()),
        name="api-deliveries-attachments",
    ),
]
