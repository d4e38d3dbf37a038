"""The kinds of disputes: platform defaults, to be edited by the district."""

from pathlib import Path

from grids.mediation.models import DisputeKind
from suzhou_portal.lib.rows.reference import add_missing, loads, rows_of

DISPUTE_KINDS = Path(__file__).with_name("dispute_kinds.csv")


@loads(DisputeKind, order=50)
def load() -> int:
    """In the order of their codes."""
    return add_missing(DisputeKind(code=row["code"], name=row["name"]) for row in rows_of(DISPUTE_KINDS))
