"""Reading the measures of places: from the tallies, or straight from the rows.

District, streets and communities are read from the tallies and the deltas not yet folded,
in one statement, so that the sums are exact whatever the folding job is doing. Grids, and
scopes that are no single place, are counted from their rows.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, models
from django.db.models import Count, F, Min, Q
from django.db.models.functions import Coalesce, TruncDate
from django.utils import timezone

from grids.issues.models import OPEN_Q, Issue, IssueQuerySet, Light
from grids.tallies.measures import MEASURES
from grids.tallies.models import MEASURE_NAMES, IssueCategoryTally, IssueDayTally, IssueDelta
from grids.tallies.services import CATEGORY_MEASURES
from suzhou_portal.lib.rows.scope import ScopedQuerySet

Days = tuple[date, date]
# First day, last day, and the last day up to which what falls due is counted: a span that reaches
# today need not count what may still be closed in time today.
Span = tuple[date, date, date]
DUE_MEASURES = frozenset(name for name, measure in MEASURES.items() if measure.time == "due_at")
# Which field of an issue names its place on each level; the lengths of the codes tell the level.
PLACE_FIELDS = {6: "", 9: "street__code", 12: "community__code"}
TREND = ("reported", "closed")


@dataclass
class Totals:
    """What was counted. ``spans``: (place, span) → sums; ``trend``: day or month → sums of the main
    place; ``begins``: the first day on record, None when nothing is.
    """

    spans: dict[tuple[Any, str], Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    trend: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    begins: date | None = None

    def of(self, place: Any, span: str) -> Counter[str]:
        """The sums of a place in a span; all zero when nothing was counted."""
        return self.spans.get((place, span), Counter())


# --- from the tallies -----------------------------------------------------------------


def _marks(values: Sequence[Any]) -> str:
    return ", ".join(["%s"] * len(values))


def _arms(name: str, codes: Sequence[str], span: Span) -> tuple[str, list[Any]]:
    """The tallies and the deltas of places in one span, as a part of a union, with its parameters.

    Plain constants rather than joins with lists of values: so that the index is used.
    """
    first, last, last_due = span
    delta = ", ".join(f"CASE d.measure WHEN '{measure}' THEN d.n ELSE 0 END AS {measure}" for measure in MEASURE_NAMES)
    places = " UNION ALL ".join(["SELECT %s AS code"] * len(codes))
    sql = f"""
        SELECT place_code AS code, %s AS span, %s AS last_due, day, {", ".join(MEASURE_NAMES)}
          FROM {IssueDayTally._meta.db_table} WHERE place_code IN ({_marks(codes)}) AND day BETWEEN %s AND %s
        UNION ALL
        SELECT p.code, %s, %s, d.day, {delta}
          FROM {IssueDelta._meta.db_table} d
          JOIN ({places}) p ON p.code IN (%s, d.street_code, d.community_code)
         WHERE d.day BETWEEN %s AND %s"""  # noqa: S608 -- names are ours, values are parameters
    tally_values = [name, last_due, *codes, first, last]
    return sql, [*tally_values, name, last_due, *codes, settings.DISTRICT_CODE, first, last]


def tallied(main: str, below: Sequence[str], spans: Mapping[str, Span], *, by_month: bool = False) -> Totals:
    """The sums of the place with code ``main`` in each of ``spans``,
    of the places ``below`` it in the span named ``now``, and the trend of ``main`` over ``now``,
    by day (``2026-11-22``) or by month (``2026-11``). One statement.
    """
    arms, values = [], []
    for name, span in spans.items():
        sql, more = _arms(name, [main, *below] if name == "now" else [main], span)
        arms.append(sql)
        values += more
    sums = ", ".join(
        f"SUM(CASE WHEN day <= last_due THEN {name} ELSE 0 END)" if name in DUE_MEASURES else f"SUM({name})"
        for name in MEASURE_NAMES
    )
    sql = f"""
        SELECT code, span,
               CASE WHEN code = %s AND span = 'now' THEN substr(CAST(day AS text), 1, %s) ELSE '' END AS bucket,
               (SELECT MIN(day) FROM {IssueDayTally._meta.db_table} WHERE place_code = %s) AS begins,
               {sums}
          FROM ({" UNION ALL ".join(arms)}) AS parts GROUP BY 1, 2, 3, 4"""  # noqa: S608 -- names are ours
    parameters = [main, 7 if by_month else 10, settings.DISTRICT_CODE, *values]
    totals = Totals()
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        for code, span, bucket, begins, *counts in cursor.fetchall():
            totals.begins = date.fromisoformat(begins) if isinstance(begins, str) else begins
            counted = Counter({name: int(n) for name, n in zip(MEASURE_NAMES, counts, strict=True) if n})
            totals.spans[code, span].update(counted)
            if bucket:
                totals.trend[bucket].update(counted)
    return totals


def tallied_categories(place: str, first: date, last: date) -> dict[int, Counter[str]]:
    """Category id → reported and closed issues of a place from ``first`` to ``last``.

    Whole months come from the tallies (one statement), the days before and after them from
    the rows (one more, only where there are such days). Neither measure lies in the future,
    so the running month counts as whole.
    """
    begin, end, edges = whole_months(first, last)
    found: dict[int, Counter[str]] = defaultdict(Counter)
    if begin <= end:
        sums = ", ".join(f"SUM({name})" for name in CATEGORY_MEASURES)
        delta = ", ".join(f"CASE measure WHEN '{name}' THEN n ELSE 0 END AS {name}" for name in CATEGORY_MEASURES)
        sql = f"""
            SELECT category_id, {sums} FROM (
                SELECT category_id, {", ".join(CATEGORY_MEASURES)} FROM {IssueCategoryTally._meta.db_table}
                 WHERE place_code = %s AND month BETWEEN %s AND %s
                UNION ALL
                SELECT category_id, {delta} FROM {IssueDelta._meta.db_table}
                 WHERE %s IN (%s, street_code, community_code) AND day BETWEEN %s AND %s) AS parts
             GROUP BY category_id"""  # noqa: S608 -- names are ours, values are parameters
        with connection.cursor() as cursor:
            cursor.execute(sql, [place, begin, end, place, settings.DISTRICT_CODE, begin, _month_end(end)])
            for category, *counts in cursor.fetchall():
                found[category].update(dict(zip(CATEGORY_MEASURES, map(int, counts), strict=True)))
    if edges:
        path = PLACE_FIELDS[len(place)]
        rows = Issue.objects.filter(**{path: place}) if path else Issue.objects.all()
        for category, counted in counted_categories(rows, edges).items():
            found[category].update(counted)
    return found


def whole_months(first: date, last: date) -> tuple[date, date, list[Days]]:
    """(first day of the first, first day of the last whole month, the days outside them).

    The first is after the last when there is no whole month. A span that reaches today takes
    the running month as whole.
    """
    begin = first if first.day == 1 else _month_end(first) + timedelta(days=1)
    end = last.replace(day=1)
    if last != _month_end(last) and last < timezone.localdate():
        end = (end - timedelta(days=1)).replace(day=1)
    if begin > end:
        return begin, end, [(first, last)]
    edges = []
    if first < begin:
        edges.append((first, begin - timedelta(days=1)))
    if _month_end(end) < last:
        edges.append((_month_end(end) + timedelta(days=1), last))
    return begin, end, edges


def _month_end(day: date) -> date:
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


# --- from the rows --------------------------------------------------------------------


def _any(parts: Iterable[Q]) -> Q:
    whole = Q(pk__in=[])
    for part in parts:
        whole |= part
    return whole


def counted_spans(
    issues: ScopedQuerySet, spans: Mapping[str, Span], *, by: Mapping[str, Any], only: Iterable[str] = MEASURES
) -> tuple[dict[tuple[Any, ...], Counter[str]], date | None]:
    """(The sums of ``issues`` per group, the first day on record); ``by``: name of a group's key →
    expression, in order; ``only``: the measures that are wanted.

    Names in the counters are ``<span>.<measure>``, and ``open`` and ``overdue`` as of now. One
    statement over the rows of ``issues``.
    """
    counts: dict[str, Any] = {
        f"{span}__{name}": Count("pk", filter=MEASURES[name].within(first, last_due if name in DUE_MEASURES else last))
        for span, (first, last, last_due) in spans.items()
        for name in only
    }
    counts["begins"] = Min("created_at")
    counts["open"] = Count("pk", filter=OPEN_Q)
    counts["overdue"] = Count("pk", filter=OPEN_Q & Q(due_at__lte=timezone.now(), suspended_at=None))
    groups = {f"by_{name}": F(key) if isinstance(key, str) else key for name, key in by.items()}
    found, begins = {}, []
    for row in issues.order_by().values(**groups).annotate(**counts):
        key = tuple(row.pop(name) for name in groups)
        begins.append(timezone.localdate(row.pop("begins")))
        found[key] = Counter({name.replace("__", "."): n for name, n in row.items() if n})
    return found, min(begins, default=None)


def counted_categories(issues: ScopedQuerySet, days: Sequence[Days]) -> dict[int, Counter[str]]:
    """Category id → reported and closed issues on any of ``days``; one statement."""
    filters = {name: _any(MEASURES[name].within(*part) for part in days) for name in CATEGORY_MEASURES}
    rows = (
        issues.filter(_any(filters.values()))
        .order_by()
        .values("category_id")
        .annotate(**{name: Count("pk", filter=condition) for name, condition in filters.items()})
    )
    return {row.pop("category_id"): Counter(row) for row in rows}


def counted_days(issues: ScopedQuerySet, first: date, last: date) -> dict[tuple[date, int], Counter[str]]:
    """(day, category id) → reported and closed issues; one statement over the rows of the period."""
    parts = [
        issues.filter(measure.within(first, last))
        .order_by()
        .values_list(models.Value(name), TruncDate(measure.time), "category_id")
        .annotate(n=Count("pk"))
        for name, measure in MEASURES.items()
        if name in TREND
    ]
    found: dict[tuple[date, int], Counter[str]] = defaultdict(Counter)
    for name, day, category, n in parts[0].union(*parts[1:], all=True):
        found[day, category][name] += n
    return found


TOP_GRID = Coalesce(F("grid__parent__parent_id"), F("grid__parent_id"), F("grid_id"))


# --- as of now ------------------------------------------------------------------------


def in_hand(issues: IssueQuerySet, by: str, now: datetime | None = None) -> dict[Any, Counter[str]]:
    """Group (values of the field ``by``) → ``open`` and ``overdue`` issues now, from the partial indexes.

    What is suspended (挂账) is open and not overdue. It is few: taken off again, so that the
    indexes of the open issues tell the rest by themselves.
    """
    return in_hand_told(in_hand_rows(issues, by, now))


def in_hand_rows(issues: IssueQuerySet, by: str, now: datetime | None = None) -> Any:
    """The query of :func:`in_hand`, for those who have it written once (``lib.rows.written``)."""
    late = Q(due_at__lte=now or timezone.now())
    every = issues.open().order_by().values_list(by).annotate(n=Count("pk"), late=Count("pk", filter=late))
    paused = issues.with_light(Light.PAUSED).filter(late).order_by().values_list(by)
    return every.union(paused.annotate(n=models.Value(0), late=Count("pk") * -1), all=True)


def in_hand_told(rows: Iterable[tuple[Any, int, int]]) -> dict[Any, Counter[str]]:
    """What :func:`in_hand` answers, from the rows of its query."""
    found: dict[Any, Counter[str]] = defaultdict(Counter)
    for group, n, overdue in rows:
        found[group]["open"] += n
        found[group]["overdue"] += overdue
    return dict(found)
