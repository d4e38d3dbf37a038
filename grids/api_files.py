"""``/api/v1/issues/<id>/attachments/``, and those of findings of patrols and of 五个一."""

from django.urls import path

from grids.files import FINDING_OWNER, FIVE_ONE_OWNER, OWNER
from suzhou_portal.files.api import OwnerAttachmentsView
from suzhou_portal.lib.uploads import takes_files


class IssueAttachmentsView(OwnerAttachmentsView):
    """The photos and documents of an issue, found by id or number."""

    owner, number = OWNER, "number"


class FindingAttachmentsView(OwnerAttachmentsView):
    """The photos of what a patrol found, before and after."""

    owner = FINDING_OWNER


class FiveOneAttachmentsView(OwnerAttachmentsView):
    """The photos and documents that show what a grid has built."""

    owner = FIVE_ONE_OWNER


urlpatterns = [
    path("issues/<str:id>/attachments/", takes_files(IssueAttachmentsView.as_view()), name="api-issue-attachments"),
    path(
        "patrol-findings/<str:id>/attachments/",
        takes_files(FindingAttachmentsView.as_view()),
        name="api-patrol-findings-attachments",
    ),
    path(
        "five-one-records/<str:id>/attachments/",
        takes_files(FiveOneAttachmentsView.as_view()),
        name="api-five-one-records-attachments",
    ),
]
