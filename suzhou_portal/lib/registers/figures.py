"""Figures that are counted from the rows of a register: small tables need no tallies.

An app declares them in ``<app>/<topic>/figures.py``, which is found by itself::

    declare(
        RowFigure(
            code="fixed_on_spot_rate",
            name="即查即改率",
            group="片区巡查",
            unit="%",
            register="patrol-findings",
            numerator={"kept": "true", "handling": "on_spot"},
            denominator={"kept": "true"},
            definition="期内巡查发现、当场整改的问题 ÷ 期内巡查发现的问题。",
        ),
    )

The numerator and denominator are parameters of the register's own list, so that the rows behind a
figure are what the list shows, and its count cannot differ from them. ``street``, ``community`` and
``grid`` (a code, with the grids below) narrow it to a place, ``from`` and ``to`` to a period
(``lib.registers.filters.PeriodFilter``): the register's filterset must know them.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import ImproperlyConfigured
from django.db.models import QuerySet

from suzhou_portal.lib import topics
from suzhou_portal.lib.registers.declaration import Register
from suzhou_portal.lib.registers.filters import RegisterFilterSet
from suzhou_portal.lib.registers.site import site

WAN = Decimal(10_000)
Query = Mapping[str, str]
# The level of a place → the keys of what it covers; empty: all that the reader sees.
Where = Mapping[str, Collection[int]]


@dataclass(frozen=True)
class RowFigure:
    """A count of rows, or with ``denominator`` a share of some rows in others, in per cent.

    ``dated``: counted over a period; else it is of the present moment. ``definition`` says what is
    counted, in words, with its source. ``ripens``: rows of a past period still change, so periods are not compared.
    ``total``: a decimal column that is summed over the rows of the numerator instead of counting them, ``base``
    the same for the denominator; money is summed in yuan and told in 万元. ``by_grid`` False: its rows lie in
    no grid, so grids do not show it.
    """

    code: str
    name: str
    group: str
    unit: str
    register: str
    numerator: Query
    definition: str
    denominator: Query | None = None
    dated: bool = True
    ripens: bool = False
    total: str = ""
    base: str = ""
    by_grid: bool = True

    @property
    def is_rate(self) -> bool:
        """True for a share, False for a count."""
        return self.denominator is not None

    @property
    def sums(self) -> tuple[str, str]:
        """The columns summed on both sides; "" where rows are counted."""
        return self.total, self.base

    @property
    def measure(self) -> str:
        """What both sides of a share of sums are told in: 万元; "" for counts."""
        return "万元" if self.base else ""

    def told(self, number: int | Decimal) -> int | Decimal:
        """A count or sum in the figure's unit: yuan as 万元."""
        return number / WAN if "万元" in (self.unit, self.measure) else number

    def text(self, number: int | Decimal) -> str:
        """The same for people: counts whole, money and shares done to two places."""
        told = self.told(number)
        return f"{told:,.2f}" if isinstance(told, Decimal) else f"{told:,}"

    @property
    def nothing(self) -> str:
        """What is said where the denominator counts no row."""
        return "期内没有相关记录" if self.dated else "没有相关记录"

    @property
    def sides(self) -> tuple[Query, ...]:
        """The parameters of the numerator, and those of the denominator if there is one."""
        return (self.numerator,) if self.denominator is None else (self.numerator, self.denominator)

    def rows(self, side: Query, user: Any, place: Where, days: tuple[date, date]) -> QuerySet:
        """The rows of one side of the figure that ``user`` may see. Raises ``ImproperlyConfigured``
        when the register's filters do not know the parameters.

        The place is not looked up again: its keys take the way of the filter that names it.
        """
        register, query = self.owner, self.query(side, {}, days)
        whole: Any = register.filterset
        narrow = _narrowed(whole, frozenset({*query, *place}))
        filters = narrow(query, queryset=register.rows(user), request=SimpleNamespace(user=user))
        unknown = {*query, *place} - set(filters.filters)
        if unknown or not filters.is_valid():
            raise ImproperlyConfigured(f"figure {self.code}: {unknown or filters.errors}")
        return filters.within(filters.qs, place)

    def query(self, side: Query, place: Query, days: tuple[date, date]) -> dict[str, str]:
        """The parameters of the list that shows these rows."""
        period = {"from": str(days[0]), "to": str(days[1])} if self.dated else {}
        return {**side, **place, **period}

    @property
    def owner(self) -> Register:
        """The register that is counted."""
        return site[self.register]

    def page(self, place: Query, days: tuple[date, date]) -> str:
        """The page that lists the rows of the numerator."""
        return f"{self.owner.list_url}?{urlencode(self.query(self.numerator, place, days))}"

    def endpoint(self, place: Query, days: tuple[date, date]) -> str:
        """The address below the API's root that lists the rows of the numerator."""
        return f"{self.register}/?{urlencode(self.query(self.numerator, place, days))}"


@lru_cache(maxsize=500)
def _narrowed(filterset: Any, names: frozenset[str]) -> type[RegisterFilterSet]:
    """``filterset`` with the filters ``names`` alone: a dashboard asks many, and copying unused filters takes time."""
    made: Any = type(f"{filterset.__name__}Part", (filterset,), {})
    made.base_filters = {name: row for name, row in filterset.base_filters.items() if name in names}
    narrowed: type[RegisterFilterSet] = made
    return narrowed


_declared: dict[str, RowFigure] = {}


def declare(*figures: RowFigure) -> None:
    """Add figures. Raises ``ImproperlyConfigured`` for a code that is taken."""
    for figure in figures:
        if figure.code in _declared:
            raise ImproperlyConfigured(f"two figures are called {figure.code}")
        _declared[figure.code] = figure


def row_figures() -> list[RowFigure]:
    """All declared figures, in the order of the apps."""
    topics.found("figures")
    return list(_declared.values())
