"""巡查记录: a patrol as a page to print, and as a PDF. Whoever may see the patrol may print it."""

import io
from typing import Any

from django.db import transaction
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from grids.patrols.models import Patrol
from grids.rounds import papers as paper
from grids.rounds.pages import stops_of
from grids.rounds.views import patrol_in_scope
from suzhou_portal.audit import trail
from suzhou_portal.audit.describing import name_actions
from suzhou_portal.lib.documents.rendering import PDF, PdfUnavailable, pdf_problem, render_pdf
from suzhou_portal.lib.registers.exports import download

ACTION = "patrol.document"
name_actions({ACTION: "打印巡查记录"}, group="片区巡查")


def _put_on_record(patrol: Patrol, form: str, by: Any) -> None:
    with transaction.atomic():
        trail.record(ACTION, patrol, by=by, changes={"document": paper.TITLE, "format": form})


@never_cache
@require_GET
def page(request: HttpRequest, number: str) -> HttpResponse:
    """The record to look at and print."""
    patrol = patrol_in_scope(request, number)
    context = paper.context(patrol, stops_of(patrol, request.user), request.user)
    _put_on_record(patrol, "打印页", request.user)
    problem = pdf_problem()
    files = [] if problem else [{"label": "PDF", "url": reverse("patrol-record-file", args=[number, "pdf"])}]
    context |= {"body": paper.BODY, "back": patrol.get_absolute_url(), "back_label": "返回巡查记录"}
    return render(request, "documents/page.html", {**context, "files": files, "problem": problem})


@never_cache
@require_GET
def file(request: HttpRequest, number: str, kind: str) -> HttpResponse | FileResponse:
    """The record as a file; back to its page, which says why, where no PDF can be made."""
    patrol = patrol_in_scope(request, number)
    if kind != "pdf":
        raise Http404
    context = paper.context(patrol, stops_of(patrol, request.user), request.user)
    try:
        written = render_pdf("documents/pdf.html", {**context, "body": paper.BODY})
    except PdfUnavailable:
        return redirect("patrol-record", patrol.number)
    _put_on_record(patrol, "pdf", request.user)
    return download(io.BytesIO(written), f"{paper.TITLE}{patrol.number}.pdf", PDF)
