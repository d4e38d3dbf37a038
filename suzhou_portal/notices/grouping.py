"""The inbox row by row: what was told of one row stands together, newest first, with who did it."""

from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, Max, Q
from django.utils import timezone

from suzhou_portal.lib.cases.naming import Called, called
from suzhou_portal.notices.models import Notice, NoticeQuerySet
from suzhou_portal.notices.wording import actors

PAGE_SIZE = 30
# Of a row that was told of more often the rest is only counted.
SHOWN, FOLDED = 3, 20


@dataclass
class Group:
    """What was told of the row at ``url``: the ``lines``, shown and folded, and how many more there are."""

    url: str
    last: int
    unread: int
    number: int
    about: Called | None = None
    lines: list["Line"] = field(default_factory=list)

    @property
    def shown(self) -> list["Line"]:
        """The newest."""
        return self.lines[:SHOWN]

    @property
    def folded(self) -> list["Line"]:
        """Those behind 更早."""
        return self.lines[SHOWN:]


@dataclass(frozen=True)
class Line:
    """One notice: ``who`` ("" for the portal) and what, without the name of the row."""

    notice: Notice
    who: str
    words: str


def groups_of(rows: NoticeQuerySet, user: Any, before: int | None) -> list[Group]:
    """The page of ``rows`` (of one user) after the group ``before``, and one group more where there is one. Three
    statements, and one per kind of row.
    """
    grouped = (
        rows.order_by()
        .values("message__url")
        .annotate(last=Max("pk"), unread=Count("pk", filter=Q(read_at=None)), number=Count("pk"))
    )
    if before:
        grouped = grouped.filter(last__lt=before)
    found = [
        Group(row["message__url"], row["last"], row["unread"], row["number"])
        for row in grouped.order_by("-last")[: PAGE_SIZE + 1]
    ]
    _fill(found[:PAGE_SIZE], rows, user)
    return found


def _fill(groups: list[Group], rows: NoticeQuerySet, user: Any) -> None:
    """Give ``groups`` their names and lines."""
    by_url = {group.url: group for group in groups}
    notices = list(
        rows.filter(message__url__in=list(by_url)).select_related("message").order_by("-pk")[: PAGE_SIZE * FOLDED]
    )
    names, known = called(by_url, user), actors(notice.message.except_user_id for notice in notices)
    for notice in notices:
        group = by_url[notice.message.url]
        group.about = names.get(group.url)
        if len(group.lines) < FOLDED:
            who = known.get(notice.message.except_user_id, "")
            group.lines.append(Line(notice, who, _words(notice.message.title, group.about)))


def _words(title: str, about: Called | None) -> str:
    """``title`` without the name of the row, which stands above it."""
    rest = title.removeprefix(about.name).strip(" ：:") if about and about.name else title
    return rest or title


def mark_group(user: Any, url: str, upto: int) -> int:
    """Mark as read what ``user`` was told of the row at ``url`` up to the notice ``upto``; returns how many."""
    keys = Notice.objects.visible_to(user).unread().filter(message__url=url, pk__lte=upto)
    # unscoped: keys of the user's own
    return Notice.objects.filter(pk__in=list(keys.values_list("pk", flat=True))).update(read_at=timezone.now())
