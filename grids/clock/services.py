"""A changed working calendar sets the clocks that run: the job, what it will change, and who must know.

Changes of the calendar are rows (``rules.CalendarRevision``) written with them. The job works
them off in any order and any number of times: it reckons the times of each open issue anew,
from where its clock started, and takes a step of the workflow where they differ.

Suspensions (挂账) whose day has come.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from grids.clock.reckoning import reckoned_times
from grids.issues import clock
from grids.issues.models import Issue
from grids.issues.workflow import WORKFLOW
from suzhou_portal.accounts.roles import Role
from suzhou_portal.lib.rows.kept import SECONDS
from suzhou_portal.lib.rows.records import ActionNotPossible
from suzhou_portal.notices.models import Kind
from suzhou_portal.notices.services import enqueue
from suzhou_portal.rules.calendars import KEPT, missing_years, note_known_years
from suzhou_portal.rules.models import CalendarRevision, UnknownYear

BATCH = 500
# How many open issues are looked through while somebody waits for the page.
LOOK = 3000
# After so long every process reckons with a changed calendar, whatever cache they share.
SETTLED = timedelta(seconds=SECONDS)
NEEDED = (
    *("category_id", "status", "parent_id", "created_at", "clock_started_at", "limit", "limit_unit"),
    *("step_started_at", "warn_at", "due_at", "step_due_at"),
)


def _differing(limit: int | None = None) -> Iterator[Issue]:
    """The open issues (of the first ``limit``) whose stored times are not those of the calendar in force."""
    last, seen = 0, 0
    while limit is None or seen < limit:
        batch = list(Issue.objects.open().filter(pk__gt=last).order_by("pk").only(*NEEDED)[:BATCH])
        if not batch:
            return
        last, seen = batch[-1].pk, seen + len(batch)
        times = reckoned_times(batch)
        yield from (issue for issue in batch if times[issue.pk] != clock.Times.of(issue))


def work_off(now: datetime | None = None) -> int:
    """Set all running clocks by the calendar in force, if it was changed since; returns how many issues changed.

    Safe to run twice, on two workers, and after a kill in the middle: a revision is done when
    all issues have been looked through.
    """
    settled = CalendarRevision.objects.filter(applied_at=None, at__lte=(now or timezone.now()) - SETTLED)
    waiting = list(settled.order_by("id").values_list("pk", flat=True))
    if not waiting:
        return 0
    KEPT.forget()
    changed = sum(_set(issue) for issue in _differing())
    done = CalendarRevision.objects.filter(pk__in=waiting, applied_at=None)
    done.exclude(pk=waiting[-1]).update(applied_at=timezone.now(), changed=0)
    done.update(applied_at=timezone.now(), changed=changed)
    return changed


def _set(issue: Issue) -> bool:
    try:
        WORKFLOW.apply(issue, "reclock", by=None)
    except ActionNotPossible:
        return False  # another worker was quicker, or it has just ended
    return True


def foresee(**kwargs: Any) -> str:
    """What a changed calendar means for the clocks that run, in a sentence (a receiver of ``FORESEEN``)."""
    changing = sum(1 for _issue in _differing(LOOK))
    more = Issue.objects.open()[: LOOK + 1].count() > LOOK
    if not changing and not more:
        return "在办事件的期限不受影响。"
    return f"{changing}{' 多' if more else ' '}件在办事件的期限将随之重算，几分钟内完成。"


def watch() -> int:
    """Tell the system administrator of each year without known holidays, once; returns how many were new.

    Notices a new version of the holiday calendar, too, which changes the calendar. Safe to run twice.
    """
    note_known_years()
    return sum(_tell(year) for year in missing_years())


@transaction.atomic
def _tell(year: int) -> bool:
    _row, is_new = UnknownYear.objects.get_or_create(year=year)
    if is_new:
        enqueue(
            title=f"{year} 年的节假日安排尚未收录，暂按周一至周五计算时限。请更新软件，或在“工作日历”中登记。",
            url="/rules/calendar-days/",
            roles=[Role.SYSTEM],
            kind=Kind.SYSTEM,
        )
    return is_new


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
