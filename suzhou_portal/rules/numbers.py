"""Numbers like ``SZ-2026-000123``: one series per prefix and year, each number given once, in ascending order.

Without gaps where paper demands it (letters, agreements, batches): whoever takes a number holds the series until the
transaction ends. Elsewhere nobody waits: on PostgreSQL a sequence gives the number, and a transaction that is taken
back leaves a gap. SQLite has one writer, so its numbers have no gaps either way.
"""

from dataclasses import dataclass
from datetime import date

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from suzhou_portal.lib.time import moments
from suzhou_portal.rules.models import NumberSequence

# With the key of the series: advisory locks of these alone.
BEGINNING = 620902002


@dataclass(frozen=True)
class Series:
    """The numbers that begin with ``prefix``; without ``gapless`` nobody waits for another's transaction."""

    prefix: str
    gapless: bool = True

    def next(self, day: date | None = None) -> str:
        """The next number, in the year of ``day`` (today). Call it last before inserting."""
        year = (day or timezone.localdate(moments.now())).year
        if self.gapless or connection.vendor != "postgresql":
            return next_number(year, self.prefix)
        return written(self.prefix, year, _ascending(self.prefix, year))


def written(prefix: str, year: int, number: int) -> str:
    """As people read it."""
    return f"{prefix}-{year}-{number:06d}"


def next_number(year: int, series: str = settings.ISSUE_NUMBER_PREFIX) -> str:
    """The next number of ``series`` in ``year``, without gaps: the sequence's row stays locked until the caller's
    transaction ends.
    """
    table = NumberSequence._meta.db_table
    for attempt in range(2):
        with connection.cursor() as cursor:
            cursor.execute(
                f"UPDATE {table} SET last = last + 1 WHERE series = %s AND year = %s RETURNING last",  # noqa: S608
                [series, year],
            )
            row = cursor.fetchone()
        if row:
            return written(series, year, row[0])
        if attempt == 0:
            try:
                with transaction.atomic():
                    NumberSequence.objects.create(series=series, year=year)
            except IntegrityError:
                pass  # another reporter began the year in the same moment
    raise RuntimeError(f"no number sequence for {series}-{year}")


def _ascending(prefix: str, year: int) -> int:
    """The next value of the sequence of this series; begun after the numbers that were given without gaps."""
    name = f"number_{prefix.lower()}_{year}"
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s)", [name])
        if cursor.fetchone()[0] is None:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [BEGINNING, name])
            given = NumberSequence.objects.filter(series=prefix, year=year).values_list("last", flat=True).first() or 0
            cursor.execute(f'CREATE SEQUENCE IF NOT EXISTS "{name}" START WITH {int(given) + 1}')
        cursor.execute("SELECT nextval(%s)", [name])
        return int(cursor.fetchone()[0])
