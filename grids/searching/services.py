"""Keeping the search text of issues: number, text, place and notes, folded, with their tokens.

Whoever stores a new issue calls :func:`index_new`; every step with a note is added by the
workflow (:func:`add_note`); whatever changes an issue's place, category or texts calls
:func:`reindex`. All in the transaction of the change. The reporter's contact never gets in.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any

from django.db.models import F, QuerySet, Value
from django.db.models.functions import Concat

from grids.issues.models import Issue, IssueEvent
from grids.searching.models import IssueText
from suzhou_portal.lib.text.search import Joined, TokensField, fold, place_token, squeeze, tokens_of

BATCH = 500
# With fewer digits a number's end would be found everywhere.
SHORTEST_END = 3


def number_ends(number: str) -> list[str]:
    """What people say for a number: its last digits, ``SZ-2026-000123`` → ``00123``, ``0123``, ``123``.

    Of a part (``SZ-2026-000123-1``) those of the whole.
    """
    serial = number.split("-")[2] if number.count("-") >= 2 else number
    return [serial[begin:] for begin in range(1, len(serial) - SHORTEST_END + 1)]


def place_words(issue: Issue) -> list[str]:
    """The names of the issue's places, each and all in one, as people write them: 民主街社区嘉和小区3号楼."""
    names = [str(place) for place in (issue.street, issue.community) if place]
    if issue.grid:
        names.append(issue.grid.full_name.replace(" ", ""))
    return [*names, "".join(names)] if len(names) > 1 else names


def text_row(issue: Issue, notes: Iterable[str] = ()) -> IssueText:
    """The unsaved search text of ``issue``, whose steps have ``notes``."""
    parts = (issue.number, issue.description, issue.address, *place_words(issue), issue.category.name, *notes)
    texts = [fold(part) for part in parts if part]
    keys = (("s", issue.street_id), ("c", issue.community_id), ("g", issue.grid_id))
    places = [place_token(level, key) for level, key in keys if key]
    return IssueText(
        issue=issue,
        body="\n".join(map(squeeze, texts)),
        tokens=[*tokens_of(texts), *number_ends(issue.number), *places],
    )


def _store(rows: list[IssueText]) -> None:
    IssueText.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["issue"], update_fields=["body", "tokens"]
    )


def index_new(issue: Issue, *notes: str) -> None:
    """Store the search text of a new ``issue``; one statement."""
    _store([text_row(issue, notes)])


def add_note(issue: Issue, note: str) -> None:
    """Add the note of a step to the search text of ``issue``; one statement, none without a note."""
    folded = fold(note)
    if not folded.strip():
        return
    tokens = Value(tokens_of([folded]), output_field=TokensField())
    changed = IssueText.objects.filter(issue=issue).update(
        body=Concat(F("body"), Value(f"\n{squeeze(folded)}")), tokens=Joined(F("tokens"), tokens)
    )
    if not changed:  # not indexed yet: an update of the portal has emptied the index
        reindex([issue.pk])


def reindex(issues: QuerySet[Issue] | Iterable[int], *, progress: Callable[[int], object] = lambda count: None) -> int:
    """Store the search text of ``issues`` (a queryset, or keys) as the rows now stand; returns how many.

    ``progress`` is told the size of each batch. Three statements a batch.
    """
    # unscoped: the index belongs to no user
    keys = list(issues.order_by().values_list("pk", flat=True) if isinstance(issues, QuerySet) else issues)
    count = 0
    for start in range(0, len(keys), BATCH):
        batch = keys[start : start + BATCH]
        rows = Issue.objects.filter(pk__in=batch).select_related("street", "community", "grid__parent", "category")
        found = list(rows.only(*_NEEDED))
        notes = notes_of(batch)
        _store([text_row(issue, notes[issue.pk]) for issue in found])
        count += len(found)
        progress(len(found))
    return count


_NEEDED = (
    *("number", "description", "address", "street__name", "community__name", "category__name"),
    *("grid__name", "grid__kind", "grid__parent__name"),
)


def notes_of(keys: Iterable[int]) -> dict[Any, list[str]]:
    """The notes of the steps of issues, in order, by the issue's key (none: an empty list); one query."""
    notes: dict[Any, list[str]] = defaultdict(list)
    # unscoped: the caller has the issues in scope, or indexes them
    events = IssueEvent.objects.filter(issue__in=keys).exclude(note="").order_by("issue_id", "id")
    for key, note in events.values_list("issue_id", "note"):
        notes[key].append(note)
    return notes
