"""Erasure: personal texts of a case go some calendar months after its end, wherever they were stored.

A case says ``erases = Erasure(fields=("person", "what"), after=TIP_MONTHS, ended="ended_at")``; its model has
``erased_at`` (:class:`lib.cases.rows.Erasable`), its events name their texts in ``erasable``. The mark of erasure
(``audit.trail.ERASED``) then stands in these fields, in all texts of the events, and in what the trail tells of it:
in the values of the fields whole, elsewhere in the place of what stood in them and of whatever looks like a personal
number. A row at a time, each in a transaction of its own: the run may be stopped, repeated, and done by two workers at
once. What is held outside, attachments or an index of words, goes by ``then``.

What is general in it serves other erasures, too (``grids.reporters.erasure``).
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dateutil.relativedelta import relativedelta
from django.core.exceptions import ImproperlyConfigured
from django.db import models, transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from suzhou_portal.audit import trail
from suzhou_portal.audit.describing import name_actions
from suzhou_portal.audit.models import AuditEntry
from suzhou_portal.audit.trail import ERASED
from suzhou_portal.lib.cases.workflow import Workflow
from suzhou_portal.lib.text.privacy import without_personal
from suzhou_portal.lib.time.moments import day_start

BATCH = 100
_parameters: list[Callable[[str], int]] = []


def connect(parameter: Callable[[str], int]) -> None:
    """Let ``parameter(code)`` answer what the district has set; ``suzhou_portal.rules``, above, connects it."""
    _parameters[:] = [parameter]


def cutoff(months: int, now: datetime | None = None) -> datetime:
    """What ended before this is due: so many calendar months ago, by the calendar of the portal's zone.

    On a day that the month then did not have, all of that month: on 31 August with six months, what was closed by
    the end of February.
    """
    today = timezone.localtime(now)
    before = today - relativedelta(months=months)
    return before if before.day == today.day else day_start(before.date(), later=1)


def whole(text: str) -> str:
    """The mark in the place of all of ``text``; nothing stays nothing."""
    return ERASED if text else text


def clean_rows(rows: QuerySet, columns: tuple[str, ...], clean: Callable[[str], str]) -> int:
    """Have ``clean`` take something out of the texts in ``columns`` of ``rows``; returns how many columns changed."""
    model, count = rows.model, 0
    for row in rows.only("pk", *columns):
        changed: dict[str, Any] = {}
        for name in columns:
            old = getattr(row, name)
            new = trail.cleaned(old, clean)
            if isinstance(new, str):
                new = trail.fitted(new, getattr(model._meta.get_field(name), "max_length", None))
            if new != old:
                changed[name] = new
        if changed:
            count += len(changed)
            if hasattr(model, "version"):  # a form opened before must not bring the old text back
                changed["version"] = F("version") + 1
            model._base_manager.filter(pk=row.pk).update(**changed)
    return count


def entries_about(rows: QuerySet) -> QuerySet[AuditEntry]:
    """What the trail has about ``rows``."""
    about = [str(key) for key in rows.values_list("pk", flat=True)]
    return AuditEntry.objects.filter(object_type=rows.model._meta.label_lower, object_id__in=about)


@dataclass(frozen=True)
class Erasure:
    """See the module. ``fields``: texts of the row; ``after``: the code of a parameter, in months; ``ended``: the
    column with the moment of its end, empty while it runs or runs again; ``then(row)``: what else has to go.
    """

    fields: tuple[str, ...]
    after: str
    ended: str = "ended_at"
    then: Callable[[Any], None] | None = None

    def declared_for(self, workflow: Workflow) -> None:
        """Name its action. Raises ``ImproperlyConfigured`` for a case of which something would be left."""
        model, events = workflow.model, workflow.events
        for name in self.fields:
            field = model._meta.get_field(name)
            if not isinstance(field, (models.CharField, models.TextField)) or field.unique or field.choices:
                raise ImproperlyConfigured(f"{model.__name__}.{name} cannot hold the mark of erasure")
        if events is not None and not getattr(events, "erasable", ()):
            raise ImproperlyConfigured(f'{events.__name__} keeps its texts: erasable = ("note",)')
        if "erased_at" not in {field.name for field in model._meta.concrete_fields}:
            raise ImproperlyConfigured(f"{model.__name__} is no lib.cases.rows.Erasable")
        name_actions({self.action_of(model): "到期清除个人信息"}, group=str(model._meta.verbose_name))

    def action_of(self, model: type[models.Model]) -> str:
        """The action under which the trail has it."""
        return f"{model._meta.model_name}.erasure"

    def due(self, model: type[models.Model], now: datetime | None = None) -> QuerySet:
        """The rows that ended long enough ago and were not erased since, or have been written in again."""
        before = cutoff(_parameters[0](self.after), now)
        again = Q(erased_at=None) | Q(erased_at__lt=F(self.ended))
        for name in self.fields:
            again |= Q(**{f"{name}__isnull": False}) & ~Q(**{f"{name}__in": ["", ERASED]})
        return model._base_manager.filter(again, **{f"{self.ended}__lt": before})

    def sweep(self, workflow: Workflow, now: datetime | None = None, *, batch: int = BATCH) -> int:
        """Erase what is due, at most ``batch`` rows; returns how many."""
        keys = list(self.due(workflow.model, now).order_by("pk").values_list("pk", flat=True)[:batch])
        return sum(self._erase(workflow, key, now) for key in keys)

    @transaction.atomic
    def _erase(self, workflow: Workflow, key: int, now: datetime | None) -> bool:
        """False when there is nothing to do (any more): another worker was quicker, or it was reopened."""
        rows: Any = workflow.model._base_manager
        row = rows.select_for_update(of=("self",), skip_locked=True).filter(pk=key).first()
        if row is None or not self.due(workflow.model, now).filter(pk=key).exists():
            return False
        mine, label = rows.filter(pk=key), str(row)
        known = {text for text in self._texts(row) if text and text != ERASED}
        texts = clean_rows(mine, self.fields, whole)
        mine.update(erased_at=now or timezone.now())
        if workflow.events is not None:
            texts += clean_rows(workflow.events_of(row), workflow.events.erasable, whole)  # type: ignore[attr-defined]
        row.refresh_from_db()

        def clean(text: str) -> str:
            return without_personal(text, names=known)

        def renamed(text: str) -> str:
            return clean(text) if label == str(row) else _fitting(text, str(row))  # it may hold a text cut short

        texts += trail.erase(entries_about(mine), clean, label=renamed, whole=frozenset(self.fields))
        if self.then is not None:
            self.then(row)
        trail.record(self.action_of(workflow.model), row, by=None, changes={"texts": texts})
        return True

    def _texts(self, row: Any) -> Iterator[str]:
        """All that stands or ever stood in the fields, as far as the trail knows."""
        yield from (getattr(row, name) or "" for name in self.fields)
        for entry in trail.history_of(row):
            for name in self.fields:
                pair = entry.changes.get(name) if isinstance(entry.changes, dict) else None
                yield from (text for text in pair or () if isinstance(text, str))


def _fitting(old: str, new: str) -> str:
    """``new`` if it is ``old`` with parts taken out, which is all that an append-only table takes; else the mark."""
    pattern = ".*".join(map(re.escape, new.split(ERASED)))
    return new if ERASED in new and re.fullmatch(pattern, old, re.DOTALL) else ERASED
