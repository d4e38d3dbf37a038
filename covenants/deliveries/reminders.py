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

from covenants.agreements.models import Side, Status
from covenants.agreements.telling import tell_side
from covenants.deliveries.models import Commitment
from covenants.deliveries.parameters import REMIND_DAYS
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
    turned, kind = ("逾期未履约", Kind.OVERDUE) if late else ("将到期", Kind.SOON)
    words = f"{turned}：{row.title}，期限 {row.due_on:%m-%d}"
    for side in Side if late else (Side.UNIT,):
        tell_side(
            row.covenant, side, words, by=None, url=row.get_absolute_url(), kind=kind, gathered=f"约定事项{turned}"
        )
    Commitment.objects.filter(pk=key).update(**{mark: row.due_on})
    return True
