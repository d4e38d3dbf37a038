"""Documents of a row through the API: which there are, and their files."""

from collections.abc import Iterable
from typing import Any

from django.http import FileResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from suzhou_portal.lib.api.answers import refuse_unknown_parameters
from suzhou_portal.lib.api.problems import Problem
from suzhou_portal.lib.cases.papers import KINDS, Paper, named, paper_download
from suzhou_portal.lib.documents.rendering import PdfUnavailable


class FileSerializer(serializers.Serializer):
    """A document as a file."""

    kind = serializers.ChoiceField(list(KINDS))
    content_type = serializers.CharField()
    url = serializers.CharField(help_text="下载地址，用同一令牌")


class DocumentSerializer(serializers.Serializer):
    """A document that a row has now."""

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
    try:
        return paper_download(row, paper, kind, by=request.user)
    except PdfUnavailable as problem:
        raise Problem(503, "pdf_unavailable", str(problem)) from problem


class PapersMixin:
    """The documents of the rows of a viewset: the list, and each as a file."""

    register: Any

    def papers_of(self, row: Any) -> Iterable[Paper]:
        """The documents that ``row`` has now."""
        papers: Iterable[Paper] = self.register.papers_of(row, self.request.user)  # type: ignore[attr-defined]
        return papers

    def documents_root(self, row: Any) -> str:
        """The address below which its files lie."""
        return f"/api/v1/{self.register.name}/{getattr(row, self.register.key)}/documents/"

    @extend_schema(responses=DocumentSerializer(many=True))
    @action(detail=True, methods=["get"], url_path="documents", url_name="documents")
    def documents(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """What can be had now, on this machine."""
        refuse_unknown_parameters(request, frozenset())
        row = self.get_object()  # type: ignore[attr-defined]
        return documents_answer(request, row, self.papers_of(row), self.documents_root(row))

    @extend_schema(
        parameters=[
            OpenApiParameter("document", str, OpenApiParameter.PATH, description="文书的 code"),
            OpenApiParameter("kind", str, OpenApiParameter.PATH, enum=list(KINDS)),
        ],
        responses={(200, media): OpenApiTypes.BINARY for _label, media in KINDS.values()},
    )
    @action(detail=True, methods=["get"], url_path=r"documents/(?P<document>[-\w]+)/(?P<kind>\w+)", url_name="document")
    def document(self, request: Request, *args: Any, **kwargs: Any) -> FileResponse:
        """The file. 404 for a document or a kind that the row does not have, 503 where no PDF can be made."""
        refuse_unknown_parameters(request, frozenset())
        row = self.get_object()  # type: ignore[attr-defined]
        return document_file(request, row, named(self.papers_of(row), kwargs["document"]), kwargs["kind"])
