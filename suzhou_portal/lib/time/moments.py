"""The present moment, as steps of a workflow see it.

Made-up histories (demo data) run through the same tables as real work, at moments of their
own: they pretend one for the time of a step. Everybody else meets the clock.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime, time, timedelta

from django.utils import timezone

_pretended: ContextVar[datetime | None] = ContextVar("pretended moment", default=None)


def now() -> datetime:
    """The present (aware)."""
    return _pretended.get() or timezone.now()


@contextmanager
def pretend(moment: datetime) -> Iterator[None]:
    """Let :func:`now` say ``moment`` inside the block."""
    token = _pretended.set(moment)
    try:
        yield
    finally:
        _pretended.reset(token)


def day_start(day: date, later: int = 0) -> datetime:
    """Midnight in the portal's time zone at the start of ``day``, ``later`` days on (aware)."""
    return timezone.make_aware(datetime.combine(day + timedelta(days=later), time.min))
