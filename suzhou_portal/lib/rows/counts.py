"""Counting that stays cheap on large tables: up to a cap, and many counts in one statement."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import F, QuerySet

from suzhou_portal.lib.rows.written import written


def capped_counts(querysets: Sequence[QuerySet], cap: int) -> list[int]:
    """How many rows each queryset has, in one statement; ``cap + 1`` means more than ``cap``.

    A database counts no further than that, whatever the size of the table.
    """
    return [int(number) for number in totals([(rows, "") for rows in querysets], cap)]


def totals(wanted: Sequence[tuple[QuerySet, str]], cap: int) -> list[int | Decimal]:
    """Per (rows, name): how many rows there are, or with a name of a decimal column its exact sum over them.

    One statement for all. Counts stop at ``cap + 1``, and so do the rows that are summed.
    """
    sql, params, counted = counting(wanted, cap)
    found: list[Any] = []
    if sql:
        with connection.cursor() as cursor:
            cursor.execute(sql, params)
            found = list(cursor.fetchone())
    read = _spread(found, counted)
    return [_exact(rows, name, number) if name else number for (rows, name), number in zip(wanted, read, strict=True)]


def _spread(found: Sequence[Any], counted: Sequence[bool]) -> list[Any]:
    numbers = iter(found)
    return [next(numbers) if known else 0 for known in counted]


def written_counts(
    name: str,
    reader: Any,
    build: Callable[[], Sequence[QuerySet]],
    cap: int,
    *more: Any,
    samples: Sequence[Any] = (),
    values: Sequence[Any] = (),
) -> list[int]:
    """:func:`capped_counts` of what ``build()`` answers for ``reader``; it is asked once, see ``lib.rows.written``."""
    statement = written(name, reader, lambda: counting([(rows, "") for rows in build()], cap), *more, samples=samples)
    return _spread(next(iter(statement.rows(*values)), ()), statement.more)


def counting(wanted: Sequence[tuple[QuerySet, str]], cap: int) -> tuple[str, list[Any], list[bool]]:
    """The statement of :func:`totals` ("" for none), its parameters, and which of ``wanted`` it counts: others have no
    rows.
    """
    parts: list[str] = []
    params: list[Any] = []
    counted: list[bool] = []
    for rows, name in wanted:
        try:
            sql, values = rows.order_by().values(summed_value=F(name or "pk"))[: cap + 1].query.sql_with_params()
        except EmptyResultSet:
            counted.append(False)
            continue
        counted.append(True)
        what = "COALESCE(SUM(counted.summed_value), 0)" if name else "COUNT(*)"
        parts.append(f"(SELECT {what} FROM ({sql}) counted)")  # noqa: S608 -- compiled by Django, values are parameters
        params.extend(values)
    return f"SELECT {', '.join(parts)}" if parts else "", params, counted


def _exact(rows: QuerySet, name: str, number: Any) -> Decimal:
    """A sum with the places of its column: SQLite adds decimals as floating point numbers."""
    field: Any = rows.model._meta.get_field(name)
    return Decimal(str(number)).quantize(Decimal(1).scaleb(-field.decimal_places))


def capped_text(count: int, cap: int) -> str:
    """``count`` as people read it: "1,684", above the cap "1,000+"."""
    return f"{cap:,}+" if count > cap else f"{count:,}"
