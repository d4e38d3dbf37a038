"""Rows that many tests start from, made once by their factories and put back as they were.

Making the cast takes a hundred statements, putting it back one per table: a third of the time of the fast tests.
"""

import pickle
from collections.abc import Callable
from graphlib import TopologicalSorter
from typing import Any

from django.apps import apps
from django.db import IntegrityError, models, transaction


class Remembered:
    """What ``build`` makes: built in the first test of the process, afterwards put back with the same keys.

    The keys are free: PostgreSQL hands no key out twice, not even after a rollback, and a test's rows come after
    the cast's. Where they do not (SQLite counts from the start again), the rows are built anew.
    """

    def __init__(self, build: Callable[[], Any]) -> None:
        self.build = build
        self.rows: list[tuple[type[models.Model], bytes]] = []
        self.answer = b""

    def __call__(self) -> Any:
        """The rows in the database, and what ``build`` answered for them."""
        if self.answer:
            try:
                with transaction.atomic():
                    for model, rows in self.rows:
                        model._base_manager.bulk_create(pickle.loads(rows))  # noqa: S301 -- pickled below
            except IntegrityError:
                return self.build()
            return pickle.loads(self.answer)  # noqa: S301 -- pickled below
        tables = [model for model in apps.get_models(include_auto_created=True) if model._meta.managed]
        before = {model: set(model._base_manager.values_list("pk", flat=True)) for model in tables}
        answer = self.build()
        made = {model: list(model._base_manager.exclude(pk__in=before[model]).order_by("pk")) for model in tables}
        self.rows = [(model, pickle.dumps(made[model])) for model in _in_order({m for m in tables if made[m]})]
        self.answer = pickle.dumps(answer)
        return answer


def _in_order(tables: set[type[models.Model]]) -> list[type[models.Model]]:
    """What is pointed at before what points at it: triggers compare the two."""
    return list(
        TopologicalSorter(
            {
                model: {field.related_model for field in model._meta.concrete_fields} & tables - {model}
                for model in tables
            }
        ).static_order()
    )
