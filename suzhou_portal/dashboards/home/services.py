"""The pieces of the home page besides what waits: what happened meanwhile, four figures of my place."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.dateparse import parse_datetime

from grids.issues.models import Issue, IssueEvent
from grids.issues.workflow import sentence_of
from grids.places.names import names
from grids.tallies.totals import in_hand, tallied
from suzhou_portal.accounts.models import Preference
from suzhou_portal.accounts.roles import Verb
from suzhou_portal.dashboards.figures import wording
from suzhou_portal.dashboards.figures.of_issues import FIGURES, Counts, count, percent
from suzhou_portal.dashboards.places import spots
from suzhou_portal.lib.time import periods

ROWS = 8
# So many steps are looked at for each line of news, of which only an issue's last is told.
STEPS_AN_ISSUE = 5
VISIT_KEY = "home.visit"
# Coming back within this time is still the same visit.
SAME_VISIT = timedelta(minutes=30)
FOUR = ("reported", "on_time_rate", "first_time_rate", "overdue")
SPARK_WIDTH, SPARK_HEIGHT = 120, 28


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
    kept = Preference.objects.filter(user=user, key=VISIT_KEY).first()
    now = timezone.now()
    seen, before = (parse_datetime((kept.value.get(name) or "") if kept else "") for name in ("seen", "before"))
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
    events = (
        IssueEvent.objects.filter(issue__in=Issue.objects.visible_to(user, Verb.ISSUES_VIEW))
        .exclude(actor=user)
        .select_related("issue", "actor", "organisation")
        .only(
            *("at", "action", "to_level", "issue_id", "issue__number", "issue__category_id"),
            *("actor__name", "actor__username", "organisation__name", "organisation__short_name"),
        )
        .order_by("-id")[: ROWS * STEPS_AN_ISSUE]
    )
    latest: dict[int, IssueEvent] = {}
    for event in sorted(events, key=lambda event: (event.at, event.pk), reverse=True):
        latest.setdefault(event.issue_id, event)
    news = [event for event in latest.values() if since is not None and event.at > since]
    categories = names().categories
    return [
        Step(
            url=event.issue.get_absolute_url(),
            number=event.issue.number,
            at=event.at,
            actor=str(event.actor) if event.actor else "系统",
            sentence=sentence_of(event),
            subject=categories[event.issue.category_id].name if event.issue.category_id in categories else "",
            new=since is not None and event.at > since,
        )
        for event in (news or list(latest.values()))[:ROWS]
    ]


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
    counts.live[spot.code] = sum(in_hand(spot.rows(user), "street_id").values(), start=counts.live_of())
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
