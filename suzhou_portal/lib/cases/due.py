"""Due dates of cases: when they fall due, the light and its word, what is told before and after, and what happens
then. The row has ``warn_at``, ``due_at`` and ``told_light`` (:class:`lib.cases.rows.Timed`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone

from suzhou_portal.lib.cases.telling import tell

NORMAL, SOON, OVERDUE = "normal", "soon", "overdue"
WORDS = {"": "", NORMAL: "● 正常", SOON: "▲ 临期", OVERDUE: "■ 超期"}
BATCH = 500


def light_at(row: Any, ended: datetime | None, now: datetime | None = None) -> str:
    """The light of ``row`` now, or as it stood when it ``ended``: a key of :data:`WORDS`; "" while no clock runs."""
    if row.due_at is None:
        return ""
    moment = ended or now or timezone.now()
    if moment > row.due_at:
        return OVERDUE
    return SOON if ended is None and row.warn_at and moment > row.warn_at else NORMAL


@dataclass(frozen=True)
class Due:
    """What the clock of a case does by itself. ``running``: the condition of rows whose clock runs. ``tells(row)``
    names whom it is told, as ``notices.services.enqueue`` names an audience, once when it turns yellow (if ``warns``)
    and once when it turns red: "TJ-2026-000003 调处已超期，期限 11-24 18:00", where 调处 is what it is ``called``.
    ``remind(row, light, words)``, if given, tells it in another way; ``then(row)``, if given, is what else happens when
    it is overdue: an escalation, an automatic step.
    """

    running: Q
    tells: Callable[[Any], dict[str, Any]] | None = None
    called: str = ""
    remind: Callable[[Any, str, str], None] | None = None
    warns: bool = True
    then: Callable[[Any], None] | None = None

    def overdue(self) -> Q:
        """The condition of rows whose clock runs and has passed its end."""
        return self.running & Q(due_at__lte=timezone.now())

    def sweep(self, model: type[models.Model], now: datetime | None = None) -> int:
        """Remind of what has turned, row by row in transactions of their own; returns of how many."""
        now = now or timezone.now()
        rows: Any = model._default_manager.filter(self.running, due_at__isnull=False).order_by("due_at")
        late = rows.filter(due_at__lte=now).exclude(told_light=OVERDUE)
        soon = rows.filter(warn_at__lte=now, due_at__gt=now, told_light="") if self.warns else rows.none()
        told = [(OVERDUE, key) for key in late.values_list("pk", flat=True)[:BATCH]]
        told += [(SOON, key) for key in soon.values_list("pk", flat=True)[:BATCH]]
        return sum(self._tell(model, key, light, now) for light, key in told)

    @transaction.atomic
    def _tell(self, model: type[models.Model], key: int, light: str, now: datetime) -> bool:
        rows: Any = model._default_manager.select_for_update(of=("self",), skip_locked=True)
        row = rows.filter(self.running, pk=key).first()
        if row is None or row.told_light in (light, OVERDUE) or light_at(row, None, now) != light:
            return False
        due = timezone.localtime(row.due_at)
        turned = f"{self.called}{'已超期' if light == OVERDUE else '将到期'}"
        words = f"{turned}，期限 {due:%m-%d %H:%M}"
        if self.remind is not None:
            self.remind(row, light, words)
        elif self.tells is not None:
            tell(row, words, gathered=turned, **self.tells(row))
        # Nobody's edit: the version stays, so that whoever has the page open loses nothing.
        model._default_manager.filter(pk=key).update(told_light=light)
        if self.then is not None and light == OVERDUE:
            self.then(row)
        return True
