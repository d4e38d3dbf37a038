"""评约: both sides score the other by a rubric that is data; sealed until both have, or the time is up."""

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from covenants.agreements.models import Covenant, Side
from suzhou_portal.lib.rows.places import Versioned
from suzhou_portal.lib.rows.quick import Row
from suzhou_portal.lib.rows.scope import PlaceRule, ReferenceRule, ScopedQuerySet
from suzhou_portal.lib.time import moments

FULL_SCORE = 100


class Rubric(Versioned):
    """评约标准 of one side; a new one takes the place of the old, which past evaluations keep. Platform default."""

    side = models.CharField("评价方", max_length=5, choices=Side.choices)
    name = models.CharField("名称", max_length=60)
    starts = models.DateField("启用日期", help_text="同一方有几份启用的标准时，用启用日期最近的一份。")
    is_active = models.BooleanField("启用", default=True)

    scope_rule = ReferenceRule()
    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "评约标准"
        ordering = ["side", "-starts", "-id"]

    def __str__(self) -> str:
        return self.name

    @property
    def is_used(self) -> bool:
        """Somebody has scored by it. One query."""
        # unscoped: whether, not what
        return Evaluation.objects.filter(rubric=self).exists()

    def clean(self) -> None:
        """What comes into force has items that add up to 100, and scores that were given keep their side."""
        super().clean()
        if self.pk is None:
            return
        if self.is_active and sum(self.items.values_list("points", flat=True)) != FULL_SCORE:
            raise ValidationError({"is_active": f"评分项合计须为 {FULL_SCORE} 分，才能启用。"})


class RubricItem(Versioned):
    """评分项 with its highest score; those of a rubric add up to 100. Fixed while the rubric is in use."""

    rubric = models.ForeignKey(Rubric, on_delete=models.PROTECT, related_name="items", verbose_name="评约标准")
    index = models.PositiveSmallIntegerField("序号")
    title = models.CharField("评分项", max_length=60)
    meaning = models.CharField("说明", max_length=200, blank=True)
    points = models.PositiveSmallIntegerField("满分", validators=[MinValueValidator(1), MaxValueValidator(100)])

    scope_rule = ReferenceRule()
    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "评分项"
        ordering = ["rubric", "index"]
        constraints = [models.UniqueConstraint(fields=["rubric", "index"], name="rubric_item")]

    def __str__(self) -> str:
        return self.title

    def clean(self) -> None:
        """Scores that were given stay what they were: what is in force or was used is not changed any more."""
        super().clean()
        rubric = self.rubric if self.rubric_id else None
        if rubric is not None and rubric.is_active:
            raise ValidationError("启用中的标准不能改评分项，请先停用，或另建一份标准。")
        if rubric is not None and rubric.is_used:
            raise ValidationError("这份标准已用于评约，评分项不能再改，请另建一份标准。")


class EvaluationQuerySet(ScopedQuerySet):
    """Questions to the evaluations."""

    def unsealed(self) -> "EvaluationQuerySet":
        """Those that both sides may read."""
        return self.filter(is_sealed=False)


class Evaluation(Row):
    """One side's scores. While ``is_sealed`` nobody but its own side reads them, on no surface:
    ``covenants.evaluation.sealing`` is the only way to the scores, and the trail holds none.
    """

    covenant = models.ForeignKey(
        Covenant, on_delete=models.PROTECT, related_name="evaluations", verbose_name="共建协议"
    )
    side = models.CharField("评价方", max_length=5, choices=Side.choices)
    rubric = models.ForeignKey(Rubric, on_delete=models.PROTECT, related_name="+", verbose_name="评约标准")
    scores: Any = models.JSONField("得分")
    total = models.PositiveSmallIntegerField("总分")
    comment = models.TextField("评语", max_length=500, blank=True)
    submitted_at = models.DateTimeField("提交时间", default=moments.now)
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="提交人"
    )
    is_sealed = models.BooleanField("密封", default=True)

    scope_rule = PlaceRule(
        grid=None,
        street="covenant__street_id",
        community="covenant__community_id",
        organisations=("covenant__organisation_id",),
    )
    objects = EvaluationQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "评约"
        ordering = ["-submitted_at"]
        constraints = [
            models.UniqueConstraint(fields=["covenant", "side"], name="evaluation_once_per_side"),
            models.CheckConstraint(name="evaluation_total", condition=Q(total__lte=100)),
        ]

    def __str__(self) -> str:
        return f"{self.covenant_id} {self.get_side_display()}"
