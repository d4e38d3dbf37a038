"""The communities of the district, by their official statistical codes.

The managing street is marked where public sources do not name it.
"""

from collections.abc import Iterator
from pathlib import Path

from communities.directory.models import Community
from streets.hub.models import Street
from suzhou_portal.lib.rows.reference import add_missing, loads, rows_of

COMMUNITIES = Path(__file__).with_name("communities.csv")


@loads(Community, order=20)
def load() -> int:
    """In official order."""
    return add_missing(_communities())


def _communities() -> Iterator[Community]:
    streets = Street.objects.in_bulk(field_name="code")  # unscoped: a command of the operator
    for row in rows_of(COMMUNITIES):
        yield Community(
            code=row["code"],
            name=row["name"],
            street=streets[row["managing_street_code"]],
            managing_is_assumed=row["managing_street_is_assumed"] == "yes",
        )
