"""The daily to-do digest: one message per user and working day instead of a flood. What waits
for whom is said once, in registers and cases (``lib.cases.waiting``), and told here as on the home page.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db import transaction
from django.db.models import Count
from django.utils import timezone

from suzhou_portal.accounts.models import Assignment, User
from suzhou_portal.lib.cases.waiting import waiting_for
from suzhou_portal.notices import preferences
from suzhou_portal.notices.models import DigestRun, Kind, Notice, OutboxMessage
from suzhou_portal.notices.parameters import DIGEST_HOUR
from suzhou_portal.notices.services import message_of
from suzhou_portal.rules.calendars import calendar
from suzhou_portal.rules.parameters import parameter

# Users of one transaction: short enough for SQLite, where others wait meanwhile.
CHUNK = 20
UNREAD_URL = "/inbox/?unread=1"


@dataclass(frozen=True)
class Line:
    """``text`` is a whole phrase with its count ("待我办理 3 件"), ``url`` the path of the rows counted."""

    text: str
    url: str


# --- When ---------------------------------------------------------------------------------


def is_time(now: datetime) -> bool:
    """From the district's hour to the close of office on a working day: before, it is too early; after, it
    helps nobody.
    """
    local = timezone.localtime(now)
    office = calendar()
    if not office.workday(local.date()):
        return False
    return time(parameter(DIGEST_HOUR)) <= local.time() < office.hours_on(local.date())[-1][1]


def send_today(now: datetime | None = None) -> int:
    """Put today's digests into the outbox, if it is time and they are not there yet; returns how many.

    Chunk by chunk, each in its own transaction together with the note of how far it has come: a run
    that was cut off goes on where it stopped, and two workers never make the same one twice. Days
    that passed in silence are not made up for.
    """
    now = now or timezone.now()
    if not is_time(now):
        return 0
    day = timezone.localtime(now).date()
    DigestRun.objects.bulk_create([DigestRun(day=day, started_at=now)], ignore_conflicts=True)
    total = 0
    while (made := _next_chunk(day)) is not None:
        total += made
    return total


@transaction.atomic
def _next_chunk(day: date) -> int | None:
    """Make the digests of the next users; how many had something to do. None: all done, or another worker is
    at it.
    """
    run = DigestRun.objects.select_for_update(skip_locked=True).filter(day=day, finished_at=None).first()
    if run is None:
        return None
    # unscoped: the portal's own work for every user with a post
    holders = Assignment.objects.current(day).values("user_id")
    users = list(User.objects.filter(pk__gt=run.upto, is_active=True, pk__in=holders).order_by("pk")[:CHUNK])
    if not users:
        run.finished_at = timezone.now()
        run.save(update_fields=["finished_at"])
        return None
    messages = _messages(users, day)
    OutboxMessage.objects.bulk_create(messages, ignore_conflicts=True)
    run.upto = users[-1].pk
    run.save(update_fields=["upto"])
    return len(messages)


# --- What ---------------------------------------------------------------------------------


def _messages(users: list[User], day: date) -> list[OutboxMessage]:
    """The digests of those of ``users`` who have something to do and want to be told."""
    chosen = preferences.choices_of(user.pk for user in users)
    users = [user for user in users if chosen.get(user.pk, preferences.DEFAULT).in_inbox(Kind.DIGEST)]
    lines: dict[int, list[Line]] = defaultdict(list)
    for told in (case_lines(users), unread_lines(users, day)):
        for user, more in told.items():
            lines[user] += more
    midnight = timezone.make_aware(datetime.combine(day + timedelta(days=1), time()))
    return [
        message_of(
            title=f"今日待办：{'，'.join(line.text for line in lines[user.pk])}",
            url=lines[user.pk][0].url,
            users=[user],
            kind=Kind.DIGEST,
            dedupe_key=f"digest:{day}:{user.pk}",
            expires_at=midnight,
        )
        for user in users
        if lines.get(user.pk)
    ]


def case_lines(users: Sequence[User]) -> dict[int, list[Line]]:
    """What waits for its reader to act; one statement a user, none for whoever has nothing to see to."""
    told = {user.pk: waiting_for(user, to_do=True) for user in users}
    return {key: [Line(line.phrase, line.url) for line in lines] for key, lines in told.items() if lines}


def unread_lines(users: Sequence[User], day: date) -> dict[int, list[Line]]:
    """The notices since the digest before this one that their user has not read; one query, and one for when."""
    before = DigestRun.objects.filter(day__lt=day).order_by("-day").first()
    since = before.started_at if before else timezone.now() - timedelta(days=1)
    counts = (
        Notice.objects.filter(user__in=users, read_at=None, created_at__gt=since)
        .exclude(kind=Kind.DIGEST)
        .order_by()
        .values_list("user_id")
        .annotate(Count("pk"))
    )
    return {user: [Line(f"新的未读消息 {count} 条", UNREAD_URL)] for user, count in counts}
