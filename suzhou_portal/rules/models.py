"""Rules that the district sets itself: numbers that the portal works with, office hours, days of work and rest."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from suzhou_portal.lib.rows.places import Versioned
from suzhou_portal.lib.rows.scope import ReferenceRule, ScopedQuerySet
from suzhou_portal.lib.time.worktime import Spans
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
    """办公时间: the office hours from a day on, until the next ones begin.

    ``yearly`` ones begin anew on the same day of every year: a summer and a winter timetable
    are two rows. Before the first row the platform's default counts (``lib.time.worktime``).
    """

    starts = models.DateField("起用日期", unique=True, error_messages={"unique": "这一天已有起用的办公时间。"})
    yearly = models.BooleanField("每年起用", default=False, help_text="夏季、冬季作息各登记一条，每年到日子自动换。")
    morning_from = models.TimeField("上午上班")
    morning_to = models.TimeField("上午下班")
    afternoon_from = models.TimeField("下午上班")
    afternoon_to = models.TimeField("下午下班")
    note = models.CharField("说明", max_length=100, blank=True)

    scope_rule = ReferenceRule()
    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "办公时间"
        ordering = ["-starts"]
        constraints = [
            models.CheckConstraint(
                name="office_hours_ascend",
                condition=Q(morning_from__lt=F("morning_to"))
                & Q(morning_to__lte=F("afternoon_from"))
                & Q(afternoon_from__lt=F("afternoon_to")),
                violation_error_message="时间须依次：上午上班、上午下班、下午上班、下午下班。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.starts:%Y-%m-%d}起"

    def clean(self) -> None:
        """A leap day does not come every year."""
        super().clean()
        if self.yearly and self.starts and (self.starts.month, self.starts.day) == (2, 29):
            raise ValidationError({"starts": "每年起用的，不能从 2 月 29 日起。"})

    @property
    def spans(self) -> Spans:
        """The office hours of a day, as the calendar reckons with them."""
        return ((self.morning_from, self.morning_to), (self.afternoon_from, self.afternoon_to))


class CalendarDay(Versioned):
    """工作日历: a day that the district declares working or free, whatever the national calendar says."""

    class Kind(models.TextChoices):
        """What the day is declared."""

        WORK = "work", "上班"
        FREE = "free", "放假"

    day = models.DateField("日期", unique=True, error_messages={"unique": "这一天已登记过。"})
    kind = models.CharField("上班或放假", max_length=4, choices=Kind.choices)
    reason = models.CharField("依据", max_length=100, help_text="例：区政府办公室通知")
    is_active = models.BooleanField("有效", default=True, help_text="登记错的，改为无效，即按国家节假日安排计算。")

    scope_rule = ReferenceRule()
    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "工作日历"
        ordering = ["-day"]

    def __str__(self) -> str:
        return f"{self.day:%Y-%m-%d} {self.get_kind_display()}"


class CalendarRevision(models.Model):
    """A change of the working calendar, and whether the clocks that run have been set by it.

    Written in the transaction of the change, worked off by a job (``grids.clock.services``).
    ``known_until`` is the last year whose holidays the library knew.
    """

    at = models.DateTimeField("时间", default=timezone.now)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="操作人"
    )
    known_until = models.PositiveSmallIntegerField()
    applied_at = models.DateTimeField(null=True)
    changed = models.PositiveIntegerField(null=True)

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["id"], condition=Q(applied_at=None), name="calendar_revision_waiting")]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M}"


class UnknownYear(models.Model):
    """A year whose holidays the library does not know, of which the system administrator was told (once)."""

    year = models.PositiveSmallIntegerField(unique=True)
    told_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return str(self.year)


class NumberSequence(models.Model):
    """The last number given per series and year; taken by one UPDATE in the caller's transaction."""

    series = models.CharField(max_length=10)
    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        db_table = "grids_numbersequence"
        constraints = [models.UniqueConstraint(fields=["series", "year"], name="number_sequence")]

    def __str__(self) -> str:
        return f"{self.series}-{self.year}"
