"""A stretch of an ordered queryset, at little cost to database and process.

Rows of small tables that nearly every list names (places, organisations) are not joined: each process keeps them, and
hands them to the rows that name them. A model asks for it by ``kept_for_lists = True``. They are shared by all
requests, so only read: lists and list answers show them, nothing more. A row is told nothing that its own join would
not have told.

Of a larger table that rows name, the columns ``shown_by`` of its model are fetched, by which lists call its rows; what
else is read of such a row loads by itself, as everywhere in Django, and is worth naming there.
"""

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from django.db.models import ForeignKey, Model, QuerySet

from suzhou_portal.lib.rows.kept import Kept

MANY_JOINS = 4
Related = dict[str, Any]
Shape = tuple[tuple[str, Any], ...]  # the same, hashable


def is_kept(field: Any) -> bool:
    """``field`` names rows that each process keeps."""
    return isinstance(field, ForeignKey) and getattr(field.related_model, "kept_for_lists", False)


@cache
def kept_rows(model: type[Model]) -> Kept[dict[Any, Any]]:
    """All rows of a small ``model`` by primary key, with the kept ones that they name."""
    upper = [field for field in model._meta.concrete_fields if is_kept(field) and field.related_model is not model]
    labels = (model._meta.label, *(field.related_model._meta.label for field in upper))

    def load() -> dict[Any, Any]:
        # unscoped: only for rows that have been fetched in scope
        rows = list(model._default_manager.all().order_by())
        for field in upper:
            _hand_out(rows, field)
        return {row.pk: row for row in rows}

    return Kept(f"rows.{model._meta.label_lower}", load, of=labels)


def _hand_out(rows: Iterable[Any], field: Any) -> None:
    """Give each of ``rows`` the kept row that its ``field`` names; one that is not kept yet loads when it is read."""
    table, key, name = kept_rows(field.related_model).get(), field.attname, field.name
    for row in rows:
        if (other := table.get(getattr(row, key))) is not None:
            row._state.fields_cache[name] = other


def _split(model: type[Model], related: Related) -> tuple[Related, list[tuple[str, ...]]]:
    """What of ``select_related`` is still joined, and the paths to what is kept."""
    joined: Related = {}
    paths: list[tuple[str, ...]] = []
    for name, below in related.items():
        field: Any = model._meta.get_field(name)
        if is_kept(field):
            paths.append((name,))
        else:
            joined[name], deeper = _split(field.related_model, below)
            paths += [(name, *path) for path in deeper]
    return joined, paths


def _size(related: Related) -> int:
    return sum(1 + _size(below) for below in related.values())


def _shape(related: Related) -> Shape:
    return tuple((name, _shape(below)) for name, below in sorted(related.items()))


def _own(model: type[Model]) -> list[str]:
    return [field.name for field in model._meta.concrete_fields]


@cache
def _columns(model: type[Model], joined: Shape, paths: tuple[tuple[str, ...], ...], unread: frozenset[str]) -> Any:
    """What is fetched of rows of ``model`` without their columns ``unread``, and of the rows ``joined`` to them: names
    for ``only()``; None for everything. ``paths`` lead to kept rows: the keys on the way are needed.
    """
    found = {name for name in _own(model) if name not in unread}
    narrowed = bool(unread)
    pending: list[tuple[str, type[Model], Shape]] = [("", model, joined)]
    while pending:
        prefix, above, below = pending.pop()
        for name, deeper in below:
            other: Any = above._meta.get_field(name).related_model
            way = f"{prefix}{name}__"
            shown = getattr(other, "shown_by", None)
            narrowed = narrowed or shown is not None
            columns = {other._meta.pk.name, *(shown or _own(other)), *(further for further, _ in deeper)}
            found |= {f"{prefix}{name}", *(f"{way}{column}" for column in columns)}
            pending.append((way, other, deeper))
    return (*sorted(found | {"__".join(path) for path in paths}),) if narrowed else None


def _follow(rows: list[Any], path: Sequence[str]) -> None:
    *above, name = path
    for step in above:
        rows = [other for row in rows if (other := getattr(row, step)) is not None]
    if rows:
        _hand_out(rows, type(rows[0])._meta.get_field(name))


def name_kept(rows: list[Any], *names: str) -> None:
    """Give ``rows`` (of one model) the kept rows that their fields ``names`` name: in place of joins."""
    for name in names:
        _follow(rows, (name,))


def stretch(rows: QuerySet, start: int, size: int, unread: frozenset[str] = frozenset()) -> list[Any]:
    """``rows[start : start + size]``, without the columns ``unread``. Rows that come with many others are chosen by
    their keys first: a database would join and sort all there are, whole, for the few that are shown.
    """
    asked: Any = rows.query.select_related
    model: Any = rows.model
    joined, paths = _split(model, asked if isinstance(asked, dict) else {})
    whole = rows.query.deferred_loading == (frozenset(), True)
    rows = rows.all()
    rows.query.select_related = joined or False
    if whole and (columns := _columns(model, _shape(joined), tuple(paths), unread)):
        rows = rows.only(*columns)
    if _size(joined) < MANY_JOINS:
        found = list(rows[start : start + size])
    else:
        places = {key: place for place, key in enumerate(rows.values_list("pk", flat=True)[start : start + size])}
        found = sorted(rows.order_by().filter(pk__in=list(places)), key=lambda row: places[row.pk])
    for path in paths:
        _follow(found, path)
    return found
