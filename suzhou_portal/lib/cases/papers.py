"""Documents of a row on paper: which an app declares, the page to look at and print, the files. All that is
produced is on record.

An app declares a :class:`Paper` per document and says which a row has now; its views find the row in scope and
leave the rest to :func:`paper_page` and :func:`paper_file`. Whoever may see the row may print it.
"""

import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import transaction
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from suzhou_portal.audit import trail
from suzhou_portal.lib.documents.rendering import DOCX, PDF, PdfUnavailable, pdf_problem, render_docx, render_pdf
from suzhou_portal.lib.registers.exports import download
from suzhou_portal.templatetags.portal import long_date

KINDS = {"docx": ("Word", DOCX), "pdf": ("PDF", PDF)}


# A form of lines: ``rows`` [(label, text)], ``number``, ``date``, ``sender`` who seals it.
PLAIN = "documents/_plain.html"


@dataclass(frozen=True)
class Paper:
    """A document of a numbered row.

    ``code`` names it in addresses, ``title`` on buttons and in file names; ``body`` is the HTML that page and PDF
    share (:data:`PLAIN` suffices for a form of lines), ``docx`` the name of the Word template, "" for none.
    ``fill(row, user)`` answers what stands on it, beside ``number``, ``date`` (of the day) and ``printed``;
    ``exists(row)``: the row has it now.
    """

    code: str
    title: str
    body: str = PLAIN
    fill: Callable[[Any, Any], dict[str, Any]] = lambda row, user: {}
    docx: str = ""
    exists: Callable[[Any], bool] = lambda row: True

    def comes_as(self, kind: str) -> bool:
        """The document is made as a file of ``kind``; a PDF perhaps not on this machine."""
        return kind == "pdf" or (kind == "docx" and bool(self.docx))

    @property
    def kinds(self) -> list[str]:
        """The kinds of file that can be had of it on this machine."""
        return [kind for kind in KINDS if self.comes_as(kind) and not (kind == "pdf" and pdf_problem())]

    def file_name(self, row: Any, kind: str) -> str:
        """Under which name the file is saved."""
        named = self.title if row.number in self.title else f"{self.title}{row.number}"
        return f"{named}.{kind}"


def printed_words(user: Any) -> str:
    """Who printed it and when, for the foot of the page; marked where the district is made up."""
    now = timezone.localtime()
    demo = "演示数据　" if settings.DEMO else ""
    return f"{demo}{settings.PORTAL_NAME}　{user} 打印于 {now:%Y-%m-%d %H:%M}"


def named(papers: Iterable[Paper], code: str) -> Paper | None:
    """The one of ``papers`` that is called ``code``."""
    return next((paper for paper in papers if paper.code == code), None)


def filled(paper: Paper, row: Any, user: Any) -> dict[str, Any]:
    """What stands on ``paper`` when ``user`` prints it."""
    common = {"number": row.number, "date": long_date(timezone.localdate())}
    return {**common, **paper.fill(row, user), "title": paper.title, "printed": printed_words(user)}


def put_on_record(paper: Paper, row: Any, *, by: Any, kind: str = "") -> None:
    """Tell the trail who produced which document; no ``kind``: as a page to print."""
    with transaction.atomic():
        told = {"document": paper.title, "format": kind or "打印页"}
        trail.record(f"{row._meta.model_name}.document", row, by=by, changes=told)


def produce(paper: Paper, row: Any, kind: str, *, by: Any) -> bytes:
    """``paper`` as a file of ``kind`` (a key of :data:`KINDS`), on record. Raises ``PdfUnavailable``."""
    context = filled(paper, row, by)
    if kind == "docx":
        written = render_docx(paper.docx, context)
    else:
        written = render_pdf("documents/pdf.html", {**context, "body": paper.body})
    put_on_record(paper, row, by=by, kind=kind)
    return written


def paper_page(request: HttpRequest, row: Any, paper: Paper | None, back_label: str) -> HttpResponse:
    """The document of ``row`` as a page to look at and print, with the files that can be had. 404 for None."""
    if paper is None:
        raise Http404
    context = filled(paper, row, request.user)
    put_on_record(paper, row, by=request.user)
    files = [{"label": KINDS[kind][0], "url": f"{_address(row, paper)}{kind}/"} for kind in paper.kinds]
    context |= {"body": paper.body, "back": row.get_absolute_url(), "back_label": back_label}
    return render(request, "documents/page.html", {**context, "files": files, "problem": pdf_problem()})


def paper_file(request: HttpRequest, row: Any, paper: Paper | None, kind: str) -> HttpResponse | FileResponse:
    """The document of ``row`` as a file; back to its page, which says why, where no PDF can be made. 404 for
    None, and for a kind that there is not.
    """
    try:
        return paper_download(row, paper, kind, by=request.user)
    except PdfUnavailable:
        return redirect(_address(row, paper))


def paper_download(row: Any, paper: Paper | None, kind: str, *, by: Any) -> FileResponse:
    """The file as an answer. 404 for None, and for a kind that there is not; raises ``PdfUnavailable``."""
    if paper is None or not paper.comes_as(kind):
        raise Http404
    written = produce(paper, row, kind, by=by)
    return download(io.BytesIO(written), paper.file_name(row, kind), KINDS[kind][1])


def _address(row: Any, paper: Any) -> str:
    return f"{row.get_absolute_url()}documents/{paper.code}/"
