"""Numbers like ``SZ-2026-000123``: one series per year, no gaps, no repeats."""

from django.conf import settings
from django.db import IntegrityError, connection, transaction

from grids.issues.models import NumberSequence


def next_number(year: int, series: str = settings.ISSUE_NUMBER_PREFIX) -> str:
    """The next number of ``series`` in ``year``. Call it last before inserting: the sequence's
    row stays locked until the caller's transaction ends.
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
            return f"{series}-{year}-{row[0]:06d}"
        if attempt == 0:
            try:
                with transaction.atomic():
                    NumberSequence.objects.create(series=series, year=year)
            except IntegrityError:
                pass  # another reporter began the year in the same moment
    raise RuntimeError(f"no number sequence for {series}-{year}")
