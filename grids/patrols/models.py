"""片区巡查: the plans of the areas, patrols and the places that they look at.

A patrol is a record of places that were looked at, on which day and with what result. It knows
no positions, no times of the day and no ranking: it is nobody's attendance sheet.
"""

from datetime import date
from typing import Any, Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from grids.checklists.models import PatrolChecklist
from grids.places.models import Area
from suzhou_portal.lib.cases.rows import Numbered
from suzhou_portal.lib.rows.constraints import filled_where
from suzhou_portal.lib.rows.places import Located, Versioned
from suzhou_portal.lib.rows.scope import PartsRule, PlaceRule, ScopedQuerySet

# --- plans ----------------------------------------------------------------------------

RHYTHMS = {7: "每周一次", 14: "每两周一次", 30: "每月一次", 90: "每季度一次"}


class PlanQuerySet(ScopedQuerySet):
    """Questions to the plans."""

    def in_force(self, on: date | None = None) -> Self:
        """Plans that count on a day (today): begun and not ended."""
        day = on or timezone.localdate()
        return self.filter(starts__lte=day).filter(Q(ends=None) | Q(ends__gt=day))


class PatrolPlan(Versioned):
    """巡查计划 of an area: how often each grid of the route is to be looked at. One in force per area.

    ``route`` holds the grids in their order, a line each, as their editors read and write them;
    the rows of :class:`PatrolPlanStop` are made of it (``grids.patrols.plans``).
    """

    area = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="patrol_plans", verbose_name="片区")
    street = models.ForeignKey(
        "streets.Street", on_delete=models.PROTECT, related_name="+", verbose_name="街道", editable=False
    )
    rhythm = models.PositiveSmallIntegerField(
        "巡查周期（天）",
        default=14,
        validators=[MinValueValidator(1, "至少 1 天。"), MaxValueValidator(366, "至多 366 天。")],
        help_text="每个网格至多隔多少天看一次：7 为每周，14 为每两周，30 为每月。平台默认 14 天，可修改。",
    )
    route = models.TextField(
        "巡查路线",
        max_length=6000,
        blank=True,
        help_text="一行一个网格，填编码或全名，按巡查先后排列。留空则为片区的全部网格，按编码排列。",
    )
    starts = models.DateField("起用日期", default=timezone.localdate)
    ends = models.DateField("停用日期", null=True, blank=True)
    note = models.CharField("说明", max_length=100, blank=True)

    scope_rule = PartsRule(
        PlaceRule(community=None, grid=None, area="area_id"), parts="grids.PatrolPlanStop", link="plan_id"
    )
    objects = PlanQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "巡查计划"
        ordering = ["area__code", "-starts"]
        constraints = [
            models.UniqueConstraint(
                fields=["area"],
                condition=Q(ends=None),
                name="patrol_plan_one_in_force",
                violation_error_message="该片区已有未停用的巡查计划。",
            ),
            models.CheckConstraint(
                name="patrol_plan_dates",
                condition=Q(ends=None) | Q(ends__gte=F("starts")),
                violation_error_message="停用日期不能早于起用日期。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.area}巡查计划"

    @property
    def rhythm_words(self) -> str:
        """How often, in words: "每两周一次", "每 10 天一次"."""
        return RHYTHMS.get(self.rhythm, f"每 {self.rhythm} 天一次")

    def clean(self) -> None:
        """Fill the street; no other plan of the area on the same days."""
        super().clean()
        if self.area_id is None or self.starts is None:
            return
        self.street_id = self.area.street_id
        # unscoped: a check of the model against itself
        others = PatrolPlan.objects.filter(area=self.area_id).exclude(pk=self.pk)
        others = others.filter(Q(ends=None) | Q(ends__gt=self.starts))
        if self.ends is not None:
            others = others.filter(starts__lt=self.ends)
        if others.exists():
            raise ValidationError({"starts": "与该片区的另一个巡查计划日期重叠。"})


class PatrolPlanStop(Located):
    """巡查路线点位: a grid of a plan's route, in its place, and when somebody last looked there
    (``grids.patrols.plans.note_looks`` keeps it).
    """

    plan = models.ForeignKey(PatrolPlan, on_delete=models.CASCADE, related_name="stops", verbose_name="巡查计划")
    position = models.PositiveSmallIntegerField("顺序")
    grid = models.ForeignKey("grids.Grid", on_delete=models.PROTECT, related_name="+", verbose_name="网格")
    last_looked = models.DateField("上次巡查", null=True, blank=True, editable=False)

    scope_rule = PlaceRule(area="plan__area_id")
    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "久未巡查"
        ordering = ["plan__area__code", "position"]
        constraints = [
            models.UniqueConstraint(fields=["plan", "grid"], name="patrol_plan_stop_once"),
            models.UniqueConstraint(fields=["plan", "position"], name="patrol_plan_stop_position"),
        ]

    def __str__(self) -> str:
        return f"{self.grid_id}"


# --- patrols --------------------------------------------------------------------------


class PatrolStatus(models.TextChoices):
    """Where a patrol stands."""

    OPEN = "open", "巡查中"
    ENDED = "ended", "已结束"
    VOID = "void", "已作废"


class Patrol(Numbered, Versioned):
    """巡查: the grids of an area looked at along the checklist, by plan or freely. One at a time per area.

    Dates only. ``status`` changes through ``grids.patrols.workflow``.
    """

    area = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="patrols", verbose_name="片区")
    street = models.ForeignKey("streets.Street", on_delete=models.PROTECT, related_name="+", verbose_name="街道")
    plan = models.ForeignKey(
        PatrolPlan, on_delete=models.PROTECT, null=True, blank=True, related_name="patrols", verbose_name="巡查计划"
    )
    checklist = models.ForeignKey(
        PatrolChecklist, on_delete=models.PROTECT, related_name="patrols", verbose_name="十查清单"
    )
    status = models.CharField("状态", max_length=10, choices=PatrolStatus.choices, default=PatrolStatus.OPEN)
    started_on = models.DateField("巡查日期", default=timezone.localdate)
    ended_on = models.DateField("结束日期", null=True, blank=True)
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="片区长"
    )
    note = models.CharField("小结", max_length=500, blank=True)

    scope_rule = PartsRule(
        PlaceRule(community=None, grid=None, area="area_id"), parts="grids.PatrolStop", link="patrol_id"
    )
    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "巡查记录"
        ordering = ["-started_on", "-id"]
        indexes = [models.Index(F("street"), F("started_on").desc(), name="patrol_street")]
        constraints = [
            models.UniqueConstraint(
                fields=["area"],
                condition=Q(status="open"),
                name="patrol_one_open",
                violation_error_message="该片区有未结束的巡查。",
            ),
            filled_where("patrol_ended_has_day", "ended_on", status="ended"),
            models.CheckConstraint(name="patrol_dates", condition=Q(ended_on=None) | Q(ended_on__gte=F("started_on"))),
        ]

    @property
    def kept_findings(self) -> Any:
        """Its findings (``grids.findings``) that are not withdrawn."""
        return self.findings.exclude(status="withdrawn")

    @property
    def is_open(self) -> bool:
        """Still being made."""
        return self.status == PatrolStatus.OPEN


class PatrolStop(Located, Versioned):
    """巡查点位: a grid that the patrol is to look at, and the day on which it was; None: not yet.

    That a grid was looked at says that every item of the checklist was; what was wrong are its
    findings, all else was in order.
    """

    patrol = models.ForeignKey(Patrol, on_delete=models.PROTECT, related_name="stops", verbose_name="巡查")
    position = models.PositiveSmallIntegerField("顺序")
    grid = models.ForeignKey("grids.Grid", on_delete=models.PROTECT, related_name="+", verbose_name="网格")
    looked_on = models.DateField("查看日期", null=True, blank=True)

    scope_rule = PlaceRule(area="patrol__area_id")
    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "巡查点位"
        ordering = ["patrol", "position"]
        indexes = [
            models.Index(fields=["grid", "looked_on"], condition=Q(looked_on__isnull=False), name="patrol_stop_looked")
        ]
        constraints = [models.UniqueConstraint(fields=["patrol", "grid"], name="patrol_stop_once")]

    def __str__(self) -> str:
        return f"{self.patrol_id}-{self.position}"
