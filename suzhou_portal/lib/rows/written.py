"""Statements that the ORM writes once per reader, for pages that ask many questions at once.

What waits for somebody is a dozen querysets: building and compiling them takes the ORM three times as long as the
database takes to answer. Their SQL depends on nothing but the reader's posts, the day, and what topics say that it
:func:`depends_on`; so it is kept under exactly these, for a minute at most, and only moments and samples change from
call to call. Never kept is what a statement answers.
"""

import datetime as dt
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Count, QuerySet, Value, prefetch_related_objects
from django.db.models.query import get_related_populators
from django.db.models.signals import post_delete, post_save
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from suzhou_portal.lib.rows.kept import KeptBy

Build = Callable[[], tuple[str, Sequence[Any], Any]]


@dataclass(frozen=True)
class Written:
    """``sql`` with its ``params``; ``now`` and ``slots`` are the places of what differs from call to call. ``more``:
    what else whoever wrote it wants to know, nothing that was read from rows.
    """

    sql: str
    params: tuple[Any, ...]
    now: tuple[int, ...]
    slots: tuple[tuple[int, int], ...]
    more: Any

    def rows(self, *values: Any) -> list[tuple[Any, ...]]:
        """The answer, with ``values`` in the place of the samples; as the database driver gives it."""
        if not self.sql:
            return []
        params = list(self.params)
        moment = connection.ops.adapt_datetimefield_value(timezone.now()) if self.now else None
        for place in self.now:
            params[place] = moment
        for place, index in self.slots:
            params[place] = values[index]
        with connection.cursor() as cursor:
            cursor.execute(self.sql, params)
            return list(cursor.fetchall())


_KEPT: KeptBy[Hashable, Written] = KeptBy("rows.written", of=())


def depends_on(*labels: str) -> None:
    """Conditions that are written here are made of what rows of these models ("app.Model") say: written anew after a
    change of one.
    """
    for label in labels:
        for signal in (post_save, post_delete):
            signal.connect(_forget, sender=label, dispatch_uid=f"rows.written:{label}", weak=False)


def _forget(**kwargs: Any) -> None:
    _KEPT.forget()


def written(name: str, reader: Any, build: Build, *more: Hashable, samples: Sequence[Any] = ()) -> Written:
    """The statement ``name`` as ``build()`` writes it (SQL, parameters, what else is to be known) for ``reader``, whose
    ``standing`` says all that decides what they see, and for ``more`` that it depends on. ``samples`` are stand-ins
    that occur nowhere else in the parameters.
    """
    key = (name, connection.vendor, timezone.localdate(), reader.standing, *more)
    return _KEPT.get(key, lambda: _write(build, samples))


def _write(build: Build, samples: Sequence[Any]) -> Written:
    adapt: Any = connection.ops.adapt_datetimefield_value
    before = adapt(timezone.now())
    sql, params, more = build()
    after = adapt(timezone.now())
    is_moment = dt.datetime if isinstance(before, dt.datetime) else str
    now = tuple(n for n, one in enumerate(params) if isinstance(one, is_moment) and before <= one <= after)
    slots = tuple((n, samples.index(one)) for n, one in enumerate(params) if one in samples)
    return Written(sql, tuple(params), now, slots, more)


def written_sums(
    name: str, reader: Any, build: Callable[[], tuple[QuerySet, dict[str, Any]]], *values: Any, samples: Sequence[Any]
) -> dict[str, Any]:
    """What ``rows.aggregate(**sums)`` answers for the (rows, sums) of ``build()``; without rows all are None, but
    counts, which are 0.
    """

    def write() -> tuple[str, Sequence[Any], Any]:
        rows, sums = build()
        grouped = rows.order_by().values(group_of_all=Value(1)).annotate(**sums).values_list(*sums)
        return (*grouped.query.sql_with_params(), [(name, isinstance(one, Count)) for name, one in sums.items()])

    statement = written(name, reader, write, samples=samples)
    row = next(iter(statement.rows(*values)), None)
    if row is None:
        return {name: 0 if counts else None for name, counts in statement.more}
    return {name: value for (name, _counts), value in zip(statement.more, row, strict=True)}


def written_rows(
    name: str,
    reader: Any,
    build: Callable[[], Any],
    *more: Hashable,
    samples: Sequence[Any],
    values: Sequence[Any],
) -> list[Any]:
    """The model rows of the queryset that ``build()`` answers, with ``values`` in the place of ``samples``: as the
    queryset itself would read them, with what it joins and annotates. What it prefetches is read after them.
    """

    def write() -> tuple[str, Sequence[Any], Any]:
        rows = build()
        compiler = rows.query.get_compiler(connection=connection)
        sql, params = compiler.as_sql()
        return sql, params, (compiler, rows._prefetch_related_lookups)

    try:
        statement = written(name, reader, write, *more, samples=samples)
    except EmptyResultSet:
        return []
    compiler, lookups = statement.more
    found = list(_instances(compiler, statement.rows(*values)))
    if lookups:
        prefetch_related_objects(found, *lookups)
    return found


def _instances(compiler: Any, rows: Sequence[Any]) -> Iterator[Any]:
    """What ``django.db.models.query.ModelIterable`` makes of the answer to the statement of ``compiler``."""
    chosen, known, alias = compiler.select, compiler.klass_info, connection.alias
    fields = known["select_fields"]
    begin, end = fields[0], fields[-1] + 1
    names = [column[0].target.attname for column in chosen[begin:end]]
    populators = get_related_populators(known, chosen, alias)  # type: ignore[call-arg]  # that of Django 5.2
    for row in compiler.results_iter([rows]):
        made = known["model"].from_db(alias, names, row[begin:end])
        for populator in populators:
            populator.populate(row, made)
        for annotation, place in compiler.annotation_col_map.items():
            setattr(made, annotation, row[place])
        yield made


def moment_of(value: Any) -> Any:
    """A moment (aware; None stays) as the database driver gives it: SQLite gives texts."""
    moment = parse_datetime(value) if isinstance(value, str) else value
    return moment.replace(tzinfo=dt.UTC) if moment is not None and timezone.is_naive(moment) else moment
