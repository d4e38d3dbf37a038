"""线索: what somebody has told of a place. Some are secret; the street alone knows of these."""

from django.db import models
from django.db.models import Q

from suzhou_portal.accounts.roles import Verb
from suzhou_portal.lib.cases.rows import CaseEvent, Erasable, Numbered, Timed
from suzhou_portal.lib.rows.places import Located, Versioned
from suzhou_portal.lib.rows.scope import Confidential, PlaceRule, ScopedQuerySet


class Status(models.TextChoices):
    NEW = "new", "待核实"
    TRUE = "true", "属实"
    FALSE = "false", "不属实"


class Tip(Numbered, Located, Versioned, Timed, Erasable):
    """One of them; its status changes in ``workflow`` alone."""

    what = models.TextField("内容", max_length=500)
    person = models.CharField("反映人", max_length=20, blank=True)
    level = models.CharField("公开程度", max_length=6, choices={"open": "公开", "secret": "保密"}, default="open")
    status = models.CharField("状态", max_length=12, choices=Status.choices, default=Status.NEW, editable=False)
    ended_at = models.DateTimeField("办结时间", null=True, editable=False)

    scope_rule = Confidential(PlaceRule(), secret=Q(level="secret"), verb=Verb.PLACES_EDIT)
    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "线索"
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                name="tip_true",
                condition=~Q(status="true", what="查无此事"),
                violation_error_message="查无此事的线索不能属实。",
            )
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.what[:20]}"


class TipEvent(CaseEvent):
    """One step."""

    erasable = ("note",)

    tip = models.ForeignKey(Tip, on_delete=models.PROTECT, related_name="events")


class Visit(Located, Versioned):
    """走访: names the tip that led to it."""

    tip = models.ForeignKey(Tip, on_delete=models.PROTECT, null=True, blank=True, verbose_name="线索")
    also = models.ManyToManyField(Tip, blank=True, related_name="+", verbose_name="相关线索")
    note = models.CharField("情况", max_length=100)

    scope_rule = PlaceRule()
    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "走访"
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.note
