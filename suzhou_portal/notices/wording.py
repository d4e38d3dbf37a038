"""What a message says outside the portal: who did what with which row, or with how many, and what comes next."""

from collections import defaultdict
from collections.abc import Iterable

from suzhou_portal.accounts.models import Assignment
from suzhou_portal.notices.models import OutboxMessage


def actors(users: Iterable[int | None]) -> dict[int | None, str]:
    """Who they are, by key: "民主街社区 王强", "第一中学 李丽". One query."""
    # unscoped: of those who told the reader something
    posts = Assignment.objects.current().filter(user__in={user for user in users if user})
    where: dict[int, list[str]] = defaultdict(list)
    names: dict[int, str] = {}
    for post in posts.select_related("user", "street", "community", "grid", "area", "organisation").order_by("pk"):
        place = post.street or post.community or post.grid or post.area or post.organisation
        where[post.user_id].append(str(place or post.get_role_display()))
        names[post.user_id] = str(post.user)
    return {user: f"{'、'.join(dict.fromkeys(where[user]))} {name}" for user, name in names.items()}


def sentence_of(message: OutboxMessage, number: int = 1) -> str:
    """``message`` as one sentence: "SZ-2026-000351 民主街社区 王秀兰 派办给 城管执法队，请办理并反馈"; of ``number``
    rows of which the same is told: "60 件网格事件 民主街社区 王秀兰 派办给 …". One query.
    """
    if not message.subject:
        return message.title
    who = actors([message.except_user_id]).get(message.except_user_id, "")
    told = (message.subject, who, message.words)
    if number > 1:
        told = (f"{number} 件{message.noun}", who, message.gathered)
    return " ".join(filter(None, told))
