"""Attachments through the API."""

from grids.five_ones.files import FIVE_ONE_OWNER
from suzhou_portal.files.api import attachments_of

urlpatterns = [attachments_of("five-one-records", FIVE_ONE_OWNER)]
