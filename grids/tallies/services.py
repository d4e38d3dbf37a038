"""Keeping the roll-ups: appending deltas with every change, folding them, recomputing them."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date
from typing import Any

from django.conf import settings
from django.db import connection, models, transaction

from communities.directory.models import Community
from grids.issues.models import Issue
from grids.tallies.measures import TallyKey, counted
from grids.tallies.models import MEASURE_NAMES, IssueCategoryTally, IssueDayTally, IssueDelta
from streets.hub.models import Street

# Any number that no other advisory lock uses.
FOLD_LOCK = 620902001
FOLD_BATCH = 20_000
CATEGORY_MEASURES = ("reported", "closed")


def place_codes() -> tuple[dict[int, str], dict[int, str]]:
    """Primary key → code, of all streets and all communities."""
    return dict(Street.objects.values_list("pk", "code")), dict(Community.objects.values_list("pk", "code"))


def append_difference(
    issue: Issue,
    before: Counter[TallyKey],
    after: Counter[TallyKey],
    *,
    places_before: tuple[Street, Community | None] | None = None,
) -> None:
    """Append the deltas that lead from ``before`` to ``after`` (see ``grids.tallies.measures.counted``).

    ``places_before``: the street and community that ``before`` speaks of, where the issue has
    moved since. Runs in the transaction of the issue's change; one INSERT.
    """
    difference = Counter(after)
    difference.subtract(before)
    if not any(difference.values()):
        return
    codes = {}
    for street, community in filter(None, ((issue.street, issue.community), places_before)):
        codes[street.pk, community.pk if community else 0] = (street.code, community.code if community else "")
    IssueDelta.objects.bulk_create(
        [
            IssueDelta(
                day=day,
                measure=measure,
                street_code=codes[street, community][0],
                community_code=codes[street, community][1],
                category_id=category,
                n=n,
            )
            for (day, measure, street, community, category), n in difference.items()
            if n
        ]
    )


@transaction.atomic
def fold_deltas(limit: int = FOLD_BATCH) -> int:
    """Fold up to ``limit`` deltas into the tallies; returns how many. Safe to run again and at once:
    a second worker finds the lock taken and does nothing.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [FOLD_LOCK])
            if not cursor.fetchone()[0]:
                return 0
    deltas = list(
        IssueDelta.objects.order_by("id").values_list(
            "id", "day", "measure", "street_code", "community_code", "category_id", "n"
        )[:limit]
    )
    if not deltas:
        return 0
    IssueDelta.objects.filter(pk__in=[delta[0] for delta in deltas]).delete()
    add_to_tallies(delta[1:] for delta in deltas)
    return len(deltas)


def add_to_tallies(parts: Iterable[tuple[date, str, str, str, int, int]]) -> None:
    """Add ``(day, measure, street code, community code, category id, n)`` parts to the tallies,
    for the community, its street and the district.
    """
    days: dict[tuple[str, date], Counter[str]] = defaultdict(Counter)
    months: dict[tuple[str, date, int], Counter[str]] = defaultdict(Counter)
    for day, measure, street, community, category, n in parts:
        for place in filter(None, (settings.DISTRICT_CODE, street, community)):
            days[place, day][measure] += n
            if measure in CATEGORY_MEASURES:
                months[place, day.replace(day=1), category][measure] += n
    _add(IssueDayTally, ("place_code", "day"), MEASURE_NAMES, days)
    _add(IssueCategoryTally, ("place_code", "month", "category_id"), CATEGORY_MEASURES, months)


def _add(
    model: type[models.Model], keys: tuple[str, ...], names: tuple[str, ...], sums: dict[tuple[Any, ...], Counter[str]]
) -> None:
    """Add ``sums`` to the rows of ``model`` with these keys, making those that are missing."""
    table = model._meta.db_table
    columns = (*keys, *names)
    marks = f"({', '.join(['%s'] * len(columns))})"
    changes = ", ".join(f"{name} = {table}.{name} + excluded.{name}" for name in names)
    items = sorted(sums.items(), key=lambda item: tuple(map(str, item[0])))
    with connection.cursor() as cursor:
        for start in range(0, len(items), 500):
            batch = items[start : start + 500]
            cursor.execute(
                f"INSERT INTO {table} ({', '.join(columns)}) VALUES {', '.join([marks] * len(batch))} "  # noqa: S608
                f"ON CONFLICT ({', '.join(keys)}) DO UPDATE SET {changes}",
                [value for key, counter in batch for value in (*key, *(counter[name] for name in names))],
            )


@transaction.atomic
def rebuild_tallies() -> None:
    """Throw the tallies and deltas away and compute them from the rows (after a restore or bulk load).

    Changes of issues wait until it is done: a delta written meanwhile would be counted twice.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [FOLD_LOCK])
            cursor.execute(f"LOCK TABLE {IssueDelta._meta.db_table} IN EXCLUSIVE MODE")
    IssueDelta.objects.all().delete()
    IssueDayTally.objects.all().delete()
    IssueCategoryTally.objects.all().delete()
    streets, communities = place_codes()
    totals: Counter[Any] = Counter()
    for issue in Issue.objects.defer("description", "address").iterator(chunk_size=5000):
        totals.update(counted(issue))
    add_to_tallies(
        (day, measure, streets[street], communities.get(community, ""), category, n)
        for (day, measure, street, community, category), n in totals.items()
    )
