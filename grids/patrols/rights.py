"""Who may patrol an area, and who confirms what was put right.

The area leaders of an area patrol it, any of them. Its street plans, and confirms in their
place where nobody else does (platform default).
"""

from typing import Any

from grids.issues.models import Issue, Source, Status
from suzhou_portal.accounts.roles import Verb


def walks(area: int | None, user: Any) -> bool:
    """``user`` is a leader of the area with this key."""
    return area in user.scope_for(Verb.PATROLS_WALK).areas


def may_confirm(row: Any, user: Any) -> bool:
    """``user`` may say whether the finding ``row`` was put right: a leader of its area, or its street."""
    plans = user.scope_for(Verb.PATROLS_PLAN)
    return walks(row.area_id, user) or plans.district or row.street_id in plans.streets


def may_return(issue: Issue, user: Any) -> bool:
    """``user`` may open a closed issue again that a patrol found, where they patrol. No query."""
    return (
        issue.source == Source.PATROL
        and issue.status == Status.CLOSED
        and issue.grid_id is not None
        and issue.grid_id in user.scope_for(Verb.PATROLS_WALK).grids
    )
