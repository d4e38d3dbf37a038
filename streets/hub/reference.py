"""The streets of the district, by their official codes."""

from pathlib import Path

from streets.hub.models import Street
from suzhou_portal.lib.rows.reference import add_missing, loads, rows_of

STREETS = Path(__file__).with_name("streets.csv")


@loads(Street, order=10)
def load() -> int:
    """In official order."""
    return add_missing(Street(code=row["code"], name=row["name"]) for row in rows_of(STREETS))
