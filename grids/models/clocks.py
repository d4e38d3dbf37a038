"""The clock of an issue: its limits, its steps' limits, and the requests to put it off or to stop it."""

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from grids.models.categories import Level, LimitUnit
from suzhou_portal.lib.rows.places import Versioned
from suzhou_portal.lib.rows.scope import PlaceRule, ReferenceRule, ScopedQuerySet
from suzhou_portal.lib.time import moments
from suzhou_portal.lib.time.worktime import Limit


class RequestKind(models.TextChoices):
    """What may be asked for a clock: 延期 puts its end off, 挂账 stops it for a time."""

    EXTENSION = "extension", "延期"
    SUSPENSION = "suspension", "挂账"


class Clocked(models.Model):
    """What an issue keeps of its clock. Written by ``grids.clock`` alone.

    ``due_at`` and ``warn_at`` follow from ``clock_started_at``, the limit (as the category had it
    then) and the granted requests since; ``step_due_at``, never later than ``due_at``, from
    ``step_started_at`` and the limits of the step. All are computed when something changes.

    While suspended they are set as if the clock went on at ``suspended_until``. ``asked_kind``
    and ``asked_level`` tell of a request that waits: for what, and which level decides.
    """

    clock_started_at = models.DateTimeField("计时起点", default=moments.now)
    limit = models.PositiveSmallIntegerField("办理时限", default=5)
    limit_unit = models.CharField("时限单位", max_length=10, choices=LimitUnit.choices, default=LimitUnit.DAYS)
    warn_at = models.DateTimeField("临期时间")
    due_at = models.DateTimeField("办理期限")
    step_started_at = models.DateTimeField("环节起点", null=True, blank=True)
    step_due_at = models.DateTimeField("环节时限", null=True, blank=True)
    extensions = models.PositiveSmallIntegerField("延期次数", default=0)
    suspended_at = models.DateTimeField("挂账时间", null=True, blank=True)
    suspended_until = models.DateTimeField("挂账至", null=True, blank=True)
    asked_kind = models.CharField("申请待审批", max_length=12, choices=RequestKind.choices, blank=True)
    asked_level = models.CharField("审批层级", max_length=10, choices=Level.choices, blank=True)

    class Meta:
        abstract = True


class Step(models.TextChoices):
    """The steps that may have limits of their own."""

    ACCEPTING = "accepting", "受理"
    DISPATCHING = "dispatching", "派办"
    HANDLING = "handling", "处理"
    CHECKING = "checking", "核查"


class StepLimit(Versioned):
    """环节时限: how long a step may take, for a kind, a group of kinds, or all. The most specific one counts."""

    category = models.ForeignKey(
        "grids.IssueCategory",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="分类",
        help_text="小类或大类；不选则为所有分类。小类的时限优先于大类，大类的优先于所有分类。",
    )
    step = models.CharField("环节", max_length=12, choices=Step.choices)
    limit = models.PositiveSmallIntegerField("时限", validators=[MinValueValidator(1)])
    unit = models.CharField("单位", max_length=10, choices=LimitUnit.choices, default=LimitUnit.HOURS)
    is_active = models.BooleanField("启用", default=True)
    note = models.CharField("说明", max_length=100, blank=True)

    scope_rule = ReferenceRule()
    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "环节时限"
        ordering = ["category__code", "step"]
        constraints = [
            models.UniqueConstraint(
                fields=["category", "step"],
                name="step_limit_once",
                violation_error_message="这一分类的这一环节已有时限，请修改原来的一条。",
            ),
            models.UniqueConstraint(
                fields=["step"],
                condition=Q(category=None),
                name="step_limit_once_for_all",
                violation_error_message="所有分类的这一环节已有时限，请修改原来的一条。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.category or '所有分类'} {self.get_step_display()}"


class ClockRequest(models.Model):
    """延期或挂账的申请: asked by whoever has the issue in hand, decided by the level above.

    Written by the issue's workflow (``grids.workflow.clock``). ``asker`` (with ``organisation``)
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


def limit_words(limit: Limit) -> str:
    """A limit as people say it: "2 个工作日", "90 工作分钟"."""
    between = " 个" if limit.unit == LimitUnit.DAYS else " "
    return f"{limit.amount}{between}{LimitUnit(limit.unit).label}"
