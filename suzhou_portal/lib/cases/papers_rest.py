"""Documents of a row through the API: which there are, and their files."""

from collections.abc import Iterable
from typing import Any

from django.http import FileResponse
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from suzhou_portal.lib.api.problems import Problem
from suzhou_portal.lib.cases.papers import KINDS, Paper, paper_download
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
