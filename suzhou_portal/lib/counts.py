"""Counting that stays cheap on large tables: up to a cap, and many counts in one statement."""

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet


def capped_counts(querysets: Sequence[QuerySet], cap: int) -> list[int]:
    """How many rows each queryset has, in one statement; ``cap + 1`` means more than ``cap``.

    A database counts no further than that, whatever the size of the table.
    """
    parts: list[str] = []
    params: list[Any] = []
    counted: list[bool] = []
    for rows in querysets:
        try:
            sql, values = rows.order_by().values("pk")[: cap + 1].query.sql_with_params()
        except EmptyResultSet:
            counted.append(False)
            continue
        counted.append(True)
        parts.append(f"(SELECT COUNT(*) FROM ({sql}) counted)")  # noqa: S608 -- compiled by Django, values are parameters
        params.extend(values)
    found: list[int] = []
    if parts:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {', '.join(parts)}", params)
            found = list(cursor.fetchone())
    return [found.pop(0) if known else 0 for known in counted]


def capped_text(count: int, cap: int) -> str:
    """``count`` as people read it: "1,684", above the cap "1,000+"."""
    return f"{cap:,}+" if count > cap else f"{count:,}"
