"""The documents of an issue: which there are (``lib.cases.papers`` produces them).

A document shows what the issue page shows to whoever may see it, and less: no reporter's contact.
"""

from collections.abc import Iterable
from typing import Any

from grids.issues.models import Issue
from grids.page import assignment, record
from grids.supervision import papers as supervision
from grids.supervision.models import Supervision
from suzhou_portal.audit.describing import name_actions
from suzhou_portal.lib.cases.papers import Paper, named

name_actions({"issue.document": "打印文书"}, group="网格事件")

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
    return named(papers_of(issue, supervision.letters_of(issue, user)), code)
