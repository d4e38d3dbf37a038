"""Telling people: messages go into the outbox with their cause, and from there into inboxes."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from suzhou_portal.accounts.models import Assignment, User
from suzhou_portal.accounts.roles import ROLE_TARGET, Role
from suzhou_portal.lib.cases import secrecy
from suzhou_portal.lib.text.privacy import without_personal_numbers
from suzhou_portal.notices import preferences
from suzhou_portal.notices.channels import Channel, configured
from suzhou_portal.notices.models import Delivery, Heartbeat, Kind, Notice, OutboxMessage
from suzhou_portal.notices.parameters import GATHERING
from suzhou_portal.rules.calendars import calendar
from suzhou_portal.rules.parameters import parameter

# Key of an audience's place → the paths by which an assignment reaches it. A grid is looked
# after by its own leaders and by those of the grids above it.
PLACE_PATHS = {
    "street": ("street",),
    "community": ("community",),
    "grid": ("grid", "grid__children", "grid__children__children"),
    "area": ("area",),
    "organisation": ("organisation",),
}
BATCH = 200


# --- Into the outbox --------------------------------------------------------------------


def message_of(  # noqa: PLR0913 -- all that can be said of a message, by name
    *,
    title: str,
    url: str,
    roles: Iterable[str] = (),
    place: dict[str, int] | None = None,
    users: Iterable[Any] = (),
    user_ids: Iterable[int] = (),
    kind: str = Kind.SYSTEM,
    except_user: Any = None,
    dedupe_key: str | None = None,
    expires_at: datetime | None = None,
    about: Any = None,
    **row: str,
) -> OutboxMessage:
    """The unsaved message that :func:`enqueue` stores; for those who store many at once. ``row``: what the message
    keeps of the row that it is about (``subject``, ``noun``, ``gathered``, ``cause``).
    """
    unknown = set(place or {}) - set(PLACE_PATHS)
    if unknown or not url.startswith("/") or url.startswith("//"):
        raise ValueError(f"cannot deliver to {sorted(unknown)} or open {url!r}")
    roles = list(roles)
    if not place and any(ROLE_TARGET[Role(role)] for role in roles):
        raise ValueError(f"{roles} without a place would reach all of them in the district")
    if kind not in Kind.values:
        raise ValueError(f"no such kind of notice: {kind!r}")
    audience: dict[str, Any] = {"roles": roles, **(place or {})}
    if people := sorted({*(user.pk for user in users), *user_ids}):
        audience["users"] = people
    if about is not None and (subject := secrecy.subject_of(about)):
        audience["about"] = subject
    return OutboxMessage(
        title=without_personal_numbers(" ".join(title.split()))[:200],
        url=url,
        kind=kind,
        audience=audience,
        except_user=except_user,
        dedupe_key=dedupe_key,
        expires_at=expires_at,
        **row,
    )


def keepers(row: Any) -> dict[str, Any]:
    """The audience of those who see to a located ``row`` (``Scope.keeps``): the people of its community, or of its
    street where it names no community.
    """
    if row.community_id is None:
        return {"roles": [Role.STREET], "place": {"street": row.street_id}}
    return {"roles": [Role.COMMUNITY], "place": {"community": row.community_id}}


def enqueue(*, dedupe_key: str | None = None, **told: Any) -> OutboxMessage:
    """Put a message into the outbox: for the current holders of ``roles`` at ``place`` and for ``users``
    (or ``user_ids``).

    ``url`` is a path of the portal. ``place`` is e.g. ``{"community": 5}`` or
    ``{"organisation": 9}``; None for district roles. ``kind`` is one of :class:`Kind`, by which
    users choose how they are told. The title goes to telephones: no names of residents, no free
    text; numbers that look personal are masked. With a ``dedupe_key`` (e.g.
    ``overdue:<issue>:<due>``) the same thing is told once, however often and from wherever it
    is enqueued; the first message is returned. After ``expires_at`` it is told to nobody. ``about``: the row that it
    is about, if that may be confidential: of those above only who may know of it when it is delivered is told.

    Call it inside the transaction of its cause: both are stored or neither. Raises ``ValueError``
    for a place, path or kind that nobody could be told of, rather than leaving it to the delivery.
    """
    message = message_of(dedupe_key=dedupe_key, **told)
    if dedupe_key is None:
        message.save(force_insert=True)
        return message
    # Not get_or_create: its failing insert would need a savepoint. A second teller waits here for the first.
    OutboxMessage.objects.bulk_create([message], ignore_conflicts=True)
    return OutboxMessage.objects.get(dedupe_key=dedupe_key)


# --- Into the inboxes ----------------------------------------------------------------------


def recipients(audience: dict[str, Any]) -> list[int]:
    """Ids of the active users who hold one of the audience's roles at its place today, or are named in it
    (a query for each of the two that it has). Of a message about a confidential row: :func:`knowing` narrows them.
    """
    found: set[int] = set()
    if roles := audience.get("roles"):
        condition = Q(role__in=roles, user__is_active=True)
        for name, paths in PLACE_PATHS.items():
            if name in audience:
                reached = Q()
                for path in paths:
                    reached |= Q(**{path: audience[name]})
                condition &= reached
        found.update(Assignment.objects.current().filter(condition).values_list("user_id", flat=True))
    if users := audience.get("users"):
        found.update(User.objects.filter(pk__in=users, is_active=True).values_list("pk", flat=True))
    return sorted(found)


def knowing(audience: dict[str, Any], users: set[int]) -> set[int]:
    """Those of ``users`` (ids) who may know what the message is about."""
    if "about" not in audience or not users:
        return users
    people = User.objects.filter(pk__in=users)
    return {user.pk for user in secrecy.who_may_know(audience["about"], people)}


def _told(messages: list[OutboxMessage], now: datetime) -> dict[int, list[int]]:
    """Message id → ids of the users whom it reaches; one question per distinct audience, and one for all
    those who are named.
    """
    named = {user for message in messages for user in message.audience.get("users", ())}
    active = set(User.objects.filter(pk__in=named, is_active=True).values_list("pk", flat=True)) if named else set()
    known: dict[tuple[Any, ...], list[int]] = {}
    told = {}
    for message in messages:
        if message.expires_at is not None and message.expires_at <= now:
            continue
        audience = {name: value for name, value in message.audience.items() if name not in ("users", "about")}
        key = tuple(sorted((name, str(value)) for name, value in audience.items()))
        if key not in known:
            known[key] = recipients(audience)
        users = {*known[key], *(active & set(message.audience.get("users", ())))}
        told[message.pk] = sorted(knowing(message.audience, users - {message.except_user_id}))
    return told


@transaction.atomic
def deliver_waiting(*, limit: int = BATCH) -> int:
    """Put up to ``limit`` waiting messages, oldest first, into the inboxes, and what is to be sent outside
    on its way; returns how many messages.

    Safe to run twice and on several workers: a message is locked while it is delivered
    (others skip it), and a user gets it once in the inbox and once per channel.
    """
    waiting = OutboxMessage.objects.select_for_update(skip_locked=True).filter(delivered_at=None)
    messages = list(waiting.order_by("id")[:limit])
    if not messages:
        return 0
    now = timezone.now()
    told = _told(messages, now)
    everybody = {user for users in told.values() for user in users}
    chosen = preferences.choices_of(everybody) if everybody else {}
    notices = [
        Notice(user_id=user, message=message, kind=message.kind, created_at=message.created_at)
        for message in messages
        for user in told.get(message.pk, ())
        if chosen.get(user, preferences.DEFAULT).in_inbox(message.kind)
    ]
    Notice.objects.bulk_create(notices, batch_size=500, ignore_conflicts=True)
    if everybody and (channels := configured()):
        _send_out(messages, told, chosen, channels, now)
    OutboxMessage.objects.filter(pk__in=[message.pk for message in messages]).update(delivered_at=now)
    return len(messages)


def _send_out(
    messages: list[OutboxMessage],
    told: dict[int, list[int]],
    chosen: dict[int, preferences.Choices],
    channels: dict[str, Channel],
    now: datetime,
) -> None:
    """Make the deliveries of ``messages``: by each user's choices, by channels that know where to find them."""
    opening = calendar().opening(now)
    window = timedelta(seconds=parameter(GATHERING)) if any(message.gathered for message in messages) else None
    people = User.objects.in_bulk({user for users in told.values() for user in users})
    deliveries = []
    for message in messages:
        for user in told.get(message.pk, ()):
            choices = chosen.get(user, preferences.DEFAULT)
            for name in choices.pushed_by(message.kind, channels):
                if channels[name].address_of(people[user]):
                    due = opening if choices.office_hours else now
                    if window is not None and message.gathered:
                        due = max(due, message.created_at + window)
                    deliveries.append(
                        Delivery(message=message, user_id=user, channel=name, next_at=due, created_at=now)
                    )
    Delivery.objects.bulk_create(deliveries, batch_size=500, ignore_conflicts=True)


# --- Signs of life ---------------------------------------------------------------------------


def beat(name: str) -> None:
    """Note that the background process ``name`` lives."""
    Heartbeat.objects.update_or_create(name=name, defaults={"at": timezone.now()})
