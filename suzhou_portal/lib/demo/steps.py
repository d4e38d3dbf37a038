"""The demo district, step by step: each topic makes up the rows of its own subject.

A topic declares its steps in ``demo.py``, which is found by itself, and answers the rows written, by Chinese name::

    @step(order=30)
    def five_ones(district: District) -> dict[str, int]:
        return {"五个一": district.store(FiveOneRecord, make_five_ones(...))}

Orders say when: first the places and who is there, from 100 on what happens in them. All is drawn from seeded random
generators in this order, so that the same seed and the same day give the same rows. What a later step needs of an
earlier one and cannot read from the database it keeps in :attr:`District.kept`, by its type.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from random import Random
from typing import Any, TypeVar

from django.db import models

from suzhou_portal.lib import topics
from suzhou_portal.lib.demo.times import midnight

BATCH = 1000
T = TypeVar("T")


@dataclass
class District:
    """The district in the making: it stands on midnight before ``today``, with about ``issues`` issues.

    ``progress`` is told how many issues were written. ``rng`` draws places and people, one after the other;
    what happens has generators of its own (:meth:`random`).
    """

    seed: int
    today: date
    issues: int
    password: str
    progress: Callable[[int], object] = lambda written: None
    kept: dict[type, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.rng = self.random(0)

    @property
    def until(self) -> datetime:
        """The moment on which it stands: nothing has happened after it."""
        return midnight(self.today)

    def random(self, turn: int) -> Random:
        """A generator of its own for ``turn``."""
        return Random(self.seed + turn)

    def once(self, kind: type[T], make: Callable[[], T]) -> T:
        """The value of ``kind`` that was kept, else made now."""
        if kind not in self.kept:
            self.kept[kind] = make()
        found: T = self.kept[kind]
        return found

    @staticmethod
    def store(model: type[models.Model], rows: Iterable[Any]) -> int:
        """Write ``rows`` in bulk; returns how many."""
        return len(model._default_manager.bulk_create(list(rows), batch_size=BATCH))  # unscoped: demo loader


Make = Callable[[District], dict[str, int] | None]
_declared: list[tuple[int, Make]] = []


def step(*, order: int) -> Callable[[Make], Make]:
    """Declare the decorated function as a step; see the module."""

    def declare(make: Make) -> Make:
        _declared.append((order, make))
        return make

    return declare


def make(district: District) -> dict[str, int]:
    """Take every step; returns the rows written, by Chinese name."""
    topics.found("demo")
    written: Counter[str] = Counter()
    for _order, one in sorted(_declared, key=lambda declared: declared[0]):
        written.update(one(district) or {})
    return dict(written)
