"""``/api/v1/issues/<id>/documents/``: which documents an issue has, and their files."""

import io
from collections.abc import Iterable
from typing import Any

from django.http import FileResponse, Http404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from grids.documents import KINDS, Paper, paper_named, papers_of, produce
from grids.documents.supervision import letters_of
from suzhou_portal.lib.api import Problem, refuse_unknown_parameters
from suzhou_portal.lib.documents import PdfUnavailable
from suzhou_portal.lib.transfers import download

ISSUE_ID = OpenApiParameter("id", str, OpenApiParameter.PATH, description="id 或编号")


class FileSerializer(serializers.Serializer):
    """A document as a file."""

    kind = serializers.ChoiceField(list(KINDS))
    content_type = serializers.CharField()
    url = serializers.CharField(help_text="下载地址，用同一令牌")


class DocumentSerializer(serializers.Serializer):
    """A document that an issue has now."""

    code = serializers.CharField()
    title = serializers.CharField()
    page = serializers.CharField(help_text="供打印的网页")
    files = FileSerializer(many=True)


def documents_answer(request: Request, row: Any, papers: Iterable[Paper], root: str) -> Response:
    """The documents of ``row``, a numbered row with a page; their files lie below ``root``."""
    return Response(
        [
            {
                "code": paper.code,
                "title": paper.title,
                "page": request.build_absolute_uri(f"{row.get_absolute_url()}documents/{paper.code}/"),
                "files": [
                    {
                        "kind": kind,
                        "content_type": KINDS[kind][1],
                        "url": request.build_absolute_uri(f"{root}{paper.code}/{kind}/"),
                    }
                    for kind in paper.kinds
                ],
            }
            for paper in papers
        ]
    )


def document_file(request: Request, row: Any, paper: Paper | None, kind: str) -> FileResponse:
    """``paper`` of ``row`` as a file. 404 for none, or a kind that there is not; 503 where no PDF can be made."""
    if paper is None or not paper.comes_as(kind):
        raise Http404
    try:
        written = produce(paper, row, kind, by=request.user)
    except PdfUnavailable as problem:
        raise Problem(503, "pdf_unavailable", str(problem)) from problem
    return download(io.BytesIO(written), paper.file_name(row, kind), KINDS[kind][1])


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
