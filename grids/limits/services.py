"""The limits of steps (环节时限), kept per process: every step of every issue asks for one."""

from grids.categories.models import IssueCategory
from grids.limits.models import StepLimit
from grids.places.names import names
from suzhou_portal.lib.rows.kept import Kept
from suzhou_portal.lib.time.worktime import Limit

ALL = 0  # stands for all categories


def _load() -> dict[tuple[int, str], Limit]:
    rows = StepLimit.objects.filter(is_active=True)
    return {
        (category or ALL, step): Limit(limit, unit)
        for category, step, limit, unit in rows.values_list("category_id", "step", "limit", "unit")
    }


KEPT = Kept("grids.step_limits", _load, of=("grids.StepLimit",))


def step_limit(category: int, step: str) -> Limit | None:
    """How long ``step`` may take for issues of ``category`` (a key); None for no limit of its own.

    What was set for the kind comes before what was set for its group, and that before what was
    set for all. No query while the table is kept.
    """
    table = KEPT.get()
    if found := table.get((category, step)):
        return found
    if any(key != ALL for key, _step in table) and (found := table.get((_group_of(category), step))):
        return found
    return table.get((ALL, step))


def _group_of(category: int) -> int:
    known = names().categories.get(category)
    if known is not None:
        return known.upper
    # A category that came after the names were read.
    return IssueCategory.objects.filter(pk=category).values_list("parent_id", flat=True).first() or ALL
