"""The 协议书: the page to print, and the files. Whoever may see the covenant may print it."""

import io
from typing import Any

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from covenants.documents import papers_of
from covenants.models import Covenant
from covenants.views.finding import covenant_in_scope
from grids.documents import KINDS, Paper, filled, produce, put_on_record
from suzhou_portal.lib.documents import PdfUnavailable, pdf_problem
from suzhou_portal.lib.transfers import download


def paper_named(covenant: Covenant, code: str) -> Paper:
    """The document ``code`` of ``covenant``. 404: there is none (yet)."""
    for paper in papers_of(covenant):
        if paper.code == code:
            return paper
    raise Http404


@never_cache
@require_GET
def page(request: HttpRequest, number: str, document: str) -> HttpResponse:
    """The document as a page to look at and print."""
    covenant = covenant_in_scope(request, number)
    paper = paper_named(covenant, document)
    context: dict[str, Any] = filled(paper, covenant, request.user)
    put_on_record(paper, covenant, context, by=request.user)
    back = covenant.get_absolute_url()
    context |= {
        "body": paper.body,
        "back": back,
        "back_label": "返回协议",
        "back_words": "返回协议",
        "files": [{"label": KINDS[kind][0], "url": f"{back}documents/{document}/{kind}/"} for kind in paper.kinds],
        "problem": pdf_problem(),
    }
    return render(request, "documents/page.html", context)


@never_cache
@require_GET
def file(request: HttpRequest, number: str, document: str, kind: str) -> HttpResponse | FileResponse:
    """The document as a file; back to its page, which says why, where no PDF can be made."""
    covenant = covenant_in_scope(request, number)
    paper = paper_named(covenant, document)
    if not paper.comes_as(kind):
        raise Http404
    try:
        written = produce(paper, covenant, kind, by=request.user)
    except PdfUnavailable:
        return redirect("covenants-paper", covenant.number, paper.code)
    return download(io.BytesIO(written), paper.file_name(covenant, kind), KINDS[kind][1])
