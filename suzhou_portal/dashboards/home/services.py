"""The pieces of the home page besides what waits: what happened meanwhile, four figures of my place."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

from django.utils import timezone
from django.utils.dateparse import parse_datetime

from grids.issues.models import Issue, IssueEvent
from grids.issues.workflow import sentence_of
from grids.places.names import Names, names
from grids.tallies.totals import in_hand_rows, in_hand_told, tallied
from suzhou_portal.accounts.models import Preference
from suzhou_portal.accounts.roles import Verb
from suzhou_portal.dashboards.board.services import ISSUES_URL
from suzhou_portal.dashboards.figures import wording
from suzhou_portal.dashboards.figures.of_issues import FIGURES, Counts, count, percent
from suzhou_portal.dashboards.places import spots
from suzhou_portal.lib.rows.prepared import Prepared
from suzhou_portal.lib.rows.written import moment_of, written
from suzhou_portal.lib.time import periods

ROWS = 8
# So many steps are looked at for each line of news, of which only an issue's last is told.
STEPS_AN_ISSUE = 5
VISIT_KEY = "home.visit"
# Coming back within this time is still the same visit.
SAME_VISIT = timedelta(minutes=30)
FOUR = ("reported", "on_time_rate", "first_time_rate", "overdue")
STEP_COLUMNS = (
    *("at", "pk", "action", "to_level", "organisation_id", "issue_id", "issue__number", "issue__category_id"),
    *("actor__name", "actor__username"),
)
SPARK_WIDTH, SPARK_HEIGHT = 120, 28


VISIT = Prepared(lambda user: Preference.objects.filter(user=user, key=VISIT_KEY).values_list("value"), 987_654_321)


@dataclass(frozen=True)
class Step:
    """One step that somebody else took; ``new``: since the user's last visit."""

    url: str
    number: str
    at: datetime
    actor: str
    sentence: str
    subject: str
    new: bool


@dataclass(frozen=True)
class Figured:
    """A figure of the home page with the points of its trend ("" for none)."""

    card: wording.Card
    points: str


def last_visit(user: Any) -> datetime | None:
    """When ``user``'s visit before this one was; None on the first. Notes this visit."""
    kept = next((json.loads(value) if isinstance(value, str) else value for (value,) in VISIT(user.pk)), {})
    now = timezone.now()
    seen, before = (parse_datetime(kept.get(name) or "") for name in ("seen", "before"))
    if seen is not None and now - seen < SAME_VISIT:
        if now - seen < SAME_VISIT / 10:
            return before
    else:
        before = seen
    value = {"seen": now.isoformat(), "before": before.isoformat() if before else ""}
    Preference.objects.update_or_create(user=user, key=VISIT_KEY, defaults={"value": value})
    return before


def steps_by_others(user: Any, since: datetime | None) -> list[Step]:
    """The latest step that others took on each of the issues that ``user`` sees, newest first: those
    since the last visit, or the last ones when nothing happened since. One query.
    """
    found = [
        (dict(zip(STEP_COLUMNS, row, strict=True)), moment_of(row[0]))
        for row in written("home.steps", user, lambda: _steps(user)).rows()
    ]
    latest: dict[int, tuple[dict[str, Any], datetime]] = {}
    for event, at in sorted(found, key=lambda pair: (pair[1], pair[0]["pk"]), reverse=True):
        latest.setdefault(event["issue_id"], (event, at))
    news = [pair for pair in latest.values() if since is not None and pair[1] > since]
    known = names()
    return [_step(event, at, since, known) for event, at in (news or list(latest.values()))[:ROWS]]


def _steps(user: Any) -> tuple[str, Sequence[Any], None]:
    """The statement of the latest steps."""
    events = IssueEvent.objects.filter(issue__in=Issue.objects.visible_to(user, Verb.ISSUES_VIEW)).exclude(actor=user)
    rows = events.order_by("-id").values_list(*STEP_COLUMNS)[: ROWS * STEPS_AN_ISSUE]
    return (*rows.query.sql_with_params(), None)


def _step(event: dict[str, Any], at: datetime, since: datetime | None, known: Names) -> Step:
    organisation = known.organisations.get(event["organisation_id"])
    told = SimpleNamespace(
        action=event["action"], to_level=event["to_level"], organisation=organisation.name if organisation else ""
    )
    category = known.categories.get(event["issue__category_id"])
    return Step(
        url=f"{ISSUES_URL}{event['issue__number']}/",
        number=event["issue__number"],
        at=at,
        actor=event["actor__name"] or event["actor__username"] or "系统",
        sentence=sentence_of(told),  # type: ignore[arg-type]  # what it asks of an event
        subject=category.name if category else "",
        new=since is not None and at > since,
    )


def four_figures(user: Any) -> tuple[spots.Spot, list[Figured]]:
    """The place of ``user`` and four of its figures this month, with the trend of the twelve months
    before where it is tallied.
    """
    spot, month = spots.own(user), periods.named("month")
    year = periods.between(periods.shift(month.first, -12), month.first - timedelta(days=1))
    if not spot.tallied:
        counts = count(spot, month, user)
        return spot, [Figured(wording.card(counts.value(code), month), "") for code in FOUR]
    spans = {**month.spans, "month": month.spans["now"], "now": year.spans["now"]}
    totals = tallied(spot.code, [], spans, by_month=True)
    counts = Counts(spot, month, totals, span="month")
    live = written("home.in_hand", user, lambda: _in_hand(spot, user), spot.code).rows()
    counts.live[spot.code] = sum(in_hand_told(live).values(), start=counts.live_of())
    figured = []
    for code in FOUR:
        figure = FIGURES[code]
        series: list[float | None] = []
        if not figure.live:
            for bucket in year.buckets():
                sums = totals.trend.get(bucket, {})
                top, bottom = sums.get(figure.numerator, 0), sums.get(figure.denominator or "", 0)
                series.append(percent(top, bottom) if figure.denominator else top)
        figured.append(Figured(wording.card(counts.value(code), month), points(series)))
    return spot, figured


def _in_hand(spot: spots.Spot, user: Any) -> tuple[str, Sequence[Any], None]:
    return (*in_hand_rows(spot.rows(user), "street_id").query.sql_with_params(), None)


def points(series: Sequence[float | None]) -> str:
    """The points of a small line over ``series``, for an SVG polyline; fewer than two numbers: none."""
    known = [number for number in series if number is not None]
    if len(known) < 2:
        return ""
    low, high = min(known), max(known)
    step = SPARK_WIDTH / (len(series) - 1)
    reach = (high - low) or 1
    return " ".join(
        f"{index * step:.1f},{SPARK_HEIGHT - 2 - (number - low) / reach * (SPARK_HEIGHT - 4):.1f}"
        for index, number in enumerate(series)
        if number is not None
    )
