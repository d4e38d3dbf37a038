"""The limits of the steps: platform defaults, for all categories."""

from pathlib import Path

from grids.limits.models import StepLimit
from suzhou_portal.lib.rows.reference import add_missing, loads, rows_of

STEP_LIMITS = Path(__file__).with_name("step_limits.csv")


@loads(StepLimit, order=40)
def load() -> int:
    """One per step."""
    rows = (
        StepLimit(step=row["step"], limit=int(row["limit"]), unit=row["unit"], note=row["note"])
        for row in rows_of(STEP_LIMITS)
    )
    return add_missing(rows, known=lambda row: {"category": None, "step": row.step})
