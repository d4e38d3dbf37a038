"""Whatever happens to issues, figures, rows and parts agree, folded or not."""

import random
import threading
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from urllib.parse import parse_qsl

import pytest
from django.db import connection
from django.utils import timezone

from grids.issues.models import Issue
from grids.lists.filters import IssueFilter
from grids.tallies import services as tallies
from grids.tallies.measures import MEASURES
from grids.tallies.models import IssueCategoryTally, IssueDayTally, IssueDelta
from grids.tallies.totals import counted_categories, tallied, tallied_categories
from suzhou_portal.accounts.roles import Verb
from suzhou_portal.dashboards.board import services as board
from suzhou_portal.dashboards.figures import of_issues as figures
from suzhou_portal.dashboards.places import spots
from suzhou_portal.lib.time import periods
from tests import factories as make
from tests.dashboards.walk import Walk

START = datetime(2026, 6, 20, 1, 30, tzinfo=UTC)
DISTRICT = "620902"


def from_rows(first: date, last: date) -> dict[str, Counter]:
    """Place code → the measures, counted one by one from the rows: the yardstick."""
    found: dict[str, Counter] = {}
    for issue in Issue.objects.select_related("street", "community"):
        codes = [DISTRICT, issue.street.code, *([issue.community.code] if issue.community else [])]
        for measure in MEASURES.values():
            moment = getattr(issue, measure.time)
            if moment and first <= timezone.localdate(moment) <= last and measure.holds(issue):
                for code in codes:
                    found.setdefault(code, Counter())[measure.name] += 1
    return found


def some_period(chance: random.Random, today: date) -> periods.Period:
    if chance.random() < 0.5:
        return periods.named(chance.choice(list(periods.CHOICES)), today)
    first = today - timedelta(days=chance.randrange(0, 70))
    return periods.between(first, first + timedelta(days=chance.randrange(0, 50)), today)


def listed(value: figures.Value, user, **more: str) -> int:
    """How many rows the list of issues shows behind a figure."""
    chosen = dict(parse_qsl(value.rows_query(**more)))
    rows = IssueFilter(chosen, Issue.objects.visible_to(user, Verb.ISSUES_VIEW), request=SimpleNamespace(user=user))
    assert rows.is_valid(), rows.errors
    return rows.qs.count()


@pytest.mark.dialect
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_tallies_and_deltas_equal_the_rows_at_every_step(cast, monkeypatch, seed):
    walk, chance = Walk(cast, seed, monkeypatch, START), random.Random(seed)
    codes = [row.code for row in (cast.s1, cast.s2, cast.c1, cast.c2, cast.c3)]
    folded = waiting = 0
    for _ in range(90):
        walk.step()
        if chance.random() < 0.2:
            folded += tallies.fold_deltas(limit=chance.choice([1, 3, 1000]))
        waiting += IssueDelta.objects.exists()
        first = timezone.localdate() - timedelta(days=chance.randrange(0, 90))
        days = first, first + timedelta(days=chance.randrange(0, 60))
        totals, rows = tallied(DISTRICT, codes, {"now": (*days, days[1])}), from_rows(*days)
        for code in (DISTRICT, *codes):
            assert +totals.of(code, "now") == +rows.get(code, Counter())
        trend = sum(totals.trend.values(), Counter())
        assert +trend == +rows.get(DISTRICT, Counter())
    assert folded > 20
    assert waiting > 20
    days = START.date(), timezone.localdate()
    before = tallied(DISTRICT, codes, {"now": (*days, days[1])}).spans
    tallies.rebuild_tallies()
    after = tallied(DISTRICT, codes, {"now": (*days, days[1])}).spans
    assert {key: +sums for key, sums in after.items()} == {key: +sums for key, sums in before.items() if +sums}


@pytest.mark.parametrize("seed", [pytest.param(11, marks=pytest.mark.dialect), 12])
def test_every_figure_opens_exactly_its_rows_and_parts_sum_to_the_whole(cast, monkeypatch, seed):
    walk, chance = Walk(cast, seed, monkeypatch, START), random.Random(seed)
    asked = [(DISTRICT, cast.district), (cast.s1.code, cast.officer), (cast.s2.code, cast.district)]
    asked += [(cast.c1.code, cast.secretary), (cast.c3.code, cast.other_officer), (cast.g1.code, cast.leader)]
    asked += [(cast.compound.code, cast.secretary), (cast.building.code, cast.leader), ("", cast.area_leader)]
    for _ in range(8):
        for _ in range(15):
            walk.step()
        tallies.fold_deltas(limit=chance.choice([5, 1000]))
        period = some_period(chance, timezone.localdate())
        for code, user in asked:
            spot = spots.find(code, user) if code else spots.own(user)
            counts = figures.count(spot, period, user)
            for name in figures.FIGURES:
                value = counts.value(name)
                assert listed(value, user) == value.numerator, (code, name, period)
                if value.denominator is not None:
                    assert value.numerator <= value.denominator
            page = board.compose(spot, period, user)
            assert_parts_sum_to_the_whole(page)
            for row in page.categories.rows:
                assert listed(counts.value("reported"), user, category=row.code) == row.reported


def assert_parts_sum_to_the_whole(page: board.Board) -> None:
    whole = page.counts.of()
    for measure in figures.PART_MEASURES:
        assert sum(row.sums[measure] for row in page.places) == whole[measure]
    for name in ("open", "overdue"):
        assert sum(row.live[name] for row in page.places) == page.counts.live_of()[name]
    for measure in ("reported", "closed"):
        assert sum(page.trend.series[measure]) == whole[measure]
        assert sum(getattr(row, measure) for row in page.all_categories) == whole[measure]
    assert sum(value.numerator for value in page.levels) == whole["closed"]


@pytest.mark.dialect
@pytest.mark.parametrize("seed", [21, 22])
def test_categories_from_tallies_and_edges_equal_the_rows(cast, monkeypatch, seed):
    walk, chance = Walk(cast, seed, monkeypatch, START), random.Random(seed)
    for _ in range(25):
        for _ in range(6):
            walk.step()
        tallies.fold_deltas(limit=chance.choice([2, 1000]))
        period = some_period(chance, timezone.localdate())
        for code, rows in ((DISTRICT, Issue.objects.all()), (cast.c1.code, Issue.objects.filter(community=cast.c1))):
            found = {key: +sums for key, sums in tallied_categories(code, *period.days).items() if +sums}
            assert found == {key: +sums for key, sums in counted_categories(rows, [period.days]).items()}


@pytest.mark.dialect
def test_the_tallies_have_a_column_for_every_measure():
    assert set(MEASURES) == set(tallies.MEASURE_NAMES)


@pytest.mark.dialect
def test_a_void_issue_leaves_no_trace_in_the_figures(cast):
    from grids.issues.workflow import WORKFLOW  # noqa: PLC0415 -- beside its only use

    issue = make.make_issue(cast.secretary, cast.c1, cast.lamp)
    tallies.fold_deltas()
    WORKFLOW.apply(issue, "void", by=cast.secretary, inputs={"note": "误报"})
    tallies.fold_deltas()
    assert not any(IssueDayTally.objects.values_list("reported", flat=True))
    assert not any(IssueCategoryTally.objects.values_list("reported", flat=True))


@pytest.mark.django_db(transaction=True)
def test_folding_at_once_loses_and_doubles_nothing(live_cast, on_postgresql):
    cast = live_cast
    done = threading.Event()
    failures: list[BaseException] = []

    def fold() -> None:
        try:
            while not done.is_set():
                tallies.fold_deltas(limit=3)
            while tallies.fold_deltas(limit=3):
                pass
        except BaseException as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=fold) for _ in range(2)]
    for thread in threads:
        thread.start()
    seen = []
    today = timezone.localdate()
    for number in range(1, 41):
        make.make_issue(cast.secretary, cast.c1, cast.lamp)
        seen.append(tallied(DISTRICT, [], {"now": (today, today, today)}).of(DISTRICT, "now")["reported"] - number)
    done.set()
    for thread in threads:
        thread.join()
    assert not failures
    assert set(seen) == {0}
    assert not IssueDelta.objects.exists()
    assert IssueDayTally.objects.get(place_code=DISTRICT, day=today).reported == 40
