"""Counting that stays cheap on large tables: up to a cap, and many counts in one statement."""

import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Count, F, QuerySet, Subquery
from django.db.models.functions import Coalesce

from suzhou_portal.lib.rows.written import written

_TABLE = re.compile(r'(?:FROM|JOIN) "(\w+)"')


def counted(rows: QuerySet, by: str) -> Coalesce:
    """How many of ``rows`` belong to an outer row, which they name in ``by``: an annotation for the rows of a page.

    ``rows`` are narrowed with ``OuterRef``. Other than a join it counts for the rows that are shown alone.
    """
    return Coalesce(Subquery(rows.order_by().values(by).annotate(count=Count("pk")).values("count")), 0)


def capped_counts(querysets: Sequence[QuerySet], cap: int) -> list[int]:
    """How many rows each queryset has, in one statement; ``cap + 1`` means more than ``cap``.

    A database counts no further than that, whatever the size of the table.
    """
    return [int(number) for number in totals([(rows, "") for rows in querysets], cap)]


def totals(wanted: Sequence[tuple[QuerySet, str]], cap: int) -> list[int | Decimal]:
    """Per (rows, name): how many rows there are, or with a name of a decimal column its exact sum over them.

    One statement for all. Counts stop at ``cap + 1``, and so do the rows that are summed.
    """
    return Totals(wanted, cap).read()


class Totals:
    """The same in two steps: ``tables`` are those that the statement reads."""

    def __init__(self, wanted: Sequence[tuple[QuerySet, str]], cap: int) -> None:
        self.wanted = wanted
        self.parts: list[str] = []
        self.params: list[Any] = []
        self.counted: list[bool] = []
        for rows, name in wanted:
            try:
                sql, values = rows.order_by().values(summed_value=F(name or "pk"))[: cap + 1].query.sql_with_params()
            except EmptyResultSet:
                self.counted.append(False)
                continue
            self.counted.append(True)
            what = "COALESCE(SUM(counted.summed_value), 0)" if name else "COUNT(*)"
            self.parts.append(f"(SELECT {what} FROM ({sql}) counted)")  # noqa: S608 -- compiled by Django
            self.params.extend(values)

    @property
    def sql(self) -> str:
        """The statement; "" where nothing is to be counted."""
        return f"SELECT {', '.join(self.parts)}" if self.parts else ""

    @property
    def tables(self) -> frozenset[str]:
        """The names of the tables."""
        return frozenset(name for part in self.parts for name in _TABLE.findall(part))

    def read(self) -> list[int | Decimal]:
        """The numbers."""
        found: list[Any] = []
        if self.parts:
            with connection.cursor() as cursor:
                cursor.execute(self.sql, self.params)
                found = list(cursor.fetchone())
        pairs = zip(self.wanted, _spread(found, self.counted), strict=True)
        return [_exact(rows, name, number) if name else number for (rows, name), number in pairs]


def _spread(found: Sequence[Any], counted: Sequence[bool]) -> list[Any]:
    numbers = iter(found)
    return [next(numbers) if known else 0 for known in counted]


def counting(wanted: Sequence[tuple[QuerySet, str]], cap: int) -> tuple[str, list[Any], list[bool]]:
    """The statement of :func:`totals` ("" for none), its parameters, and which of ``wanted`` it counts: others have no
    rows.
    """
    asked = Totals(wanted, cap)
    return asked.sql, asked.params, asked.counted


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


def _exact(rows: QuerySet, name: str, number: Any) -> Decimal:
    """A sum with the places of its column: SQLite adds decimals as floating point numbers."""
    field: Any = rows.model._meta.get_field(name)
    return Decimal(str(number)).quantize(Decimal(1).scaleb(-field.decimal_places))


def capped_text(count: int, cap: int) -> str:
    """``count`` as people read it: "1,684", above the cap "1,000+"."""
    return f"{cap:,}+" if count > cap else f"{count:,}"
