"""Ways out of the portal for a notice: a gateway's web hook, e-mail, or whatever a district adds.

The setting ``PORTAL_NOTICE_CHANNELS`` maps the name of a channel to the dotted path of its
class, a :class:`Channel`. Without any, notices stay in the inbox.

Outward a notice is sent *at least* once: a sender that dies after the other side took it and
before the portal wrote so leaves it to be sent again. Every attempt carries the same
``Envelope.id``, by which the other side drops the repeat. The inbox itself gets it exactly once.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string

# Seconds for connecting, and again for each answer awaited.
TIMEOUT = 8


@dataclass(frozen=True)
class Envelope:
    """What a channel sends: ``id`` is the same in every attempt; ``url`` is whole when the portal knows its
    own address (``PORTAL_URL``), else a path; ``address`` is the channel's own for this user.
    """

    id: str
    kind: str
    title: str
    url: str
    username: str
    address: str
    sent_at: datetime


class NotSent(Exception):
    """It did not arrive, for ``reason`` (Chinese, without addresses or secrets).

    ``final``: the other side will not take it later either. ``down``: nobody answers there, so that
    trying the next one is useless just now.
    """

    def __init__(self, reason: str, *, final: bool = False, down: bool = False) -> None:
        super().__init__(reason)
        self.reason, self.final, self.down = reason, final, down


class Channel:
    """Base of the channels. ``label`` is what users read."""

    label = ""

    def address_of(self, user: Any) -> str:
        """Where to reach ``user`` (a ``User`` with phone and e-mail); "" for nowhere: then nothing is sent."""
        raise NotImplementedError

    def send(self, envelope: Envelope) -> None:
        """Hand it over. Raises :class:`NotSent`; must not take longer than a few :data:`TIMEOUT`."""
        raise NotImplementedError


@lru_cache(maxsize=32)
def _channel(path: str) -> Channel:
    channel = import_string(path)()
    if not isinstance(channel, Channel):
        raise TypeError(f"{path} is no channel")
    return channel


def configured() -> dict[str, Channel]:
    """Name → channel, in the order of the setting; one object per process."""
    return {name: _channel(path) for name, path in settings.PORTAL_NOTICE_CHANNELS.items()}


def label_of(name: str) -> str:
    """The channel's name in Chinese; its code when it is no longer configured."""
    channel = configured().get(name)
    return channel.label if channel else name
