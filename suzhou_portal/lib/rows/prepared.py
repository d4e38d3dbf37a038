"""Hot queries whose SQL the ORM writes once per process.

Every signed-in request asks the same few questions (whose token, which posts). Building and
compiling the query takes the ORM several times as long as the database takes to answer;
here it does so once, and after that only the parameters change.
"""

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any

from django.db import connection
from django.db.models import QuerySet


class Prepared:
    """``build(*samples)`` gives the query, a ``values_list()``; calling the object runs it with other values.

    ``samples`` are stand-ins of the right types that occur nowhere else in the query. Rows
    come as the database driver gives them: ask for keys, texts and flags only (SQLite has
    numbers for flags and texts for dates).
    """

    def __init__(self, build: Callable[..., QuerySet], *samples: Any) -> None:
        self.build, self.samples = build, samples
        self._compiled: dict[str, tuple[str, list[Any]]] = {}

    def __call__(self, *values: Any) -> Sequence[tuple[Any, ...]]:
        """The rows for ``values``, which stand in the order of the samples."""
        if connection.vendor not in self._compiled:
            self._compiled[connection.vendor] = self._compile()
        sql, slots = self._compiled[connection.vendor]
        plain = [value.isoformat() if isinstance(value, dt.date) else value for value in values]
        with connection.cursor() as cursor:
            cursor.execute(sql, [plain[slot] if own else slot for own, slot in slots])
            return cursor.fetchall()

    def _compile(self) -> tuple[str, list[Any]]:
        """The SQL, and for each of its parameters (True, index of the value) or (False, constant)."""
        sql, params = self.build(*self.samples).query.sql_with_params()
        marks = [str(sample) for sample in self.samples]
        slots = [(True, marks.index(str(p))) if str(p) in marks else (False, p) for p in params]
        if {slot for own, slot in slots if own} != set(range(len(self.samples))):
            raise ValueError("a sample does not stand in the query")
        return sql, slots
