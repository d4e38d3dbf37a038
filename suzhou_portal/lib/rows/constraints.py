"""Constraints that many tables have."""

from typing import Any

from django.db import models
from django.db.models import Q


def filled_where(name: str, column: str, *, empty: str | None = None, **where: Any) -> models.CheckConstraint:
    """``column`` holds something exactly where ``where`` is so: a closed issue has the time, an open one has none.

    ``empty``: what an empty one holds, "" in columns of texts.
    """
    if empty is None:
        filled, rest = Q(**where, **{f"{column}__isnull": False}), Q(**{column: None})
    else:
        filled, rest = Q(**where) & ~Q(**{column: empty}), Q(**{column: empty})
    return models.CheckConstraint(name=name, condition=filled | ~Q(**where) & rest)
