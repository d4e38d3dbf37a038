"""Abstract models of cases: a number, a step, a due date, an erasure."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import models

from suzhou_portal.lib.cases import due
from suzhou_portal.lib.registers.site import site
from suzhou_portal.lib.rows.quick import Row
from suzhou_portal.lib.time import moments


class Numbered(models.Model):
    """Called by its number, under which it has its page."""

    number = models.CharField("编号", max_length=20, unique=True, editable=False)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return str(self.number)

    def get_absolute_url(self) -> str:
        """Its page, in its register."""
        register: Any = site.of(type(self))
        return str(register.url_of(self))


class CaseEvent(Row):
    """One step of a case, never changed. A subclass adds the foreign key to its case, with ``related_name="events"``,
    and may narrow the statuses to their choices.
    """

    append_only = True

    at = models.DateTimeField("时间", default=moments.now)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    action = models.CharField(max_length=20)
    from_status = models.CharField(max_length=12, blank=True)
    to_status = models.CharField(max_length=12)
    note = models.TextField("说明", max_length=500, blank=True)

    class Meta:
        abstract = True
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.action} {self.at:%Y-%m-%d}"


class Timed(models.Model):
    """Falls due. ``told_light``: what was last told of it, so that nobody is told twice."""

    warn_at = models.DateTimeField("临期时间", null=True, blank=True, editable=False)
    due_at = models.DateTimeField("办理期限", null=True, blank=True, editable=False)
    told_light = models.CharField(max_length=7, blank=True, default="", editable=False)

    class Meta:
        abstract = True

    ended_at: Any = None  # when it ended: a column, or a property, of the subclass

    def fall_due(self, warn_at: datetime | None, due_at: datetime) -> None:
        """Start the clock anew: yellow from ``warn_at``, red from ``due_at``."""
        self.warn_at, self.due_at, self.told_light = warn_at, due_at, ""

    @property
    def light(self) -> str:
        """Of its clock, a key of :data:`lib.cases.due.WORDS`; "" while none runs."""
        return due.light_at(self, self.ended_at)


class Erasable(models.Model):
    """Loses its personal texts some months after its end (:class:`lib.cases.erasing.Erasure`)."""

    erased_at = models.DateTimeField("清除个人信息的时间", null=True, blank=True, editable=False)

    class Meta:
        abstract = True
