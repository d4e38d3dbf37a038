"""``/api/v1/issues/<id>/documents/``: which documents an issue has, and their files."""

from typing import Any

from django.http import FileResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from grids.page.papers import paper_named, papers_of
from grids.supervision.papers import letters_of
from suzhou_portal.lib.api.answers import refuse_unknown_parameters
from suzhou_portal.lib.cases.papers import KINDS
from suzhou_portal.lib.cases.papers_rest import DocumentSerializer, document_file, documents_answer

ISSUE_ID = OpenApiParameter("id", str, OpenApiParameter.PATH, description="id 或编号")


class DocumentsMixin:
    """The documents of a viewset's issues: the list, and each as a file."""

    @extend_schema(
        operation_id="issues_documents",
        summary="网格事件的文书",
        parameters=[ISSUE_ID],
        responses=DocumentSerializer(many=True),
    )
    @action(detail=True, methods=["get"], url_path="documents", url_name="documents")
    def documents(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """What can be had now, on this machine."""
        refuse_unknown_parameters(request, frozenset())
        issue = self.get_object()  # type: ignore[attr-defined]
        papers = papers_of(issue, letters_of(issue, request.user))
        return documents_answer(request, issue, papers, f"/api/v1/issues/{issue.pk}/documents/")

    @extend_schema(
        operation_id="issues_document",
        summary="下载文书",
        parameters=[
            ISSUE_ID,
            OpenApiParameter("document", str, OpenApiParameter.PATH, description="文书的 code"),
            OpenApiParameter("kind", str, OpenApiParameter.PATH, enum=list(KINDS)),
        ],
        responses={(200, content_type): OpenApiTypes.BINARY for _label, content_type in KINDS.values()},
    )
    @action(
        detail=True,
        methods=["get"],
        url_path=r"documents/(?P<document>[-\w]+)/(?P<kind>\w+)",
        url_name="document",
    )
    def document(self, request: Request, *args: Any, **kwargs: Any) -> FileResponse:
        """The file. 404 for a document or a kind that the issue does not have, 503 where no PDF can be made."""
        refuse_unknown_parameters(request, frozenset())
        issue = self.get_object()  # type: ignore[attr-defined]
        paper, kind = paper_named(issue, kwargs["document"], request.user), kwargs["kind"]
        return document_file(request, issue, paper, kind)
