"""The documents of an issue: which there are, and how each is produced. All that is produced is on record.

A document shows what the issue page shows to whoever may see it, and less: no reporter's contact.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from grids.documents import assignment, record, supervision
from grids.documents.wording import printed_words
from grids.models import Issue, Supervision
from suzhou_portal.audit import trail
from suzhou_portal.audit.describing import name_actions
from suzhou_portal.lib.documents import DOCX, PDF, pdf_problem, render_docx, render_pdf

ACTION = "issue.document"
KINDS = {"docx": ("Word", DOCX), "pdf": ("PDF", PDF)}
name_actions({ACTION: "打印文书"}, group="网格事件")


@dataclass(frozen=True)
class Paper:
    """A document of a numbered row: of an issue, unless said otherwise (``documents.mediation``).

    ``code`` names it in addresses, ``title`` on buttons and in file names; ``body`` is the HTML
    that page and PDF share, ``docx`` the name of the Word template, "" for none.
    """

    code: str
    title: str
    body: str
    fill: Callable[[Any, Any], dict[str, Any]]
    docx: str = ""

    def comes_as(self, kind: str) -> bool:
        """The document is made as a file of ``kind``; a PDF perhaps not on this machine."""
        return kind == "pdf" or (kind == "docx" and bool(self.docx))

    @property
    def kinds(self) -> list[str]:
        """The kinds of file that can be had of it on this machine."""
        return [kind for kind in KINDS if self.comes_as(kind) and not (kind == "pdf" and pdf_problem())]

    def file_name(self, issue: Any, kind: str) -> str:
        """Under which name the file is saved."""
        named = self.title if issue.number in self.title else f"{self.title}{issue.number}"
        return f"{named}.{kind}"


ASSIGNMENT = Paper(
    "assignment", "交办单", "documents/_assignment.html", lambda issue, user: assignment.context(issue), assignment.DOCX
)
RECORD = Paper("record", "办理单", "documents/_record.html", record.context)


def _letter(letter: Supervision) -> Paper:
    """A 督办单 as a document, called by its number."""
    return Paper(
        letter.number,
        f"督办单 {letter.number}",
        "documents/_supervision.html",
        lambda issue, user: supervision.context(letter, issue),
        supervision.DOCX,
    )


def papers_of(issue: Issue, letters: Iterable[Supervision]) -> list[Paper]:
    """The documents of ``issue`` for somebody who may see these ``letters`` about it (``supervision.letters_of``)."""
    return [*([ASSIGNMENT] if assignment.exists(issue) else []), *map(_letter, letters), RECORD]


def paper_named(issue: Issue, code: str, user: Any) -> Paper | None:
    """The document ``code`` of ``issue`` as far as ``user`` may have it, or None. One query."""
    papers = papers_of(issue, supervision.letters_of(issue, user))
    return next((paper for paper in papers if paper.code == code), None)


def filled(paper: Paper, issue: Any, user: Any) -> dict[str, Any]:
    """What stands on ``paper`` when ``user`` prints it."""
    return {**paper.fill(issue, user), "title": paper.title, "printed": printed_words(user)}


def put_on_record(paper: Paper, issue: Any, context: dict[str, Any], *, by: Any, kind: str = "") -> None:
    """Tell the trail who produced which document; no ``kind``: as a page to print."""
    with transaction.atomic():
        told = {"document": paper.title, "format": kind or "打印页"}
        trail.record(f"{issue._meta.model_name}.document", issue, by=by, changes=told)


def produce(paper: Paper, issue: Any, kind: str, *, by: Any) -> bytes:
    """``paper`` as a file of ``kind`` (a key of :data:`KINDS`), on record. Raises ``PdfUnavailable``."""
    context = filled(paper, issue, by)
    if kind == "docx":
        written = render_docx(paper.docx, context)
    else:
        written = render_pdf("documents/pdf.html", {**context, "body": paper.body})
    put_on_record(paper, issue, context, by=by, kind=kind)
    return written
