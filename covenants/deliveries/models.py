"""约定事项 and 履约记录: what was promised, what was delivered, what the receiving side has confirmed."""

from datetime import date, timedelta
from decimal import Decimal

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q

from covenants.agreements.kinds import CommitmentKind, measured
from covenants.agreements.models import Covenant
from suzhou_portal.lib.rows.places import Versioned
from suzhou_portal.lib.rows.quick import Row
from suzhou_portal.lib.rows.scope import PlaceRule, ScopedQuerySet
from suzhou_portal.lib.time import moments

OF_COVENANT = {
    "street": "covenant__street_id",
    "community": "covenant__community_id",
    "organisations": ("covenant__organisation_id",),
}


class CommitmentQuerySet(ScopedQuerySet):
    """Questions to the commitments."""

    def counted(self) -> "CommitmentQuerySet":
        """What figures count: everything that was not called off by both sides."""
        return self.filter(is_cancelled=False)

    def fulfilled(self) -> "CommitmentQuerySet":
        """Wholly delivered and confirmed."""
        return self.counted().filter(fulfilled_on__isnull=False)


class Commitment(Versioned):
    """约定事项 of a signed covenant; made and changed by drafts that both sides accepted.

    How much is done follows from the confirmed deliveries alone (``covenants.deliveries.fulfilment``):
    ``done_quantity`` of a task, ``done_amount`` (yuan) of funds, ``done_milestones`` of a project.
    """

    covenant = models.ForeignKey(
        Covenant, on_delete=models.PROTECT, related_name="commitments", verbose_name="共建协议"
    )
    key = models.CharField(max_length=12, editable=False)
    kind = models.CharField("类型", max_length=10, choices=CommitmentKind.choices)
    title = models.CharField("事项", max_length=120)
    quantity = models.DecimalField(
        "数量", max_digits=12, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(Decimal("0.01"))]
    )
    unit = models.CharField("单位", max_length=10, blank=True)
    amount = models.DecimalField(
        "金额（元）",
        max_digits=14,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal("0.01"))],
    )
    due_on = models.DateField("履约期限")
    need = models.ForeignKey(
        "covenants.Need",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="commitments",
        verbose_name="对应需求",
    )
    offer = models.ForeignKey(
        "covenants.Offer",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="commitments",
        verbose_name="所用资源",
    )
    done_quantity = models.DecimalField("已确认数量", max_digits=12, decimal_places=2, default=0, editable=False)
    done_amount = models.DecimalField("已确认金额（元）", max_digits=14, decimal_places=2, default=0, editable=False)
    done_milestones = models.PositiveSmallIntegerField("已完成节点", default=0, editable=False)
    milestone_count = models.PositiveSmallIntegerField("节点数", default=0, editable=False)
    # The share done, from 0 to 1 (``services.fulfilment.share_done``), kept to be summed by figures.
    progress = models.DecimalField("进度", max_digits=5, decimal_places=4, default=0, editable=False)
    fulfilled_on = models.DateField("履约日期", null=True, blank=True, editable=False)
    is_cancelled = models.BooleanField("已取消", default=False, editable=False)
    # The due day that was told of: a later one is told of anew.
    told_soon = models.DateField(null=True, blank=True, editable=False)
    told_late = models.DateField(null=True, blank=True, editable=False)

    scope_rule = PlaceRule(grid=None, **OF_COVENANT)
    objects = CommitmentQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "约定事项"
        ordering = ["due_on", "id"]
        indexes = [
            models.Index(fields=["covenant", "due_on"], name="commitment_covenant"),
            models.Index(
                fields=["due_on"], condition=Q(fulfilled_on=None, is_cancelled=False), name="commitment_waiting"
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["covenant", "key"], name="commitment_key"),
            models.CheckConstraint(
                name="commitment_funds_in_yuan",
                condition=Q(kind="funds", amount__isnull=False) | (~Q(kind="funds") & Q(amount=None)),
                violation_error_message="资金类事项填写金额，其他事项不填。",
            ),
            models.CheckConstraint(
                name="commitment_task_counted",
                condition=~Q(kind="task") | Q(quantity__isnull=False),
                violation_error_message="实事须填写数量。",
            ),
            models.CheckConstraint(
                name="commitment_milestones", condition=Q(done_milestones__lte=F("milestone_count"))
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """Its line on the page of its covenant."""
        return f"{self.covenant.get_absolute_url()}#c{self.pk}"

    def state(self, today: date, remind_days: int) -> str:
        """``done``, ``cancelled``, or the light of what is still to be done: ``normal``, ``soon``, ``overdue``."""
        if self.fulfilled_on is not None:
            return "done"
        if self.is_cancelled:
            return "cancelled"
        if self.due_on < today:
            return "overdue"
        return "soon" if self.due_on <= today + timedelta(days=remind_days) else "normal"


class Milestone(Row):
    """节点 of a service project: done when a delivery for it is confirmed."""

    commitment = models.ForeignKey(Commitment, on_delete=models.PROTECT, related_name="milestones")
    key = models.CharField(max_length=12, editable=False)
    index = models.PositiveSmallIntegerField("序号")
    title = models.CharField("节点", max_length=60)
    due_on = models.DateField("期限")
    is_cancelled = models.BooleanField("已取消", default=False)

    class Meta:
        verbose_name = verbose_name_plural = "项目节点"
        ordering = ["commitment", "index"]
        constraints = [models.UniqueConstraint(fields=["commitment", "key"], name="milestone_key")]

    def __str__(self) -> str:
        return self.title


class Delivery(Versioned):
    """履约记录: what the unit says it has done; the receiving side confirms or returns it. Run by a workflow table."""

    class Status(models.TextChoices):
        SUBMITTED = "submitted", "待确认"
        CONFIRMED = "confirmed", "已确认"
        RETURNED = "returned", "已退回"
        WITHDRAWN = "withdrawn", "已撤回"

    commitment = models.ForeignKey(
        Commitment, on_delete=models.PROTECT, related_name="deliveries", verbose_name="约定事项"
    )
    status = models.CharField("状态", max_length=10, choices=Status.choices, default=Status.SUBMITTED, editable=False)
    on = models.DateField("履约日期")
    quantity = models.DecimalField(
        "数量", max_digits=12, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(Decimal("0.01"))]
    )
    amount = models.DecimalField(
        "金额（元）",
        max_digits=14,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal("0.01"))],
    )
    milestone = models.ForeignKey(
        Milestone, on_delete=models.PROTECT, null=True, blank=True, related_name="deliveries", verbose_name="节点"
    )
    note = models.TextField("办了什么", max_length=1000)
    submitted_at = models.DateTimeField("提交时间", default=moments.now, editable=False)
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="提交人", editable=False
    )
    decided_at = models.DateTimeField("确认时间", null=True, blank=True, editable=False)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="确认人",
        editable=False,
    )
    opinion = models.CharField("意见", max_length=500, blank=True, editable=False)
    submission_key = models.UUIDField(null=True, blank=True, unique=True, editable=False)

    scope_rule = PlaceRule(
        grid=None,
        street="commitment__covenant__street_id",
        community="commitment__covenant__community_id",
        organisations=("commitment__covenant__organisation_id",),
    )
    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "履约记录"
        ordering = ["-submitted_at", "-id"]
        indexes = [models.Index(fields=["commitment", "status"], name="delivery_commitment")]
        constraints = [
            models.UniqueConstraint(
                fields=["milestone"],
                condition=Q(status__in=["submitted", "confirmed"]),
                name="delivery_once_per_milestone",
                violation_error_message="该节点已有履约记录。",
            )
        ]

    def __str__(self) -> str:
        return f"{self.commitment} {self.on}"

    def get_absolute_url(self) -> str:
        """Its page."""
        return f"/covenants/deliveries/{self.pk}/"

    @property
    def amount_words(self) -> str:
        """How much: "2 盏", "600.00 元", or the milestone."""
        commitment = self.commitment
        return measured(commitment.kind, self.quantity, commitment.unit, self.amount) or str(self.milestone or "")
