"""待办: all that one has to act on, of every kind of case, in one list: what falls due first.

The conditions are those of ``lib.cases.waiting``, so that the list has exactly what the lines count. One statement
brings keys and due dates of all kinds; the few rows that are shown are read after it, one statement per kind.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import DateField, DateTimeField, F, Value
from django.http import HttpRequest
from django.utils import timezone
from django.utils.dateparse import parse_date

from suzhou_portal.lib.cases.due import NORMAL, OVERDUE, SOON
from suzhou_portal.lib.cases.onward import LISTS, Around, Came
from suzhou_portal.lib.cases.waiting import CAP, Asked, Line, asked_of, line_of
from suzhou_portal.lib.registers.tables import field_at, field_of
from suzhou_portal.lib.rows.written import moment_of, written

LIST = "todo"  # what the address of a row says that was opened from the list
URL = "/todo/"
UPTO = 987_654_321  # stands for how many are asked for
FOREVER = datetime.max.replace(tzinfo=UTC)


SAMPLE, SIZES = 9_876_500_000, (1, 4, 10, 50)
# A source, a way in which its rows wait, and what reads their due dates.
Way = tuple[Any, Any, Callable[[Any], date | None]]


@dataclass(frozen=True)
class Task:
    """One row that waits: for ``wait`` of ``source``, until ``due`` (a day, a moment, None)."""

    source: Any
    wait: Any
    pk: int
    due: date | None

    def light(self, warn_at: datetime | None = None) -> str:
        """Its light now, a key of ``lib.cases.due.WORDS``; "" without a due date."""
        now = timezone.now()
        if not isinstance(self.due, datetime):
            return "" if self.due is None else OVERDUE if self.due < timezone.localdate(now) else NORMAL
        if now > self.due:
            return OVERDUE
        return SOON if warn_at and now > warn_at else NORMAL


@dataclass(frozen=True)
class Todo:
    """The list as far as it was asked for; ``lines`` count it by kind, ``total`` is their sum."""

    tasks: list[Task]
    lines: list[Line]
    total: str


@dataclass(frozen=True)
class Told:
    """A task in words. ``kind``: what sort of row; places by key; ``step``: what is waited for."""

    task: Task
    kind: str
    url: str
    name: str
    text: str
    step: str
    light: str
    street: int | None
    community: int | None
    grid: int | None


def is_listed(source: Any, wait: Any) -> bool:
    """It is to be acted on, and not the light of what is listed already."""
    return wait.to_do and not wait.light


def todo_of(user: Any, upto: int) -> Todo:
    """The first ``upto`` of what waits for ``user``, and the counts of all. One statement."""
    statement = written("cases.todo", user, lambda: _write(asked_of(user, is_listed)), samples=(UPTO,))
    ways: list[Way] = statement.more
    counts, found = [0] * len(ways), []
    for number, key, due, total in statement.rows(upto):
        source, wait, read = ways[number]
        counts[number] = total
        found.append((number, Task(source, wait, key, read(due))))
    found.sort(key=lambda pair: (_when(pair[1].due), pair[0], pair[1].pk))
    lines = [line_of(source, wait, count) for (source, wait, _), count in zip(ways, counts, strict=True) if count]
    text = f"{CAP:,}+" if max(counts, default=0) > CAP else f"{sum(counts):,}"
    return Todo([task for _number, task in found[:upto]], lines, text)


def _due_of(one: Asked) -> tuple[Any, Callable[[Any], Any]]:
    """The expression by which the rows of ``one`` fall due, and what reads it from the database's answer."""
    model, path = one.rows.model, one.wait.due
    if path == "":
        path = "due_at" if field_of(model, "due_at") is not None else None
    if not path:
        return Value(None, DateTimeField()), lambda value: None
    days = isinstance(field := field_at(model, path), DateField) and not isinstance(field, DateTimeField)
    return F(path), _day if days else moment_of


def _day(value: Any) -> date | None:
    """A day; PostgreSQL gives the midnight of its own day, which is that of UTC."""
    if isinstance(value, str):
        return parse_date(value[:10])
    return value.astimezone(UTC).date() if value is not None else None


def _write(asked: list[Asked]) -> tuple[str, list[Any], list[Way]]:
    """The statement that brings the first :data:`UPTO` rows of each of ``asked``, and how many each has."""
    parts: list[str] = []
    params: list[Any] = []
    ways: list[Way] = []
    # PostgreSQL does not mix days and moments.
    cast = "CAST(todo_due AS timestamptz)" if connection.vendor == "postgresql" else "todo_due"
    for number, one in enumerate(asked):
        due, read = _due_of(one)
        ways.append((one.source, one.wait, read))
        rows = one.rows.order_by().values(todo_key=F("pk"), todo_due=due)
        rows = rows.order_by(F("todo_due").asc(nulls_last=True), "pk")[: CAP + 1]
        try:
            sql, values = rows.query.sql_with_params()
        except EmptyResultSet:
            continue
        # One level more for SQLite, which takes no order within a union.
        parts.append(
            f"SELECT * FROM (SELECT {number} AS n, todo_key, {cast} AS due, COUNT(*) OVER () AS total "  # noqa: S608 -- compiled by Django
            f"FROM ({sql}) AS rows_{number} ORDER BY 3 NULLS LAST, todo_key LIMIT %s) AS part_{number}"
        )
        params += [*values, UPTO]
    return " UNION ALL ".join(parts), params, ways


def _when(due: date | None) -> datetime:
    """For the order: days begin the day, what has no end comes last."""
    if due is None:
        return FOREVER
    return due if isinstance(due, datetime) else datetime.combine(due, time(), UTC)


def told(tasks: Iterable[Task], user: Any) -> list[Told]:
    """``tasks`` in words; one statement per kind of row. What has gone meanwhile is left out."""
    tasks = list(tasks)
    keys: dict[Any, set[int]] = defaultdict(set)
    for task in tasks:
        keys[task.source].add(task.pk)
    rows = {source: _rows_of(source, user, wanted) for source, wanted in keys.items()}
    return [_told(task, row) for task in tasks if (row := rows[task.source].get(task.pk)) is not None]


def _rows_of(source: Any, user: Any, keys: set[int]) -> dict[int, dict[str, Any]]:
    """By key; of up to so many rows as :data:`SIZES` says the statement is the same."""
    size = next((size for size in SIZES if len(keys) <= size), len(keys))
    samples = [SAMPLE + n for n in range(size)]

    def build() -> tuple[str, Sequence[Any], None]:
        rows = source.seen(user).filter(pk__in=samples).order_by().values_list("pk", *map(F, source.told.values()))
        return (*rows.query.sql_with_params(), None)

    wanted = [*keys, *[next(iter(keys))] * (size - len(keys))]
    rows = written("cases.told", user, build, source.pages, size, samples=samples).rows(*wanted)
    return {pk: dict(zip(source.told, values, strict=True)) for pk, *values in rows}


def _told(task: Task, row: dict[str, Any]) -> Told:
    source, step = task.source, task.wait.step
    if not isinstance(step, str):
        step = step.get(row.get("status"), "")
    return Told(
        task=task,
        kind=source.title,
        url=f"{source.acted_on}{row['key']}/",
        name=str(row.get("name") or ""),
        text=str(row.get("text") or ""),
        step=step or task.wait.text,
        light=task.light(moment_of(row.get("warn_at"))),
        street=row.get("street"),
        community=row.get("community"),
        grid=row.get("grid"),
    )


def _around(came: Came, request: HttpRequest) -> Around:
    """The rows around a place in the list of whoever asks."""
    start = max(came.at - 1, 0)
    tasks = todo_of(request.user, came.at + 2).tasks[start:]
    return Around(start, [one.url for one in told(tasks, request.user)], URL, "返回待办")


LISTS[LIST] = _around
