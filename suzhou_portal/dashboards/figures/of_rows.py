"""Values of the figures that are counted from rows of registers, for a place and a period."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any
from zlib import crc32

from django.apps import apps
from django.utils import timezone

from suzhou_portal.dashboards.figures.of_issues import API, percent
from suzhou_portal.dashboards.places.spots import Spot
from suzhou_portal.lib.registers.figures import RowFigure, row_figures
from suzhou_portal.lib.rows.counts import Totals
from suzhou_portal.lib.rows.kept import MOST, KeptBy
from suzhou_portal.lib.rows.scope import OwnRule
from suzhou_portal.lib.time.periods import Period

Pair = tuple[int | Decimal, int | Decimal | None]
# Larger tables have tallies.
CAP = 10_000_000


@dataclass(frozen=True)
class RowValue:
    """As ``figures.Value``, of a :class:`RowFigure`."""

    figure: RowFigure
    spot: Spot
    days: tuple[date, date]
    numerator: int | Decimal
    denominator: int | Decimal | None
    updated_at: datetime
    previous: Pair | None = None
    year_ago: Pair | None = None

    @property
    def value(self) -> float | None:
        """The count or sum, or the rate in per cent (None: too few cases)."""
        if self.figure.is_rate:
            return percent(self.numerator, self.denominator)
        told = self.figure.told(self.numerator)
        return float(told) if isinstance(told, Decimal) else told

    @property
    def rows_page(self) -> str:
        """The page that lists the rows of the numerator."""
        return self.figure.page(self.spot.query, self.days)

    @property
    def rows_endpoint(self) -> str:
        """The endpoint that lists the rows of the numerator."""
        return f"{API}{self.figure.endpoint(self.spot.query, self.days)}"


@dataclass(frozen=True)
class Counted:
    """Numbers by figure and span, and when they were counted."""

    at: datetime
    numbers: dict[str, dict[str, list[int | Decimal]]]


# What the numbers under a key were read from, learned when they were counted.
_sources: dict[Any, tuple[str, ...]] = {}


@cache
def _kept(labels: tuple[str, ...]) -> KeptBy[Any, Counted]:
    """Numbers that rows of the models ``labels`` make."""
    return KeptBy(f"figures.rows.{crc32(','.join(labels).encode()):08x}", of=labels)


def count_rows(spot: Spot, period: Period, user: Any, *, compare: bool = True) -> list[RowValue]:
    """The row figures of registers that ``user`` may see, in their order; one statement (none for no figures).

    Kept per scope until a row that they are counted from is saved: counting all takes as long as ten lists.
    ``updated_at`` tells when it was.
    """
    in_grids = spot.level == "grid"
    figures = [figure for figure in row_figures() if figure.owner.may_view(user) and (figure.by_grid or not in_grids)]
    spans = {figure.code: _spans(figure, period, compare=compare) for figure in figures}
    scopes = frozenset((verb, user.scope_for(verb)) for verb in user.verbs)
    places = tuple((level, keys) for level, keys in spot.keys.items())
    key = (scopes, places, tuple((code, tuple(days.items())) for code, days in spans.items()), timezone.localdate())
    if key in _sources:
        counted = _kept(_sources[key]).get(key, lambda: _count(figures, spans, spot, user)[0])
    else:
        counted, labels = _count(figures, spans, spot, user)
        while len(_sources) >= MOST:
            _sources.pop(next(iter(_sources)))
        if not any(isinstance(figure.owner.model.scope_rule, OwnRule) for figure in figures):  # type: ignore[attr-defined]
            _sources[key] = labels
            _kept(labels).put(key, counted)
    return [
        RowValue(
            figure,
            spot,
            period.days,
            *_pair(counted.numbers[figure.code]["now"]),
            counted.at,
            previous=_pair(found) if (found := counted.numbers[figure.code].get("previous")) else None,
        )
        for figure in figures
    ]


def _spans(figure: RowFigure, period: Period, *, compare: bool) -> dict[str, tuple[date, date]]:
    spans = {"now": period.days}
    if compare and figure.dated and not figure.ripens:
        spans["previous"] = period.spans["previous"][:2]
    return spans


def _count(
    figures: list[RowFigure], spans: dict[str, dict[str, tuple[date, date]]], spot: Spot, user: Any
) -> tuple[Counted, tuple[str, ...]]:
    """The numbers, and the models that they were read from."""
    at = timezone.now()
    wanted = [
        (figure, span, figure.rows(side, user, spot.keys, days), name)
        for figure in figures
        for span, days in spans[figure.code].items()
        for side, name in zip(figure.sides, figure.sums, strict=False)
    ]
    asked = Totals([(rows, name) for _figure, _span, rows, name in wanted], CAP)
    models = {model._meta.db_table: model._meta.label for model in apps.get_models(include_auto_created=True)}
    found: dict[str, dict[str, list[int | Decimal]]] = {}
    for (figure, span, _rows, _name), number in zip(wanted, asked.read(), strict=True):
        found.setdefault(figure.code, {}).setdefault(span, []).append(number)
    return Counted(at, found), tuple(sorted(models[table] for table in asked.tables))


def _pair(counted: list[int | Decimal]) -> Pair:
    return counted[0], counted[1] if len(counted) > 1 else None
