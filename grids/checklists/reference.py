"""The 十查 checklist that patrols begin with."""

from grids.checklists.models import PatrolChecklist
from grids.checklists.services import DEFAULT_CONTENT, DEFAULT_NOTE, publish, without_unknown
from suzhou_portal.lib.rows.reference import REASON, SINCE, add_missing, loads


@loads(PatrolChecklist, order=70)
def load() -> int:
    """Only where there is none at all; the categories that its items name come before it."""
    checklist = PatrolChecklist(starts=SINCE, content=without_unknown(DEFAULT_CONTENT), note=DEFAULT_NOTE)
    return add_missing([checklist], known=lambda row: {}, store=lambda row: publish(row, by=None, reason=REASON))
