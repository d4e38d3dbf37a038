"""What is known of asking the reporter of an issue, as the API answers it."""

from datetime import tzinfo
from typing import Any


def visit_answer(row: Any, zone: tzinfo) -> dict[str, Any] | None:
    """Until when the reporter is to be asked, and what they answered when last reached; None for neither.

    ``row``: an issue or a row of its columns.
    """
    if row.visit_until is None and row.visited_at is None:
        return None
    reached = row.visited_at is not None
    return {
        "wanted_until": row.visit_until.astimezone(zone) if row.visit_until else None,
        "attempts": row.visit_attempts,
        "at": row.visited_at.astimezone(zone) if row.visited_at else None,
        "responded": row.visit_responded if reached else None,
        "resolved": row.visit_resolved if reached else None,
        "satisfaction": row.visit_satisfaction or None,
    }
