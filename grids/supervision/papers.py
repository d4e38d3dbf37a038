"""督办单: the letter with which a level above asks about an issue, and its reply when there is one."""

from typing import Any

from grids.categories.models import Level
from grids.issues.models import Issue
from grids.issues.paper_words import facts_of, moment_words, office_of
from grids.issues.words import working_words
from grids.supervision.models import Supervision
from suzhou_portal.accounts.roles import Verb
from suzhou_portal.lib.documents.rendering import declare_docx
from suzhou_portal.lib.rows.scope import ScopedQuerySet
from suzhou_portal.rules.calendars import calendar
from suzhou_portal.templatetags.portal import long_date

DEMAND = "请抓紧办理，并按期书面回复原因、已采取的措施和下一步安排。"
FIELDS = {
    "number": "督办单号",
    "date": "发单日期",
    "sender": "督办单位",
    "level": "督办层级",
    "addressee": "督办对象",
    "opening": "开头语",
    "issue": "事件编号",
    "category": "分类",
    "place": "地点",
    "what": "情况",
    "severity": "程度",
    "limit": "办理期限",
    "late": "发单时的超期情况",
    "reason": "督办事由",
    "demand": "督办要求",
    "reply_limit": "回复期限",
    "state": "回复状态",
    "reply": "回复内容",
    "promised": "承诺办结日期",
    "replied": "回复人和时间",
    "printed": "打印人和时间",
}
DOCX = declare_docx("supervision", "督办单", FIELDS)


def letters_of(issue: Issue, user: Any) -> ScopedQuerySet[Supervision]:
    """The 督办单 about ``issue`` that ``user`` may see, the oldest first. One query.

    An organisation sees those to itself: the issue may have been another's before.
    """
    rows: ScopedQuerySet[Supervision] = Supervision.objects.visible_to(user, Verb.ISSUES_VIEW)
    return rows.filter(issue=issue).select_related("organisation", "replied_by").order_by("id")


def _late(letter: Supervision, issue: Issue) -> str:
    """Whether and for how long the issue was overdue when the letter was written."""
    if letter.issued_at < issue.due_at:
        return "未超期"
    return "已超期 " + working_words(calendar().working_time_between(issue.due_at, letter.issued_at))


def context(letter: Supervision, issue: Issue) -> dict[str, Any]:
    """What stands on the form; no query."""
    limit = moment_words(letter.due_at)
    overdue = "未按期办结" if letter.issued_at >= issue.due_at else "需督促办理"
    return {
        **facts_of(issue),
        "number": letter.number,
        "date": long_date(letter.issued_at),
        "sender": office_of(letter.level, issue)[0],
        "level": Level(letter.level).label,
        "addressee": letter.organisation.name if letter.organisation else office_of(letter.addressee, issue)[0],
        "opening": f"下列网格事件{overdue}，现予督办。请抓紧办理，并于{limit}前书面回复。",
        "late": _late(letter, issue),
        "reason": letter.reason,
        "demand": letter.demand or DEMAND,
        "reply_limit": limit,
        "state": letter.state,
        "reply": letter.reply,
        "promised": long_date(letter.promised_on) if letter.promised_on else "",
        "replied": f"{letter.replied_by}　{moment_words(letter.replied_at)}" if letter.replied_at else "",
    }
