"""Figures in words: values, changes, the sentence that a leader can read aloud."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from suzhou_portal.dashboards.figures.of_issues import FIGURES, Figure, Value, percent
from suzhou_portal.dashboards.figures.of_rows import Pair, RowValue
from suzhou_portal.dashboards.places.spots import Spot
from suzhou_portal.lib.registers.figures import RowFigure
from suzhou_portal.lib.time.periods import Period


@dataclass(frozen=True)
class Card:
    """A figure as pages show it; ``counts``, ``change`` and ``year`` may be empty.

    ``share``: it is a rate of enough cases to be spoken of.
    """

    code: str
    name: str
    text: str
    unit: str
    counts: str
    change: str
    year: str
    definition: str
    url: str
    numerator: int | Decimal
    denominator: int | Decimal | None
    share: bool


def card(value: Value | RowValue, period: Period) -> Card:
    """A figure in words."""
    figure = value.figure
    text, unit, counts = figure.text(value.numerator), figure.unit, ""
    if figure.is_rate:
        unit = ""
        counts = f"{text}/{figure.text(value.denominator or 0)} {figure.measure}".strip()
        if not value.denominator:
            text, counts = "—", figure.nothing
        elif value.value is None:
            text, counts = counts, "数量较少，不算比率"
        else:
            text = f"{value.value:.1f}%"
    change = _change(figure, value, value.previous, period.before_label)
    same = period.spans["previous"] == period.spans["year_ago"]
    year = "" if same else _change(figure, value, value.year_ago, "上年同期")
    return Card(
        code=figure.code,
        name=figure.name,
        text=text,
        unit=unit,
        counts=counts,
        change=change,
        year=year,
        definition=figure.definition,
        url=value.rows_page,
        numerator=value.numerator,
        denominator=value.denominator,
        share=figure.is_rate and value.value is not None,
    )


def _change(figure: Figure | RowFigure, value: Value | RowValue, before: Pair | None, label: str) -> str:
    """``比上月同期高 1.2 个百分点``; empty where there is nothing to compare with."""
    if before is None:
        return ""
    if not figure.is_rate:
        difference = value.numerator - before[0]
        if not difference:
            return f"与{label}持平"
        return f"比{label}{'多' if difference > 0 else '少'} {figure.text(abs(difference))} {figure.unit}"
    then = percent(*before)
    if value.value is None or then is None:
        return ""
    points = round(value.value - then, 1)
    if not points:
        return f"与{label}持平"
    return f"比{label}{'高' if points > 0 else '低'} {abs(points):.1f} 个百分点"


def sentence(values: Mapping[str, Value], spot: Spot, period: Period, late: Sequence[tuple[str, int]]) -> str:
    """The state of a place in one sentence. ``late``: the places below with overdue issues."""
    on_time = values["on_time_rate"]
    when = period.label if period.name else f"{period.label}，"
    parts = [f"{when}{spot.name}上报 {values['reported'].numerator:,} 件，办结 {values['closed'].numerator:,} 件"]
    if on_time.value is not None:
        change = _change(FIGURES["on_time_rate"], on_time, on_time.previous, period.before_label)
        parts.append(f"按期结案率 {on_time.value:.1f}%" + (f"，{change}" if change else ""))
    elif on_time.denominator:
        parts.append(f"应结案 {on_time.denominator} 件，按期结案 {on_time.numerator} 件")
    overdue = values["overdue"].numerator
    if not overdue:
        parts.append("现在没有超期在办的事件")
    else:
        worst = sorted(late, key=lambda pair: -pair[1])[:2]
        where = "、".join(f"{name} {n:,} 件" for name, n in worst)
        more = len(late) > len(worst)
        tail = f"，其中{where}" if where and (more or len(late) > 1) else (f"，在{late[0][0]}" if late else "")
        parts.append(f"现在超期在办 {overdue:,} 件{tail}")
    return "；".join(parts) + "。"


def bucket(text: str) -> str:
    """A day ``2026-11-22`` as ``11-22``, a month ``2026-11`` as ``2026年11月``."""
    if len(text) == 10:
        return text[5:]
    return f"{text[:4]}年{int(text[5:])}月"


def period_query(period: Period) -> str:
    """The query with which a page shows the same period."""
    return f"period={period.name}" if period.name else f"from={period.first}&to={period.last}"
