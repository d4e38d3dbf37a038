"""The attachments of issues, of findings of patrols and of 五个一 through the API."""

from grids.files import FINDING_OWNER, FIVE_ONE_OWNER, OWNER
from suzhou_portal.files.api import attachments_of

urlpatterns = [
    attachments_of("issues", OWNER, "number"),
    attachments_of("patrol-findings", FINDING_OWNER),
    attachments_of("five-one-records", FIVE_ONE_OWNER),
]
