"""Reference data: the rows that every installation begins with, added where they are missing.

A topic declares its own in ``reference.py``, which is found by itself, with a CSV file beside it::

    loads_file(DisputeKind, DISPUTE_KINDS, order=50)

or, where the file does not have the columns of the table::

    @loads(IssueCategory, order=30)
    def load() -> int:
        return add_missing(IssueCategory(code=row["code"], name=row["name"]) for row in rows_of(CATEGORIES))

Adding never touches a row that exists: what the district has edited stays.
"""

import csv
from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path
from typing import Any

from django.db import models, transaction

from suzhou_portal.lib import topics
from suzhou_portal.lib.rows import records

REASON = "初始基础数据"
# From when on versioned rows hold that were there before the portal.
SINCE = date(2020, 1, 1)
# What is the platform's default, and no rule of the district, is told where it is edited.
DEFAULT_NOTE = "平台默认值，可修改"

Load = Callable[[], int]
_declared: dict[str, tuple[int, Load]] = {}


def loads(model: type[models.Model], *, order: int) -> Callable[[Load], Load]:
    """Declare the decorated function: it adds the missing rows of ``model``, and answers how many were added.

    ``order``: what refers to other rows comes after them.
    """

    def declare(load: Load) -> Load:
        _declared[str(model._meta.verbose_name)] = (order, load)
        return load

    return declare


def loads_file(model: type[models.Model], path: Path, *, order: int, **common: Any) -> None:
    """Declare that the rows of the CSV file ``path``, by code, are those of ``model``: its columns are called alike.
    ``common``: what all rows have besides.
    """
    loads(model, order=order)(lambda: add_missing(model(**row, **common) for row in rows_of(path)))


@transaction.atomic
def load_reference() -> dict[str, int]:
    """Add what is missing of all topics, each row with its audit entry.

    Returns the number of rows added per Chinese model name; safe to run again.
    """
    topics.found("reference")
    ordered = sorted(_declared.items(), key=lambda item: item[1][0])
    return {name: load() for name, (_order, load) in ordered}


def rows_of(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV file with a head line, in order."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def add(row: Any) -> None:
    """Store ``row``, with its entry in the trail."""
    records.create(row, by=None, reason=REASON)


def add_missing(
    rows: Iterable[models.Model],
    *,
    known: Callable[[Any], Any] = lambda row: {"code": row.code},
    store: Callable[[Any], object] = add,
) -> int:
    """Store those of ``rows`` that are not there yet; returns how many. ``known(row)``: by which columns a row is
    found again; an empty mapping: rows are only added where there are none at all.
    """
    added = 0
    for row in rows:
        # unscoped: a command of the operator
        if not type(row)._default_manager.filter(**known(row)).exists():
            store(row)
            added += 1
    return added
