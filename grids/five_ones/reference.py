"""The five slots of 五个一."""

from pathlib import Path

from grids.five_ones.models import FiveOne
from suzhou_portal.lib.rows.reference import SINCE, add_missing, loads, rows_of

FIVE_ONES = Path(__file__).with_name("five_ones.csv")


@loads(FiveOne, order=80)
def load() -> int:
    """In their order."""
    return add_missing(
        FiveOne(code=row["code"], position=row["position"], name=row["name"], what=row["what"], starts=SINCE)
        for row in rows_of(FIVE_ONES)
    )
