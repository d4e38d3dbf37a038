"""How each user wants to be told: by which channels, and per kind at once, in the digest, or not.

Kept as one ``accounts.Preference`` row per user who chose something; what was not chosen is
the platform's default, made against floods: at once only what has one's name on it or is late.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import models

from suzhou_portal.accounts.models import Preference
from suzhou_portal.notices.models import ACTIONABLE, Kind

KEY = "notices"


class Mode(models.TextChoices):
    """When a kind of notice is told outside the portal; ``NONE`` also keeps it out of the inbox where it asks
    for nothing to be done.
    """

    NOW = "now", "立即推送"
    DIGEST = "digest", "并入每日待办"
    NONE = "none", "不提醒"


DEFAULT_MODES: Mapping[str, str] = {
    **dict.fromkeys(Kind.values, Mode.DIGEST),
    Kind.ASSIGNED: Mode.NOW,
    Kind.OVERDUE: Mode.NOW,
    Kind.SUPERVISION: Mode.NOW,
    Kind.DIGEST: Mode.NOW,
}


def modes_of(kind: str) -> list[tuple[str, str]]:
    """The choices for ``kind``: the digest does not go into itself; the inbox keeps what asks for action."""
    if kind == Kind.DIGEST:
        return [(Mode.NOW.value, "按时推送"), (Mode.NONE.value, Mode.NONE.label)]
    last = "只进收件箱" if kind in ACTIONABLE else Mode.NONE.label
    return [(Mode.NOW.value, Mode.NOW.label), (Mode.DIGEST.value, Mode.DIGEST.label), (Mode.NONE.value, last)]


@dataclass(frozen=True)
class Choices:
    """What one user chose. ``modes``: kind → mode; ``silent``: channels that they do not want;
    ``office_hours``: push within office hours only, the rest waits for the next ones.
    """

    modes: Mapping[str, str] = field(default_factory=lambda: dict(DEFAULT_MODES))
    silent: frozenset[str] = frozenset()
    office_hours: bool = True

    @classmethod
    def of(cls, value: Any) -> "Choices":
        """From the stored form; whatever it does not say, or says in words of an older portal, is the default."""
        stored = value if isinstance(value, dict) else {}
        modes = stored.get("modes", {})
        return cls(
            modes={
                kind: modes.get(kind) if modes.get(kind) in dict(modes_of(kind)) else default
                for kind, default in DEFAULT_MODES.items()
            },
            silent=frozenset(stored.get("silent", [])),
            office_hours=bool(stored.get("office_hours", True)),
        )

    def stored(self) -> dict[str, Any]:
        """As :meth:`of` takes it."""
        return {"modes": dict(self.modes), "silent": sorted(self.silent), "office_hours": self.office_hours}

    def mode(self, kind: str) -> str:
        """The mode of ``kind``; an unknown one is told like the portal's own."""
        return self.modes.get(kind, Mode.DIGEST)

    def in_inbox(self, kind: str) -> bool:
        """The inbox gets a line."""
        return kind in ACTIONABLE or self.mode(kind) != Mode.NONE

    def pushed_by(self, kind: str, channels: Iterable[str]) -> list[str]:
        """Those of ``channels`` by which the notice goes out at once."""
        return [name for name in channels if name not in self.silent] if self.mode(kind) == Mode.NOW else []


DEFAULT = Choices()


def choices_of(users: Iterable[int]) -> dict[int, Choices]:
    """User id → what they chose, of those who did; one query."""
    rows = Preference.objects.filter(key=KEY, user__in=list(users)).values_list("user_id", "value")
    return {user: Choices.of(value) for user, value in rows}


def choices_for(user: Any) -> Choices:
    """What ``user`` chose, or the default."""
    return choices_of([user.pk]).get(user.pk, DEFAULT)


def keep(user: Any, choices: Choices) -> None:
    """Store the choices of ``user``."""
    Preference.objects.update_or_create(user=user, key=KEY, defaults={"value": choices.stored()})
