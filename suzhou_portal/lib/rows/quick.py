"""Rows that are made quickly of what the database answers."""

from collections.abc import Collection
from functools import cache
from typing import Any, Self

from django.db import models
from django.db.models.base import ModelState


@cache
def _labels(field: Any) -> dict[Any, str]:
    return {value: str(label) for value, label in field.flatchoices}


class Row(models.Model):
    """The base of models that lists show by the hundred. Django would call ``__init__``, which sets each column through
    its descriptor and asks two signals: a third of the cost of a list. Columns that were not asked for load when they
    are read, as everywhere.
    """

    class Meta:
        abstract = True

    @classmethod
    def from_db(
        cls, db: str | None, field_names: Collection[str], values: Collection[Any], *, fetch_mode: Any = None
    ) -> Self:
        """See Django: the row with these columns (names of attributes) as stored."""
        row = cls.__new__(cls)
        state = ModelState()
        state.db, state.adding = db, False
        row.__dict__["_state"] = state
        row.__dict__.update(zip(field_names, values, strict=True))
        return row

    def _get_FIELD_display(self, field: Any) -> Any:
        """See Django, which would make the table of the choices anew for every call."""
        value = getattr(self, field.attname)
        return _labels(field).get(value, value if value is None else str(value))
