"""The signed scans of covenants through the API."""

from covenants.agreements.files import COVENANT
from suzhou_portal.files.api import attachments_of

urlpatterns = [attachments_of("covenants", COVENANT, "number")]
