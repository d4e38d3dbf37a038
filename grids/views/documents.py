"""Documents of an issue: the page to print, and the files. Whoever may see the issue may print it."""

import io
from typing import Any

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from grids.documents import KINDS, Paper, filled, paper_named, produce, put_on_record
from grids.models import Issue
from grids.views.detail import issue_in_scope
from suzhou_portal.lib.documents import PdfUnavailable, pdf_problem
from suzhou_portal.lib.transfers import download


def _paper(issue: Issue, code: str, user: Any) -> Paper:
    paper = paper_named(issue, code, user)
    if paper is None:
        raise Http404
    return paper


@never_cache
@require_GET
def page(request: HttpRequest, number: str, document: str) -> HttpResponse:
    """The document as a page to look at and print, with the files that can be had."""
    issue = issue_in_scope(request, number)
    paper = _paper(issue, document, request.user)
    context = filled(paper, issue, request.user)
    put_on_record(paper, issue, context, by=request.user)
    context |= {
        "body": paper.body,
        "back": issue.get_absolute_url(),
        "files": [
            {"label": KINDS[kind][0], "url": reverse("issue-document-file", args=[number, document, kind])}
            for kind in paper.kinds
        ],
        "problem": pdf_problem(),
    }
    return render(request, "documents/page.html", context)


@never_cache
@require_GET
def file(request: HttpRequest, number: str, document: str, kind: str) -> HttpResponse | FileResponse:
    """The document as a file; back to its page, which says why, where no PDF can be made."""
    issue = issue_in_scope(request, number)
    paper = _paper(issue, document, request.user)
    if not paper.comes_as(kind):
        raise Http404
    try:
        written = produce(paper, issue, kind, by=request.user)
    except PdfUnavailable:
        return redirect("issue-document", issue.number, paper.code)
    return download(io.BytesIO(written), paper.file_name(issue, kind), KINDS[kind][1])
