"""Attachments through the API."""

from grids.issues.files import OWNER
from suzhou_portal.files.api import attachments_of

urlpatterns = [attachments_of("issues", OWNER, "number")]
