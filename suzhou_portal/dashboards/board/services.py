"""One dashboard: everything that its page shows of a place and period, ready for the template."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import groupby
from typing import Any
from urllib.parse import urlencode

from grids.places.names import names
from grids.tallies.measures import MEASURES
from grids.tallies.totals import TREND, counted_days, tallied_categories
from suzhou_portal.dashboards.figures import wording
from suzhou_portal.dashboards.figures.of_issues import (
    HANDLING_FIGURES,
    LEVEL_FIGURES,
    VISIT_FIGURES,
    Counts,
    Value,
    count,
)
from suzhou_portal.dashboards.figures.of_rows import count_rows
from suzhou_portal.dashboards.places.spots import Below, Spot
from suzhou_portal.lib.time.periods import Period

MAIN = ("reported", "closure_rate", "on_time_rate", "first_time_rate", "open", "overdue")
SIDE = ("due", "closed", "reopened", "escalated")
TOP_CATEGORIES = 10
ISSUES_URL, DASHBOARD_URL = "/issues/", "/dashboard/"


@dataclass(frozen=True)
class PlaceRow:
    """A place below, or what lies in none of them (``url`` empty)."""

    code: str
    name: str
    sums: Counter[str]
    live: Counter[str]
    url: str = ""
    overdue_url: str = ""

    @property
    def overdue_text(self) -> str:
        """How many are overdue now."""
        return f"{self.live['overdue']:,}"


@dataclass(frozen=True)
class CategoryRow:
    """A category, or all the rarer ones together (``url`` empty)."""

    code: str
    name: str
    reported: int
    closed: int
    url: str = ""


@dataclass(frozen=True)
class Categories:
    """The most frequent categories; ``others``: the rest as one row, or None."""

    rows: list[CategoryRow]
    others: CategoryRow | None


@dataclass(frozen=True)
class Trend:
    """``series``: measure → a number per bucket (a day or a month)."""

    buckets: list[str]
    series: dict[str, list[int]]

    @property
    def rows(self) -> list[tuple[str, ...]]:
        """The rows of the table: the bucket and its numbers, as texts."""
        return [
            (bucket, *(f"{n:,}" for n in ns)) for bucket, *ns in zip(self.buckets, *self.series.values(), strict=True)
        ]


@dataclass
class Board:
    """The dashboard of ``counts.spot`` in ``counts.period``."""

    counts: Counts
    trend: Trend
    places: list[PlaceRow]
    all_categories: list[CategoryRow]
    sentence: str = ""
    main: list[wording.Card] = field(default_factory=list)
    side: list[wording.Card] = field(default_factory=list)
    lines: list[tuple[str, list[wording.Card]]] = field(default_factory=list)
    levels: list[Value] = field(default_factory=list)

    @cached_property
    def categories(self) -> Categories:
        """The most frequent categories and the rest."""
        top, rest = self.all_categories[:TOP_CATEGORIES], self.all_categories[TOP_CATEGORIES:]
        if not rest:
            return Categories(top, None)
        sums = (sum(row.reported for row in rest), sum(row.closed for row in rest))
        return Categories(top, CategoryRow("", f"其他 {len(rest)} 类", *sums))

    @property
    def total(self) -> PlaceRow:
        """The place itself, as the last row of the table of its parts."""
        return PlaceRow("", "合计", self.counts.of(), self.counts.live_of())

    @property
    def closed(self) -> int:
        """How many issues were closed."""
        return self.counts.of()["closed"]

    @cached_property
    def level_cards(self) -> list[wording.Card]:
        """The share solved at each level, from the grid up."""
        return [wording.card(value, self.counts.period) for value in self.levels]

    @property
    def charts(self) -> dict[str, Any]:
        """What the pictures are drawn from, by their names in the page."""
        categories = self.categories.rows
        return {
            "trend": {
                "labels": [wording.bucket(bucket) for bucket in self.trend.buckets],
                "series": [{"name": MEASURES[name].label, "data": data} for name, data in self.trend.series.items()],
            },
            "places": {
                "labels": [row.name for row in self.places],
                "urls": [row.url for row in self.places],
                "series": [
                    {"name": MEASURES[name].label, "data": [row.sums[name] for row in self.places]} for name in TREND
                ],
            },
            "categories": {
                "labels": [row.name for row in categories],
                "urls": [row.url for row in categories],
                "series": [{"name": MEASURES["reported"].label, "data": [row.reported for row in categories]}],
            },
            "levels": {
                "labels": [value.figure.name.removesuffix("层级办结占比") for value in self.levels],
                "urls": [f"{ISSUES_URL}?{value.rows_query()}" for value in self.levels],
                "series": [{"name": MEASURES["closed"].label, "data": [value.numerator for value in self.levels]}],
            },
        }


def compose(spot: Spot, period: Period, user: Any) -> Board:
    """Count and arrange a whole dashboard; at most four statements, whatever the rows."""
    counts = count(spot, period, user)
    if spot.tallied:
        trend = counts.totals.trend
        categories = tallied_categories(spot.code, *period.days)
    else:
        trend, categories = _by_day(spot, period, user)
    board = Board(
        counts=counts,
        trend=Trend(
            period.buckets(),
            {name: [trend[key][name] if key in trend else 0 for key in period.buckets()] for name in TREND},
        ),
        places=_places(counts, period),
        all_categories=_categories(spot, period, categories),
        levels=[counts.value(figure.code) for figure in LEVEL_FIGURES],
    )
    board.lines = [
        (title, [wording.card(counts.value(figure.code), period) for figure in line])
        for title, line in (("办理过程", HANDLING_FIGURES), ("诉求回访", VISIT_FIGURES))
    ]
    values = {code: counts.value(code) for code in (*MAIN, *SIDE)}
    board.main = [wording.card(values[code], period) for code in MAIN]
    board.side = [wording.card(values[code], period) for code in SIDE]
    late = [(row.name, row.live["overdue"]) for row in board.places if row.live["overdue"]]
    board.sentence = wording.sentence(values, spot, period, late)
    return board


def other_lines(spot: Spot, period: Period, user: Any) -> list[tuple[str, list[wording.Card]]]:
    """The figures of the other registers, by group; one statement. They come after the page: there are many."""
    values = count_rows(spot, period, user)
    return [
        (group, [wording.card(value, period) for value in counted])
        for group, counted in groupby(values, key=lambda value: value.figure.group)
    ]


def _by_day(spot: Spot, period: Period, user: Any) -> tuple[dict[str, Counter[str]], dict[int, Counter[str]]]:
    """Trend and categories of a place that has no tallies: one statement over its rows."""
    trend: dict[str, Counter[str]] = {}
    categories: dict[int, Counter[str]] = {}
    for (day, category), sums in counted_days(spot.rows(user), *period.days).items():
        trend.setdefault(str(day)[: 7 if period.by_month else 10], Counter()).update(sums)
        categories.setdefault(category, Counter()).update(sums)
    return trend, categories


def _places(counts: Counts, period: Period) -> list[PlaceRow]:
    """The places below in official order, and what lies in none of them."""
    spot = counts.spot
    if not spot.below:
        return [_rest(counts, [])]
    rows = [_place_row(row, period, counts.of(row.code), counts.live_of(row.code)) for row in spot.below]
    rest = _rest(counts, rows)
    return [*rows, rest] if +rest.sums or +rest.live else rows


def _place_row(place: Below, period: Period, sums: Counter[str], live: Counter[str]) -> PlaceRow:
    level = {9: "street", 12: "community"}.get(len(place.code), "grid")
    url = f"{DASHBOARD_URL}?place={place.code}&{wording.period_query(period)}"
    return PlaceRow(place.code, place.name, sums, live, url, f"{ISSUES_URL}?{level}={place.code}&queue=overdue")


def _rest(counts: Counts, rows: Iterable[PlaceRow]) -> PlaceRow:
    sums, live = Counter(counts.of()), Counter(counts.live_of())
    for row in rows:
        sums.subtract(row.sums)
        live.subtract(row.live)
    return PlaceRow("", counts.spot.rest_word, sums, live)


def _categories(spot: Spot, period: Period, sums: dict[int, Counter[str]]) -> list[CategoryRow]:
    """All categories that occur, most reported first; the first ones with the address of their rows."""
    known = names().categories
    rows = [
        CategoryRow(known[pk].code, known[pk].name, counted["reported"], counted["closed"])
        for pk, counted in sums.items()
        if +counted
    ]
    rows.sort(key=lambda row: (-row.reported, row.code))
    query = {**spot.query, "measure": "reported", "from": str(period.first), "to": str(period.last)}
    address = f"{ISSUES_URL}?{urlencode(query)}&category="
    return [*(replace(row, url=address + row.code) for row in rows[:TOP_CATEGORIES]), *rows[TOP_CATEGORIES:]]
