"""Requests to put off the clock of an issue, or to stop it."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from grids.categories.models import Level, LimitUnit
from grids.issues.columns import RequestKind
from grids.limits.models import limit_words
from suzhou_portal.lib.rows.quick import Row
from suzhou_portal.lib.rows.scope import PlaceRule, ScopedQuerySet
from suzhou_portal.lib.time.worktime import Limit


class ClockRequest(Row):
    """延期或挂账的申请: asked by whoever has the issue in hand, decided by the level above.

    Written by the issue's workflow (``grids.clock.workflow``). ``asker`` (with ``organisation``)
    tells from which side it was asked, ``level`` who decides. An extension has an amount, a
    suspension a day on which work goes on; ``ended_at`` is when it really did.
    """

    class Decision(models.TextChoices):
        """What became of it."""

        GRANTED = "granted", "已同意"
        REFUSED = "refused", "未同意"
        WITHDRAWN = "withdrawn", "已撤回"
        LAPSED = "lapsed", "已失效"
        PENDING = "", "待审批"

    issue = models.ForeignKey(
        "grids.Issue", on_delete=models.PROTECT, related_name="clock_requests", verbose_name="网格事件"
    )
    kind = models.CharField("申请", max_length=12, choices=RequestKind.choices)
    reason = models.TextField("原因", max_length=500)
    amount = models.PositiveSmallIntegerField("延长", null=True, blank=True)
    unit = models.CharField("单位", max_length=10, choices=LimitUnit.choices, blank=True)
    until = models.DateField("恢复办理日期", null=True, blank=True)
    asker = models.CharField("申请方", max_length=12)
    organisation = models.ForeignKey(
        "streets.Organisation", on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="单位"
    )
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="申请人"
    )
    requested_at = models.DateTimeField("申请时间", default=timezone.now)
    level = models.CharField("审批层级", max_length=10, choices=Level.choices)
    decision = models.CharField("结果", max_length=10, choices=Decision.choices, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="审批人",
    )
    decided_at = models.DateTimeField("审批时间", null=True, blank=True)
    note = models.TextField("审批意见", max_length=500, blank=True)
    ended_at = models.DateTimeField("实际恢复时间", null=True, blank=True)

    erasable = ("reason", "note")
    erased_with = "issue_id"

    scope_rule = PlaceRule(
        street="issue__street_id",
        community="issue__community_id",
        grid="issue__grid_id",
        organisations=("issue__organisation_id",),
    )
    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "延期挂账申请"
        ordering = ["-requested_at", "-id"]
        indexes = [models.Index(F("requested_at").desc(), F("id").desc(), name="clock_request_newest")]
        constraints = [
            models.UniqueConstraint(fields=["issue"], condition=Q(decision=""), name="clock_request_one_pending"),
            models.CheckConstraint(
                name="clock_request_complete",
                condition=Q(kind="extension", amount__gt=0, until=None) & ~Q(unit="")
                | Q(kind="suspension", until__isnull=False, amount=None, unit=""),
            ),
            models.CheckConstraint(
                name="clock_request_decided_has_time",
                condition=Q(decision="", decided_at=None) | ~Q(decision="") & Q(decided_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.issue} {self.words}"

    @property
    def limit(self) -> Limit:
        """How much more time an extension asks for."""
        return Limit(self.amount or 0, self.unit)

    @property
    def words(self) -> str:
        """What is asked for: "延期 2 个工作日", "挂账至 2026-12-01"."""
        return f"挂账{self.terms}" if self.kind == RequestKind.SUSPENSION else f"延期 {self.terms}"

    @property
    def terms(self) -> str:
        """How long: "2 个工作日", "至 2026-12-01"."""
        return f"至 {self.until:%Y-%m-%d}" if self.kind == RequestKind.SUSPENSION else limit_words(self.limit)
