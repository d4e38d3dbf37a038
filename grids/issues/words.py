"""Who has an issue in hand, and working time, in words."""

from datetime import timedelta

from django.utils import timezone

from grids.issues.models import Holder, Issue
from suzhou_portal.rules.calendars import calendar

HOUR = timedelta(hours=1)


def working_words(amount: timedelta) -> str:
    """Working time as people say it: "2 个工作日 3 小时", "40 分钟"."""
    days, rest = divmod(amount, calendar().day_length(timezone.localdate()))
    hours = rest // HOUR
    parts = [f"{days} 个工作日"] if days else []
    if hours:
        parts.append(f"{hours} 小时")
    if not parts:
        parts.append(f"{rest // timedelta(minutes=1)} 分钟")
    return " ".join(parts)


HOLDER_WORDS: dict[str, str] = {Holder.DISTRICT: "区级", Holder.PARTS: Holder.PARTS.label}


def holder_name(issue: Issue) -> str:
    """Who has ``issue`` in hand, in words; "" for nobody."""
    if not issue.holder:
        return ""
    if issue.holder == Holder.GRID and issue.grid is not None:
        return issue.grid.full_name
    if issue.holder in HOLDER_WORDS:
        return HOLDER_WORDS[issue.holder]
    return str(getattr(issue, issue.holder, None) or issue.get_holder_display())
