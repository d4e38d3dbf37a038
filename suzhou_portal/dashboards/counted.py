"""Values of the figures that are counted from rows of registers, for a place and a period."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils import timezone

from suzhou_portal.dashboards.figures import API, percent
from suzhou_portal.dashboards.periods import Period
from suzhou_portal.dashboards.places import Spot
from suzhou_portal.lib.counts import capped_counts
from suzhou_portal.lib.row_figures import RowFigure, row_figures

# Larger tables have tallies.
CAP = 10_000_000


@dataclass(frozen=True)
class RowValue:
    """As ``figures.Value``, of a :class:`RowFigure`."""

    figure: RowFigure
    spot: Spot
    days: tuple[date, date]
    numerator: int
    denominator: int | None
    updated_at: datetime
    previous: tuple[int, int | None] | None = None
    year_ago: tuple[int, int | None] | None = None

    @property
    def value(self) -> float | None:
        """The count, or the rate in per cent (None: too few cases)."""
        return percent(self.numerator, self.denominator) if self.figure.is_rate else self.numerator

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
    figures = [figure for figure in row_figures() if figure.owner.may_view(user)]
    wanted: list[tuple[RowFigure, str, Any]] = []
    for figure in figures:
        spans = {"now": period.days}
        if compare and figure.dated and not figure.ripens:
            spans["previous"] = period.spans["previous"][:2]
        for span, days in spans.items():
            wanted += [(figure, span, figure.rows(side, user, spot.keys, days)) for side in figure.sides]
    counts = iter(capped_counts([rows for _figure, _span, rows in wanted], CAP))
    found: dict[str, dict[str, list[int]]] = {}
    for figure, span, _rows in wanted:
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


def _pair(counted: list[int]) -> tuple[int, int | None]:
    return counted[0], counted[1] if len(counted) > 1 else None
