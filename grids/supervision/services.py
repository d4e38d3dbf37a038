"""What the clock does by itself: reminders, climbing, letters that wait for an answer.

Each part takes what is due now, row by row in a transaction of its own. Two workers at once
share the rows (a locked one is left to the other), a second run finds nothing left to do, and
after days of silence an issue still climbs one level per grace.
"""

from collections.abc import Callable
from datetime import datetime
from functools import partial

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from grids.categories.models import Level
from grids.issues.models import Holder, Issue, Light
from grids.issues.telling import tell_holder, tell_level
from grids.issues.workflow import WORKFLOW
from grids.supervision.models import Supervision
from suzhou_portal.lib.rows.records import ActionForbidden, ActionNotPossible
from suzhou_portal.notices.models import Kind

BATCH = 500


def _each(rows: QuerySet, act: Callable[[int], bool]) -> int:
    """Call ``act`` with the key of each of the first rows; returns how many it changed."""
    return sum(act(key) for key in list(rows.values_list("pk", flat=True)[:BATCH]))


def remind(now: datetime | None = None) -> int:
    """Tell holders what turns yellow and what has turned red, once each; returns how many issues."""
    now = now or timezone.now()
    running = Issue.objects.running()
    overdue = running.filter(due_at__lte=now, told_light__in=["", Light.SOON])
    soon = running.filter(warn_at__lte=now, due_at__gt=now, told_light="")
    return sum(
        _each(rows.order_by("due_at"), partial(_remind, light))
        for rows, light in ((overdue, Light.OVERDUE.value), (soon, Light.SOON.value))
    )


@transaction.atomic
def _remind(light: str, key: int) -> bool:
    issue = Issue.objects.select_for_update(of=("self",), skip_locked=True).filter(pk=key).first()
    if issue is None or not issue.is_open or issue.told_light in (light, Light.OVERDUE) or issue.light != light:
        return False
    due = timezone.localtime(issue.due_at)
    turned, kind = ("已超期", Kind.OVERDUE) if light == Light.OVERDUE else ("将到期", Kind.SOON)
    tell_holder(issue, None, f"{turned}，期限 {due:%m-%d %H:%M}", kind=kind, gathered=turned)
    Issue.objects.filter(pk=key).update(told_light=light)
    return True


def climb(now: datetime | None = None) -> int:
    """Take every issue whose time has come one level up, with its 督办单; returns how many."""
    now = now or timezone.now()
    # The district sends no letters to itself.
    ripe = Issue.objects.running().filter(climb_at__lte=now).exclude(holder=Holder.DISTRICT)
    return _each(ripe.order_by("climb_at"), _climb)


def _climb(key: int) -> bool:
    issue = Issue.objects.get(pk=key)
    action = "press" if issue.level == Level.DISTRICT else "climb"
    try:
        WORKFLOW.apply(issue, action, by=None)
    except (ActionNotPossible, ActionForbidden):
        return False  # another worker was quicker, or somebody has just closed it
    return True


def remind_of(letter: Supervision, light: str, words: str) -> None:
    """Tell the level that sent ``letter`` that its reply is overdue."""
    tell_level(letter.issue, letter.level, f"督办单 {letter.number} 逾期未回复")
