"""交办单: an issue in the hands of an organisation, on paper."""

from typing import Any

from grids.issues.models import Issue, Status
from grids.issues.paper_words import facts_of, last, moment_words, office_behind
from grids.page.wording import held_posts
from suzhou_portal.lib.documents.rendering import declare_docx
from suzhou_portal.templatetags.portal import long_date

DEMAND = "请按期办理，并反馈办理结果。"
FIELDS = {
    "number": "交办单编号",
    "date": "交办日期",
    "addressee": "承办单位",
    "sender": "交办单位",
    "issue": "事件编号",
    "category": "分类",
    "place": "地点",
    "what": "情况",
    "severity": "程度",
    "demand": "办理要求",
    "limit": "办理期限",
    "contact": "交办单位联系人",
    "telephone": "交办单位电话",
    "reply": "办理结果",
    "printed": "打印人和时间",
}
DOCX = declare_docx("assignment", "交办单", FIELDS)


def exists(issue: Issue) -> bool:
    """An organisation has the issue, or has answered it."""
    return issue.organisation_id is not None


def context(issue: Issue) -> dict[str, Any]:
    """What stands on the form. Two queries.

    The number is the issue's, from the second dispatch on with a count. The contact is whoever
    dispatched it, with the office's telephone: never the reporter.
    """
    events = list(issue.events.select_related("actor", "organisation").order_by("id"))
    sent = [event for event in events if event.to_status == Status.DISPATCHED and event.organisation_id]
    dispatch = last(sent, organisation_id=issue.organisation_id)
    after = [event for event in events if dispatch is None or event.pk > dispatch.pk]
    answer = last(after, to_status=Status.ANSWERED)
    post = held_posts([dispatch]).get(dispatch.pk) if dispatch else None
    sender, telephone = office_behind(post, dispatch.to_level if dispatch else issue.level, issue)
    return {
        **facts_of(issue),
        "number": f"{issue.number}（第 {len(sent)} 次交办）" if len(sent) > 1 else issue.number,
        "date": long_date(dispatch.at if dispatch else issue.created_at),
        "addressee": issue.organisation.name,
        "sender": sender,
        "demand": (dispatch.note if dispatch else "") or DEMAND,
        "contact": str(dispatch.actor) if dispatch and dispatch.actor_id else "",
        "telephone": telephone,
        "reply": f"{answer.note}（{moment_words(answer.at)}）" if answer else "",
    }
