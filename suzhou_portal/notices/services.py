"""Telling people: messages go into the outbox with their cause, and from there into inboxes."""

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from suzhou_portal.accounts.models import Assignment
from suzhou_portal.notices.models import Heartbeat, Notice, OutboxMessage

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


def enqueue(
    *,
    title: str,
    url: str,
    roles: Iterable[str],
    place: dict[str, int] | None = None,
    except_user: Any = None,
) -> OutboxMessage:
    """Put a message for the current holders of ``roles`` at ``place`` into the outbox.

    ``url`` is a path of the portal. ``place`` is e.g. ``{"community": 5}`` or
    ``{"organisation": 9}``; None for district roles. Call it inside the transaction of its
    cause: both are stored or neither. Raises ``ValueError`` for a place or path that nobody
    could be told of, rather than leaving it to the delivery.
    """
    unknown = set(place or {}) - set(PLACE_PATHS)
    if unknown or not url.startswith("/") or url.startswith("//"):
        raise ValueError(f"cannot deliver to {sorted(unknown)} or open {url!r}")
    return OutboxMessage.objects.create(
        title=title[:200],
        url=url,
        audience={"roles": list(roles), **(place or {})},
        except_user=except_user,
    )


def recipients(audience: dict[str, Any]) -> list[int]:
    """Ids of the active users who hold one of the audience's roles at its place today (one query)."""
    condition = Q(role__in=audience["roles"], user__is_active=True)
    for name, paths in PLACE_PATHS.items():
        if name in audience:
            reached = Q()
            for path in paths:
                reached |= Q(**{path: audience[name]})
            condition &= reached
    posts = Assignment.objects.current().filter(condition).order_by("user_id")
    return list(posts.values_list("user_id", flat=True).distinct())


@transaction.atomic
def deliver_waiting(*, limit: int = BATCH) -> int:
    """Put up to ``limit`` waiting messages, oldest first, into the inboxes; returns how many messages.

    Safe to run twice and on several workers: a message is locked while it is delivered
    (others skip it), and a user gets it once.
    """
    waiting = OutboxMessage.objects.select_for_update(skip_locked=True).filter(delivered_at=None)
    messages = list(waiting.order_by("id")[:limit])
    known: dict[tuple[Any, ...], list[int]] = {}
    notices = []
    for message in messages:
        key = tuple(sorted((name, str(value)) for name, value in message.audience.items()))
        if key not in known:
            known[key] = recipients(message.audience)
        notices += [
            Notice(user_id=user, message=message, created_at=message.created_at)
            for user in known[key]
            if user != message.except_user_id
        ]
    Notice.objects.bulk_create(notices, batch_size=500, ignore_conflicts=True)
    OutboxMessage.objects.filter(pk__in=[message.pk for message in messages]).update(delivered_at=timezone.now())
    return len(messages)


def beat(name: str) -> None:
    """Note that the background process ``name`` lives."""
    Heartbeat.objects.update_or_create(name=name, defaults={"at": timezone.now()})
