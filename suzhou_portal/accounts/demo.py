"""The demo accounts: in demo mode the sign-in page offers them, one click each.

A demo account is one that bears a name of the demo district (``district``, ``street.<n>``
…), is active and holds a post. Outside demo mode there is none.
"""

import re
from dataclasses import dataclass

from django.conf import settings

from suzhou_portal.accounts.models import Assignment, User
from suzhou_portal.accounts.roles import Role
from suzhou_portal.audit.describing import name_actions

NAME = re.compile(
    r"(?:district|auditor|security|system|(?:street|community|grid|area|department|unit)\.[1-9]\d{0,4})", re.ASCII
)
OFFERED = (
    "district",
    *(f"street.{number}" for number in range(1, 5)),
    *(f"community.{number}" for number in range(1, 5)),
    *(f"{role}.{number}" for role in ("grid", "area", "department", "unit") for number in (1, 2)),
    "auditor",
    "security",
    "system",
)

name_actions({"demo.load": "载入演示数据"})


@dataclass(frozen=True)
class DemoAccount:
    """One line of the list: who one would be, and where."""

    username: str
    role_label: str
    place_label: str


def demo_accounts() -> list[DemoAccount]:
    """The accounts that the sign-in page offers, in the order of roles; none outside demo mode. One query."""
    if not settings.DEMO:
        return []
    posts = Assignment.objects.current().filter(user__username__in=OFFERED, user__is_active=True)
    found: dict[str, DemoAccount] = {}
    for post in posts.select_related("user", *Assignment.TARGETS, "grid__community").order_by("pk"):
        place = str(post.target or settings.DISTRICT_NAME)
        if post.grid is not None:
            place = f"{post.grid.community} {post.grid.name}"
        found.setdefault(post.user.username, DemoAccount(post.user.username, Role(post.role).label, place))
    return [found[name] for name in OFFERED if name in found]


def demo_user(username: str) -> User | None:
    """The demo account of this name; None outside demo mode or for any other account."""
    if not settings.DEMO or not NAME.fullmatch(username):
        return None
    holders = Assignment.objects.current().values("user_id")
    return User.objects.filter(username=username, is_active=True, pk__in=holders).first()
