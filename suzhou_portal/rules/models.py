"""Rules that the district sets itself: numbers that the portal works with, office hours, days of work and rest."""

from datetime import time

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q

from suzhou_portal.lib.located import Versioned
from suzhou_portal.lib.scoping import ReferenceRule, ScopedQuerySet
from suzhou_portal.lib.worktime import Spans
from suzhou_portal.rules import parameters


class Parameter(Versioned):
    """参数: the value of a number declared in code (``rules.parameters``), editable by the district."""

    code = models.CharField("编码", max_length=60, unique=True, editable=False)
    value = models.PositiveIntegerField("取值")

    scope_rule = ReferenceRule()
    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "办理参数"
        ordering = ["code"]

    def __str__(self) -> str:
        return self.declared.label if self.declared else self.code

    @property
    def declared(self) -> parameters.Declared | None:
        """What the code says of it; None for one that the portal no longer asks for."""
        return parameters.DECLARED.get(self.code)

    def clean(self) -> None:
        """Within the declared bounds."""
        super().clean()
        declared = self.declared
        if declared and self.value is not None and not declared.minimum <= self.value <= declared.maximum:
            raise ValidationError({"value": f"请填写 {declared.minimum} 至 {declared.maximum} 之间的整数。"})


class OfficeHours(Versioned):
    """作息时间: the office hours from a day on, until the next row's day (summer and winter timetables)."""

    starts = models.DateField("自何日起", unique=True, error_messages={"unique": "这一天已有作息时间。"})
    morning_start = models.TimeField("上午上班", default=time(8, 30))
    morning_end = models.TimeField("上午下班", default=time(12, 0))
    afternoon_start = models.TimeField("下午上班", default=time(14, 30))
    afternoon_end = models.TimeField("下午下班", default=time(18, 0))
    note = models.CharField("说明", max_length=60, blank=True)

    scope_rule = ReferenceRule()
    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "作息时间"
        ordering = ["starts"]
        constraints = [
            models.CheckConstraint(
                name="office_hours_ascend",
                condition=Q(morning_start__lt=F("morning_end"))
                & Q(morning_end__lte=F("afternoon_start"))
                & Q(afternoon_start__lt=F("afternoon_end")),
                violation_error_message="四个时间须依次在后。",
            )
        ]

    def __str__(self) -> str:
        return f"{self.starts} 起"

    @property
    def spans(self) -> Spans:
        """As ``lib.worktime`` takes them."""
        return ((self.morning_start, self.morning_end), (self.afternoon_start, self.afternoon_end))


class CalendarDay(Versioned):
    """特别日: a day of work or rest that the district sets, whatever the national calendar says."""

    day = models.DateField("日期", unique=True, error_messages={"unique": "这一天已设定。"})
    is_workday = models.BooleanField("上班", default=False)
    note = models.CharField("说明", max_length=60, blank=True)

    scope_rule = ReferenceRule()
    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "特别日"
        ordering = ["-day"]

    def __str__(self) -> str:
        return f"{self.day} {'上班' if self.is_workday else '休息'}"
