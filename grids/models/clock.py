"""Limits of steps, and what is asked of the clock: 延期 (more time) and 挂账 (standing still)."""

from datetime import datetime, time, timedelta

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone

from grids.models.categories import Level, LimitUnit
from grids.models.issues import Asked, Issue
from suzhou_portal.lib.located import Versioned
from suzhou_portal.lib.scoping import PlaceRule, ReferenceRule, ScopedQuerySet


class Step(models.TextChoices):
    """The steps of GB/T 30428 that may have a limit of their own."""

    ACCEPT = "accept", "受理"
    DISPATCH = "dispatch", "派办"
    HANDLE = "handle", "处理"
    VERIFY = "verify", "核查"


class StepLimit(Versioned):
    """环节时限: how long a step may take; for a kind, a group, or (without category) for all."""

    category = models.ForeignKey(
        "grids.IssueCategory",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="分类",
        help_text="选大类则管其下各小类，不选则管全部；各处都有的，以最具体的为准。",
    )
    step = models.CharField("环节", max_length=10, choices=Step.choices)
    amount = models.PositiveSmallIntegerField("时限", validators=[MinValueValidator(1)])
    unit = models.CharField("单位", max_length=10, choices=LimitUnit.choices, default=LimitUnit.HOURS)

    scope_rule = ReferenceRule()
    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "环节时限"
        ordering = ["category__code", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["category", "step"],
                name="step_limit_once",
                violation_error_message="该分类的这一环节已有时限。",
            ),
            models.UniqueConstraint(
                fields=["step"],
                condition=Q(category=None),
                name="step_limit_for_all_once",
                violation_error_message="这一环节已有管全部分类的时限。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.category or '全部分类'} {self.get_step_display()}"


class ClockRequest(models.Model):
    """延期、挂账申请: what was asked, by whom, why, and how it was decided; written by the issue's workflow."""

    issue = models.ForeignKey(Issue, on_delete=models.PROTECT, related_name="clock_requests", verbose_name="网格事件")
    kind = models.CharField("事项", max_length=10, choices=Asked.choices)
    reason = models.TextField("理由", max_length=500)
    amount = models.PositiveSmallIntegerField("延长", null=True, blank=True)
    unit = models.CharField("单位", max_length=10, choices=LimitUnit.choices, blank=True)
    until = models.DateField("挂账至", null=True, blank=True)
    level = models.CharField("审批层级", max_length=10, choices=Level.choices)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="申请人"
    )
    asked_at = models.DateTimeField("申请时间")
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="审批人"
    )
    decided_at = models.DateTimeField("审批时间", null=True)
    granted = models.BooleanField("同意", null=True)
    answer = models.TextField("审批意见", max_length=500, blank=True)
    # The times of the issue before the suspension, and when it really ended.
    clock_before = models.JSONField(null=True)
    resumed_at = models.DateTimeField("恢复时间", null=True)

    scope_rule = PlaceRule(
        street="issue__street_id",
        community="issue__community_id",
        grid="issue__grid_id",
        organisations=("issue__organisation_id",),
    )
    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "延期挂账申请"
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["issue"], condition=Q(decided_at=None), name="clock_request_one_pending"),
            models.CheckConstraint(
                name="clock_request_has_limit",
                condition=Q(kind="extension", amount__isnull=False) & ~Q(unit="")
                | Q(kind="suspension", until__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.issue} {self.wish}"

    @property
    def is_extension(self) -> bool:
        """More time, rather than standing still."""
        return self.kind == Asked.EXTENSION

    @property
    def wish(self) -> str:
        """What is asked, in words: "延期 3 工作日", "挂账至 2026年12月1日"."""
        if self.is_extension:
            return f"延期 {self.amount} {self.get_unit_display()}"
        return f"挂账至 {self.until.year}年{self.until.month}月{self.until.day}日" if self.until else "挂账"

    @property
    def state(self) -> str:
        """待批, 同意, 不同意 or 已撤回."""
        if self.decided_at is None:
            return "待批"
        return {True: "同意", False: "不同意", None: "已撤回"}[self.granted]

    @property
    def ends(self) -> datetime:
        """When a suspension is over by itself: at midnight after its last day."""
        assert self.until is not None  # noqa: S101 -- a constraint of suspensions
        return timezone.make_aware(datetime.combine(self.until + timedelta(days=1), time.min))

    @property
    def stood_until(self) -> datetime:
        """When a granted suspension ended, or will end."""
        return self.resumed_at or self.ends
