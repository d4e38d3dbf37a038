"""What becomes of the sign-in of a grid leader whose term ends: their post of grid leader in that grid ends, too.

The account stays, and so do its other posts. Accounts and posts of successors are made by the
security administrator (三员分立), who is told.
"""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from grids.places.models import GridPost
from suzhou_portal.accounts.models import Assignment
from suzhou_portal.accounts.roles import Role
from suzhou_portal.lib.rows import records
from suzhou_portal.notices.services import enqueue


def sign_ins_of(posts: Iterable[GridPost]) -> dict[int, list[Assignment]]:
    """Key of a leader's term → the current posts (with account) with which that person signs in for the grid.

    The account is the one that the term names, or one of the same name that holds the grid. One query.
    """
    leaders = {post.grid_id: post for post in posts if post.kind == GridPost.Kind.LEADER}
    found: dict[int, list[Assignment]] = {}
    keys = list(leaders)
    for start in range(0, len(keys), 500):
        held = Assignment.objects.current().filter(role=Role.GRID, grid__in=keys[start : start + 500])
        for row in held.select_related("user"):
            post = leaders[row.grid_id]
            if row.user_id == post.user_id or (post.user_id is None and row.user.name == post.name):
                found.setdefault(post.pk, []).append(row)
    return found


def end_sign_ins(rows: Iterable[Assignment], effective: date, *, by: Any, reason: str) -> list[Assignment]:
    """End the posts ``rows`` with the day before ``effective`` (no earlier than they began); returns them as stored."""
    ended: list[Any] = [
        records.update(row, {"ends": max(effective - timedelta(days=1), row.starts)}, by=by, reason=reason)
        for row in rows
    ]
    return ended


def tell_security(count: int, place: str, *, by: Any, then: str = "请为新任网格长开通账号") -> None:
    """Tell the security administrators that ``count`` sign-ins of leaders have ended in ``place``; 0: nothing."""
    if count:
        title = f"{place}更换网格长：{count} 个账号的网格长岗位已停用，{then}"
        enqueue(title=title, url="/accounts/assignments/", roles=[Role.SECURITY], except_user=by)


def sign_in_words(rows: Iterable[Assignment]) -> str:
    """What a page says beforehand; "" where nobody signs in."""
    names = "、".join(sorted({row.user.username for row in rows}))
    if not names:
        return ""
    return f"现任网格长有登录账号（{names}）：自生效之日起不能再以网格长身份登录本网格，账号本身保留。"
