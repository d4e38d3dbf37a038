"""Telling people: messages go into the outbox with their cause, and from there into inboxes."""

from collections.abc import Iterable
from typing import Any

from suzhou_portal.notices.models import OutboxMessage


def enqueue(
    *,
    title: str,
    url: str,
    roles: Iterable[str],
    place: dict[str, int] | None = None,
    except_user: Any = None,
) -> OutboxMessage:
    """Put a message for the current holders of ``roles`` at ``place`` into the outbox.

    ``place`` is e.g. ``{"community": 5}`` or ``{"organisation": 9}``; None for district roles.
    Call it inside the transaction of its cause: both are stored or neither.
    """
    return OutboxMessage.objects.create(
        title=title[:200],
        url=url,
        audience={"roles": list(roles), **(place or {})},
        except_user=except_user,
    )
