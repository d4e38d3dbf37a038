"""The figures of issues: what they are called, what they count, and their values for a place and period.

A figure is a measure, or a share of one measure in another (``grids.tallies.measures``), or a
queue of the present moment (``grids.lists.queues``). The rows behind it are what a list of issues
shows with :meth:`Value.rows_query`: they count to the numerator.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.utils import timezone

from grids.categories.models import Level
from grids.tallies.measures import MEASURES
from grids.tallies.totals import DUE_MEASURES, TOP_GRID, Totals, counted_spans, in_hand, tallied
from suzhou_portal.dashboards.places.spots import Spot
from suzhou_portal.lib.time.periods import Period
from suzhou_portal.templatetags.portal import SMALL_DENOMINATOR

COUNT, PERCENT = "件", "%"
ISSUES_PAGE, API = "/issues/", "/api/v1/"
RATE_TEXT = "不足 {0} 件时只列件数。"
DUE_TEXT = "统计期包含今天的，只计昨日及以前到期的：今天到期的还可能按期办结。"


@dataclass(frozen=True)
class Figure:
    """``numerator`` is a measure, or with ``live`` a queue of the moment; ``denominator``: a measure or None.

    ``ripens``: the numerator of a past period still grows, so periods are not compared.
    """

    code: str
    name: str
    numerator: str
    denominator: str | None = None
    note: str = ""
    live: bool = False
    ripens: bool = False
    measure = ""

    @property
    def is_rate(self) -> bool:
        """True for a share, False for a count."""
        return self.denominator is not None

    @property
    def unit(self) -> str:
        """``件`` for counts, ``%`` for rates."""
        return PERCENT if self.is_rate else COUNT

    @property
    def nothing(self) -> str:
        """What is said where the denominator counts no issue."""
        return f"没有{MEASURES[self.denominator].label}的事件" if self.denominator else ""

    def text(self, number: int) -> str:
        """A count for people."""
        return f"{number:,}"

    @cached_property
    def definition(self) -> str:
        """How it is counted, in one or two sentences."""
        if self.live:
            return f"{self.note}现时数，不随统计期变化。来源：网格事件。"
        top = MEASURES[self.numerator]
        text = top.definition
        if self.denominator:
            bottom = MEASURES[self.denominator]
            text = (
                f"{top.label}件数 ÷ {bottom.label}件数。分子：{top.definition}；分母：{bottom.definition}。"
                f"{RATE_TEXT.format(SMALL_DENOMINATOR)}"
            )
        else:
            text += "。"
        if "due" in (self.numerator, self.denominator):
            text += DUE_TEXT
        return f"{text}{self.note}来源：网格事件。"


def _solved(level: Level) -> Figure:
    return Figure(f"solved_{level.value}_share", f"{level.label}层级办结占比", f"solved_{level.value}", "closed")


LEVEL_FIGURES = tuple(_solved(level) for level in Level)
# 三率: of those who reported and were reached afterwards.
VISIT_FIGURES = (
    Figure("visited", "回访数", "visited"),
    Figure("response_rate", "响应率", "responded", "visited"),
    Figure("solution_rate", "解决率", "resolved", "visited"),
    Figure("satisfaction_rate", "满意率", "satisfied", "visited"),
)
# How the matter was handled: taken up in time, urged from above, given more time, put off.
HANDLING_FIGURES = (
    Figure("prompt_rate", "受理及时率", "accepted_in_time", "accepted"),
    Figure("reply_rate", "督办回复率", "supervision_replied", "supervised", ripens=True),
    Figure("extended", "延期数", "extended"),
    Figure("shelved", "挂账数", "shelved"),
)
FIGURES = {
    figure.code: figure
    for figure in (
        Figure("reported", "上报数", "reported"),
        Figure("due", "应结案数", "due"),
        Figure("closed", "办结数", "closed"),
        Figure("closure_rate", "结案率", "settled", "due", ripens=True),
        Figure("on_time_rate", "按期结案率", "on_time", "due"),
        Figure("first_time_rate", "一次办结率", "first_time", "closed"),
        Figure("reopened", "重开数", "reopened"),
        Figure("escalated", "升级数", "escalated"),
        *LEVEL_FIGURES,
        *VISIT_FIGURES,
        Figure("supervised", "督办数", "supervised"),
        *HANDLING_FIGURES,
        Figure("open", "在办数", "open", note="尚未办结或作废的事件。", live=True),
        Figure("overdue", "超期在办数", "overdue", note="已过办理期限而尚未办结的事件，不含挂账。", live=True),
    )
}
# What is told of the places below; their own dashboards tell the rest.
PART_MEASURES = ("reported", "due", "closed", "settled", "on_time", "first_time")
RATES_FROM = SMALL_DENOMINATOR


def percent(numerator: int | Decimal, denominator: int | Decimal | None) -> float | None:
    """A rate in per cent, one decimal; None where there are too few cases to speak of one."""
    if not denominator or denominator < RATES_FROM:
        return None
    return float(round(numerator * 100 / denominator, 1))


@dataclass(frozen=True)
class Value:
    """A figure of a place in a period, with what it was before."""

    figure: Figure
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
        return f"{ISSUES_PAGE}?{self.rows_query()}"

    @property
    def rows_endpoint(self) -> str:
        """The endpoint that lists the rows of the numerator."""
        return f"{API}issues/?{self.rows_query()}"

    def rows_query(self, **more: str) -> str:
        """The query with which a list of issues shows exactly the rows of the numerator."""
        query = {**self.spot.query, **more}
        if self.figure.live:
            query["queue"] = self.figure.numerator
        else:
            query |= {"measure": self.figure.numerator, "from": str(self.days[0]), "to": str(self.days[1])}
        return urlencode(query)


@dataclass
class Counts:
    """All that was counted of a place: sums per span, the trend, the places below, and the present moment."""

    spot: Spot
    period: Period
    totals: Totals
    live: dict[Any, Counter[str]] = field(default_factory=dict)
    updated_at: datetime = field(default_factory=timezone.now)
    span: str = "now"

    def of(self, place: Any = None, span: str = "") -> Counter[str]:
        """The sums of a place (a code; None: the place itself) in a span (empty: the period)."""
        return self.totals.of(self.spot.code if place is None else place, span or self.span)

    def live_of(self, place: Any = None) -> Counter[str]:
        """``open`` and ``overdue`` of a place now (a code; None: the place itself)."""
        return self.live.get(self.spot.code if place is None else place, Counter())

    def pair(self, figure: Figure, place: Any = None, span: str = "") -> tuple[int, int | None]:
        """(numerator, denominator) of a figure."""
        sums = self.live_of(place) if figure.live else self.of(place, span)
        return sums[figure.numerator], sums[figure.denominator] if figure.denominator else None

    def value(self, code: str) -> Value:
        """The figure with this code, compared with the period before and the year before where rows exist."""
        figure = FIGURES[code]
        before = {
            span: None if figure.live or figure.ripens or not self._on_record(span) else self.pair(figure, span=span)
            for span in ("previous", "year_ago")
        }
        days = self.period.days
        if figure.numerator in DUE_MEASURES:
            days = self.period.first, self.period.last_due
        return Value(figure, self.spot, days, *self.pair(figure), self.updated_at, **before)

    def _on_record(self, span: str) -> bool:
        """True when the records reach back to the beginning of the span: else comparing would mislead."""
        begins = self.totals.begins
        return begins is not None and begins <= self.period.spans[span][0]


def count(spot: Spot, period: Period, user: Any, *, compare: bool = True, below: bool = True) -> Counts:
    """Count everything that the figures of ``spot`` need; two statements, one for grids.

    ``compare`` adds the spans before, ``below`` the places below.
    """
    spans = period.spans if compare else {"now": period.spans["now"]}
    if spot.tallied:
        return _from_tallies(spot, period, spans, user, below=below)
    return _from_rows(spot, period, spans, user)


def _from_tallies(spot: Spot, period: Period, spans: dict[str, Any], user: Any, *, below: bool) -> Counts:
    codes = [row.code for row in spot.below] if below and spot.level != "community" else []
    counts = Counts(spot, period, tallied(spot.code, codes, spans, by_month=period.by_month))
    if below and spot.level == "community":  # grids have no tallies: one pass over the community's rows
        groups, _begins = counted_spans(
            spot.rows(user), {"now": period.spans["now"]}, by={"top": TOP_GRID}, only=PART_MEASURES
        )
        by_key = {}
        for (key,), sums in groups.items():
            measured, by_key[key] = _parted(sums)
            for row in spot.below:
                if row.pk == key:
                    counts.totals.spans[row.code, "now"] = measured["now"]
    else:
        by_key = in_hand(spot.rows(user), "street_id" if spot.level == "district" else "community_id")
    counts.live[spot.code] = sum(by_key.values(), Counter())
    counts.live |= {row.code: by_key[row.pk] for row in spot.below if row.pk in by_key and below}
    return counts


def _parted(sums: Counter[str]) -> tuple[dict[str, Counter[str]], Counter[str]]:
    """What ``counted_spans`` gives for a group, as (span → sums, numbers as of now)."""
    measured: dict[str, Counter[str]] = defaultdict(Counter)
    live: Counter[str] = Counter()
    for name, n in sums.items():
        span, dot, measure = name.partition(".")
        if dot:
            measured[span][measure] = n
        else:
            live[name] = n
    return measured, live


def _from_rows(spot: Spot, period: Period, spans: dict[str, Any], user: Any) -> Counts:
    totals, live = Totals(), dict[str, Counter[str]]()
    levels = ("grid", "community", "street")
    by = {level: f"{level}_id" for level in (levels if spot.level == "scope" else levels[:1])}
    owners = {key: row.code for row in spot.below for key in row.keys}
    groups, totals.begins = counted_spans(spot.rows(user), spans, by=by)
    for group, sums in groups.items():
        owner = next((owners[key] for key in zip(by, group, strict=True) if key in owners), spot.code)
        measured, now = _parted(sums)
        for place in {spot.code, owner}:
            live.setdefault(place, Counter()).update(now)
            for span, part in measured.items():
                totals.spans[place, span].update(part)
    return Counts(spot, period, totals, live)
