"""The signed scans of covenants, the evidence of deliveries through the API."""

from covenants.files import COVENANT, DELIVERY
from suzhou_portal.files.api import attachments_of

urlpatterns = [
    attachments_of("covenants", COVENANT, "number"),
    attachments_of("deliveries", DELIVERY),
]
