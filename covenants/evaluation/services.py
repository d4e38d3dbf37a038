"""What the calendar does by itself: terms that end, evaluations that are over."""

from functools import partial

from covenants.agreements.models import Covenant, Status
from covenants.agreements.workflow import WORKFLOW
from covenants.deliveries.reminders import each, today
from suzhou_portal.lib.rows.records import ActionForbidden, ActionNotPossible


def end_terms() -> int:
    """Begin the evaluation of covenants whose term has ended; returns of how many."""
    ended = Covenant.objects.filter(status=Status.ACTIVE, ends__lt=today())
    return each(ended.order_by("ends"), partial(_step, "term_ended"))


def close_evaluations() -> int:
    """Open and close the evaluations whose time is up; returns of how many covenants."""
    over = Covenant.objects.filter(status=Status.EVALUATING, evaluate_until__lt=today())
    return each(over.order_by("evaluate_until"), partial(_step, "evaluation_over"))


def _step(action: str, key: int) -> bool:
    try:
        WORKFLOW.apply(Covenant.objects.get(pk=key), action, by=None)
    except (ActionNotPossible, ActionForbidden):
        return False  # another worker was quicker, or somebody has just done it
    return True
