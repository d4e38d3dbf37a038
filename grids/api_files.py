"""``/api/v1/issues/<id>/attachments/``, and those of 五个一."""

from typing import Any

from django.urls import path

from grids.files import FIVE_ONE_OWNER, OWNER
from grids.models import Issue
from suzhou_portal.files.api import OwnerAttachmentsView
from suzhou_portal.lib.uploads import takes_files


class IssueAttachmentsView(OwnerAttachmentsView):
    """The photos and documents of an issue, found by id or number."""

    owner = OWNER

    def lookup(self, rows: Any, value: str) -> Issue | None:
        """By id, or by number."""
        return super().lookup(rows, value) or rows.filter(number=value).first()


class FiveOneAttachmentsView(OwnerAttachmentsView):
    """The photos and documents that show what a grid has built."""

    owner = FIVE_ONE_OWNER


urlpatterns = [
    path("issues/<str:id>/attachments/", takes_files(IssueAttachmentsView.as_view()), name="api-issue-attachments"),
    path(
        "five-one-records/<str:id>/attachments/",
        takes_files(FiveOneAttachmentsView.as_view()),
        name="api-five-one-records-attachments",
    ),
]
