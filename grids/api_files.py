"""``/api/v1/issues/<id>/attachments/``."""

from typing import Any

from django.urls import path

from grids.files import OWNER
from grids.models import Issue
from suzhou_portal.files.api import OwnerAttachmentsView
from suzhou_portal.lib.uploads import takes_files


class IssueAttachmentsView(OwnerAttachmentsView):
    """The photos and documents of an issue, found by id or number."""

    owner = OWNER

    def lookup(self, rows: Any, value: str) -> Issue | None:
        """By id, or by number."""
        return super().lookup(rows, value) or rows.filter(number=value).first()


urlpatterns = [
    path("issues/<str:id>/attachments/", takes_files(IssueAttachmentsView.as_view()), name="api-issue-attachments"),
]
