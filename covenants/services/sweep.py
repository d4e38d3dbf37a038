"""What the calendar does by itself: terms that end, evaluations that are over, reminders before and after a due day.

Each part takes what is due now, row by row in a transaction of its own. Two workers at once share the rows (a
locked one is left to the other), a second run finds nothing left to do, and after days of silence what was due
meanwhile is done once.
"""

from collections.abc import Callable
from datetime import date, timedelta
from functools import partial

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from covenants.models import Commitment, Covenant, Side
from covenants.models.covenants import Status
from covenants.parameters import ERASE_MONTHS, REMIND_DAYS
from covenants.workflow import WORKFLOW
from covenants.workflow.telling import tell_side
from suzhou_portal.files import services as files
from suzhou_portal.files.models import Attachment
from suzhou_portal.lib.rows.records import ActionForbidden, ActionNotPossible
from suzhou_portal.lib.time import moments
from suzhou_portal.notices.models import Kind
from suzhou_portal.rules.parameters import parameter

BATCH = 500


def each(rows: QuerySet, act: Callable[[int], bool]) -> int:
    """Call ``act`` with the key of each of the first rows; returns how many it changed."""
    return sum(act(key) for key in list(rows.values_list("pk", flat=True)[:BATCH]))


def today() -> date:
    """The day in the portal's time zone."""
    return timezone.localdate(moments.now())


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


def _waiting() -> QuerySet[Commitment]:
    return Commitment.objects.counted().filter(fulfilled_on=None, covenant__status=Status.ACTIVE)


def remind() -> int:
    """Tell the unit, some days before, what will be due; once for each due day. Returns of how many commitments."""
    days = parameter(REMIND_DAYS)
    if not days:
        return 0
    near = _waiting().filter(due_on__gte=today(), due_on__lte=today() + timedelta(days=days))
    untold = near.filter(Q(told_soon=None) | ~Q(told_soon=F("due_on")))
    return each(untold.order_by("due_on"), partial(_tell, "told_soon"))


def tell_late() -> int:
    """Tell both sides what was not done by its day, once for each due day; returns of how many commitments."""
    late = _waiting().filter(due_on__lt=today())
    untold = late.filter(Q(told_late=None) | ~Q(told_late=F("due_on")))
    return each(untold.order_by("due_on"), partial(_tell, "told_late"))


@transaction.atomic
def _tell(mark: str, key: int) -> bool:
    row = Commitment.objects.select_for_update(of=("self",), skip_locked=True).filter(pk=key).first()
    if row is None or row.fulfilled_on or row.is_cancelled or getattr(row, mark) == row.due_on:
        return False
    late = mark == "told_late"
    words = f"{'逾期未履约' if late else '将到期'}：{row.title}，期限 {row.due_on:%m-%d}"
    kind = Kind.OVERDUE if late else Kind.SOON
    for side in Side if late else (Side.UNIT,):
        tell_side(row.covenant, side, words, by=None, url=row.get_absolute_url(), kind=kind)
    Commitment.objects.filter(pk=key).update(**{mark: row.due_on})
    return True


def erase_files() -> int:
    """Erase what is marked as personal some months after the end of its covenant; returns how many attachments."""
    before = moments.now() - timedelta(days=30 * parameter(ERASE_MONTHS))
    ended = Covenant.objects.filter(ended_at__lt=before)
    marked = Q(owner_type="covenant", owner_key__in=ended.values("pk"))
    marked |= Q(owner_type="delivery", owner_key__in=ended.values("commitments__deliveries"))
    rows = Attachment.objects.filter(marked, has_personal=True, erased_at=None)
    return files.erase(rows)
