"""A stretch of an ordered queryset, at little cost to the database."""

from typing import Any

from django.db.models import QuerySet

MANY_JOINS = 4


def _joined(related: Any) -> int:
    """How many other rows come with each row of a queryset, from its ``select_related``."""
    return sum(1 + _joined(below) for below in related.values()) if isinstance(related, dict) else 0


def stretch(rows: QuerySet, start: int, size: int) -> list[Any]:
    """``rows[start : start + size]``. Rows that come with many others are chosen by their keys first: a database would
    join and sort all there are, whole, for the few that are shown.
    """
    if _joined(rows.query.select_related) < MANY_JOINS:
        return list(rows[start : start + size])
    places = {key: place for place, key in enumerate(rows.values_list("pk", flat=True)[start : start + size])}
    found = rows.order_by().filter(pk__in=list(places))
    return sorted(found, key=lambda row: places[row.pk])
