"""Suspensions (挂账) whose day has come."""

from datetime import datetime

from django.utils import timezone

from grids.models import Issue
from grids.workflow import WORKFLOW
from suzhou_portal.lib.rows.records import ActionNotPossible

BATCH = 500


def resume_due(now: datetime | None = None) -> int:
    """Let the clocks go on whose suspension has ended by ``now``; returns how many.

    Safe to run twice and on two workers: each issue is resumed by one step of its workflow,
    which is possible once. Their times were set with the suspension: a late run changes none.
    """
    over = Issue.objects.open().filter(suspended_until__lte=now or timezone.now()).order_by("suspended_until")
    return sum(_resume(issue) for issue in list(over[:BATCH]))


def _resume(issue: Issue) -> bool:
    try:
        WORKFLOW.apply(issue, "resume_due", by=None)
    except ActionNotPossible:
        return False  # another worker was quicker, or somebody has just resumed or voided it
    return True
