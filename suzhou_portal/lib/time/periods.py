"""The periods that figures are counted over, and what each is compared with."""

import re
from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

from django.core.exceptions import ValidationError
from django.utils import timezone

FIRST_DAY = date(2000, 1, 1)
# Longer periods than this are drawn by month, and no period is longer than the second.
DAILY = timedelta(days=62)
LONGEST = timedelta(days=366 * 5)
CHOICES = {"month": "本月", "last-month": "上月", "quarter": "本季度", "year": "本年", "12m": "近 12 个月"}
DEFAULT = "month"
ISO = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True)
class Period:
    """From day ``first`` to day ``last``, both included; never beyond today.

    ``last_due``: what falls due counts up to this day. Where the period reaches today that is
    yesterday, since what is due today may still be closed in time. ``months``: by how many
    months back the period before lies; 0: by its own length in days.
    """

    first: date
    last: date
    label: str
    before_label: str
    last_due: date
    months: int = 0
    name: str = ""

    @property
    def days(self) -> tuple[date, date]:
        """(first, last)."""
        return self.first, self.last

    @property
    def by_month(self) -> bool:
        """True when the trend of this period is drawn by month."""
        return self.last - self.first > DAILY

    @property
    def previous(self) -> tuple[date, date]:
        """The days of the period before: as many months back, or of equal length right before."""
        if self.months:
            return shift(self.first, -self.months), shift(self.last, -self.months, self.last)
        length = self.last - self.first
        return self.first - length - timedelta(days=1), self.first - timedelta(days=1)

    @property
    def year_ago(self) -> tuple[date, date]:
        """The same days a year earlier."""
        return shift(self.first, -12), shift(self.last, -12, self.last)

    @property
    def spans(self) -> dict[str, tuple[date, date, date]]:
        """The spans that figures of this period need, each with its last day for what falls due."""
        still_open = self.last - self.last_due
        previous, year_ago = self.previous, self.year_ago
        return {
            "now": (*self.days, self.last_due),
            "previous": (*previous, previous[1] - still_open),
            "year_ago": (*year_ago, year_ago[1] - still_open),
        }

    @property
    def text(self) -> str:
        """The period in words: ``2026年11月1日至22日``."""
        first, last = self.first, self.last
        text = f"{first.year}年{first.month}月{first.day}日"
        if first == last:
            return text
        if (first.year, first.month) == (last.year, last.month):
            return f"{text}至{last.day}日"
        end = f"{last.month}月{last.day}日"
        return f"{text}至{end}" if first.year == last.year else f"{text}至{last.year}年{end}"

    def buckets(self) -> list[str]:
        """The days (``2026-11-22``) or months (``2026-11``) of the trend, in order."""
        if not self.by_month:
            return [str(self.first + timedelta(days=n)) for n in range((self.last - self.first).days + 1)]
        found, day = [], self.first.replace(day=1)
        while day <= self.last:
            found.append(str(day)[:7])
            day = shift(day, 1)
        return found


def shift(day: date, months: int, end_of: date | None = None) -> date:
    """``day`` moved by months; a day that the month lacks becomes its last. Where ``end_of`` closes
    its month, so does the result.
    """
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    longest = monthrange(year, month + 1)[1]
    if end_of is not None and end_of.day == monthrange(end_of.year, end_of.month)[1]:
        return date(year, month + 1, longest)
    return date(year, month + 1, min(day.day, longest))


def named(name: str, today: date | None = None) -> Period:
    """One of :data:`CHOICES` as of ``today``. KeyError: no such period."""
    today = today or timezone.localdate()
    month = today.replace(day=1)
    label = CHOICES[name]
    if name == "month":
        return _period(month, today, today, label, "上月同期", 1, name)
    if name == "last-month":
        return _period(shift(month, -1), month - timedelta(days=1), today, label, "前一个月", 1, name)
    if name == "quarter":
        first = month.replace(month=(month.month - 1) // 3 * 3 + 1)
        return _period(first, today, today, label, "上季度同期", 3, name)
    if name == "year":
        return _period(month.replace(month=1), today, today, label, "上年同期", 12, name)
    return _period(shift(month, -11), today, today, label, "前 12 个月", 12, name)


def _period(first: date, last: date, today: date, label: str, before: str, months: int = 0, name: str = "") -> Period:
    last_due = last - timedelta(days=1) if first < last == today else last
    return Period(first, last, label, before, last_due, months, name)


def between(first: date, last: date, today: date | None = None) -> Period:
    """The days from ``first`` to ``last``, cut at today. ValidationError: no such period."""
    today = today or timezone.localdate()
    if first > last:
        raise ValidationError({"to": "结束日期不能早于开始日期。"})
    if first > today:
        raise ValidationError({"from": "开始日期不能晚于今天。"})
    if first < FIRST_DAY:
        raise ValidationError({"from": "日期太早。"})
    if min(last, today) - first > LONGEST:
        raise ValidationError({"to": "一次最多统计五年。"})
    period = _period(first, min(last, today), today, "", "前一时段")
    return replace(period, label=period.text)


def parse_day(text: str, field: str) -> date:
    """A day written ``2026-11-22``; ValidationError for ``field`` otherwise."""
    try:
        if not ISO.fullmatch(text):
            raise ValueError(text)
        return date.fromisoformat(text)
    except ValueError:
        raise ValidationError({field: "请按 2026-11-22 的样子填写日期。"}) from None


def from_query(query: Mapping[str, str]) -> Period:
    """The period that a page's query names: ``period=month`` or ``from`` and ``to``; this month by default.

    ValidationError (per field) for anything else.
    """
    first, last = query.get("from", "").strip(), query.get("to", "").strip()
    if first or last:
        if not (first and last):
            raise ValidationError({"to" if first else "from": "请把起止日期填全。"})
        return between(parse_day(first, "from"), parse_day(last, "to"))
    try:
        return named(query.get("period") or DEFAULT)
    except KeyError:
        raise ValidationError({"period": "没有这个统计期。"}) from None


def from_span(text: str) -> Period:
    """The period written ``<from>..<to>``, as the API takes it. ValidationError for ``period`` otherwise."""
    first, dots, last = text.partition("..")
    if not dots:
        raise ValidationError({"period": "请写成 2026-11-01..2026-11-30。"})
    try:
        return between(parse_day(first, "period"), parse_day(last, "period"))
    except ValidationError as error:
        raise ValidationError({"period": error.messages}) from None
