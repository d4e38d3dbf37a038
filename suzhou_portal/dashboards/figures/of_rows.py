"""Values of the figures that are counted from rows of registers, for a place and a period."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone

from suzhou_portal.dashboards.figures.of_issues import API, percent
from suzhou_portal.dashboards.places.spots import Spot
from suzhou_portal.lib.registers.figures import RowFigure, row_figures
from suzhou_portal.lib.rows.counts import totals
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


def count_rows(spot: Spot, period: Period, user: Any, *, compare: bool = True) -> list[RowValue]:
    """The row figures of registers that ``user`` may see, in their order; one statement (none for no figures)."""
    in_grids = spot.level == "grid"
    figures = [figure for figure in row_figures() if figure.owner.may_view(user) and (figure.by_grid or not in_grids)]
    wanted: list[tuple[RowFigure, str, Any, str]] = []
    for figure in figures:
        spans = {"now": period.days}
        if compare and figure.dated and not figure.ripens:
            spans["previous"] = period.spans["previous"][:2]
        for span, days in spans.items():
            sides = zip(figure.sides, figure.sums, strict=False)
            wanted += [(figure, span, figure.rows(side, user, spot.keys, days), name) for side, name in sides]
    counts = iter(totals([(rows, name) for _figure, _span, rows, name in wanted], CAP))
    found: dict[str, dict[str, list[int | Decimal]]] = {}
    for figure, span, _rows, _name in wanted:
        found.setdefault(figure.code, {}).setdefault(span, []).append(next(counts))
    now = timezone.now()
    return [
        RowValue(
            figure,
            spot,
            period.days,
            *_pair(found[figure.code]["now"]),
            now,
            previous=_pair(found[figure.code]["previous"]) if "previous" in found[figure.code] else None,
        )
        for figure in figures
    ]


def _pair(counted: list[int | Decimal]) -> Pair:
    return counted[0], counted[1] if len(counted) > 1 else None
