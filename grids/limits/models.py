"""环节时限: how long a step of an issue may take, per category."""

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q

from grids.categories.models import LimitUnit
from suzhou_portal.lib.rows.places import Versioned
from suzhou_portal.lib.rows.scope import ReferenceRule, ScopedQuerySet
from suzhou_portal.lib.time.worktime import Limit


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


def limit_words(limit: Limit) -> str:
    """A limit as people say it: "2 个工作日", "90 工作分钟"."""
    between = " 个" if limit.unit == LimitUnit.DAYS else " "
    return f"{limit.amount}{between}{LimitUnit(limit.unit).label}"
