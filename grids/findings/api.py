"""Attachments through the API."""

from grids.findings.files import FINDING_OWNER
from suzhou_portal.files.api import attachments_of

urlpatterns = [attachments_of("patrol-findings", FINDING_OWNER)]
