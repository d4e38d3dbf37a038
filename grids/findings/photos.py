"""Photos of findings that hold personal data go some months after the patrol, as those of issues do after closure."""

from datetime import datetime

from django.utils import timezone

from grids.findings.files import FINDING_OWNER
from grids.findings.models import PatrolFinding
from grids.patrols.models import PatrolStatus
from grids.reporters.erasure import cutoff
from suzhou_portal.files.services import erase, personal_left

REASON = "巡查发现的照片含个人信息，到期清除"


def erase_due_photos(now: datetime | None = None) -> int:
    """Erase the attachments marked as personal of findings that are old enough; returns how many. Safe to run again.

    The time is the one that reporters' contacts are kept after closure (办理参数).
    """
    # unscoped: the portal's own work on schedule
    old = PatrolFinding.objects.filter(found_on__lt=timezone.localdate(cutoff(now)))
    over = old.exclude(patrol__status=PatrolStatus.OPEN).values("pk")
    return erase(personal_left(FINDING_OWNER.name).filter(owner_key__in=over), reason=REASON)
