"""五个一: what a grid should have besides its people, as the district names it; and what each grid has.

The article names 五个一 without saying which five. The rows that every installation begins
with are the platform's default (``grids/five_ones/five_ones.csv``), to be edited by the district.
"""

from datetime import date

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone

from grids.places.models import Grid
from suzhou_portal.lib.rows.places import Located, Versioned
from suzhou_portal.lib.rows.scope import PlaceRule, ReferenceRule, ScopedQuerySet


class FiveOneQuerySet(ScopedQuerySet):
    """Questions to the slots."""

    def asked(self, on: date | None = None) -> "FiveOneQuerySet":
        """The slots asked for on a day, by default today, in their order."""
        day = on or timezone.localdate()
        return self.filter(starts__lte=day).filter(Q(ends__isnull=True) | Q(ends__gt=day)).order_by("position", "code")


class FiveOne(Versioned):
    """五个一事项: one of the things that grids should have. Renamed in place, ended by a date, never deleted."""

    class Reach(models.TextChoices):
        """Which grids are asked for it."""

        RESIDENT_GROUP = "resident_group", "居民小组"
        COMPOUND = "compound", "居民小组、小区/楼院"
        EVERY = "every", "各级网格"

    KINDS = {
        Reach.RESIDENT_GROUP: (Grid.Kind.RESIDENT_GROUP,),
        Reach.COMPOUND: (Grid.Kind.RESIDENT_GROUP, Grid.Kind.COMPOUND),
        Reach.EVERY: tuple(Grid.Kind),
    }

    code = models.CharField(
        "编号",
        max_length=10,
        unique=True,
        validators=[RegexValidator(r"^[A-Z0-9]+$", "编号由大写字母和数字组成。")],
        error_messages={"unique": "该编号已被使用。"},
    )
    name = models.CharField("名称", max_length=30)
    what = models.CharField("建成的标准", max_length=200, blank=True)
    reach = models.CharField("适用于", max_length=20, choices=Reach.choices, default=Reach.RESIDENT_GROUP)
    position = models.PositiveSmallIntegerField("顺序", default=1, validators=[MinValueValidator(1)])
    starts = models.DateField("启用日期", default=timezone.localdate)
    ends = models.DateField(
        "停用日期", null=True, blank=True, help_text="从这一天起不再要求，也不再统计；已登记的保留。"
    )

    scope_rule = ReferenceRule()
    objects = FiveOneQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "五个一事项"
        ordering = ["position", "code"]
        constraints = [
            models.CheckConstraint(
                name="five_one_dates",
                condition=Q(ends__isnull=True) | Q(ends__gte=models.F("starts")),
                violation_error_message="停用日期不能早于启用日期。",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of grid that are asked for it."""
        return self.KINDS[self.Reach(self.reach)]


class FiveOneRecord(Located, Versioned):
    """五个一建设情况: how far a grid has come with one slot, since when, and what shows it.

    No row means 未建. The row is the present; what was before stands in its history. A grid that
    is split, merged or transferred hands its rows on: ``origin`` is the row of the grid before.
    """

    class State(models.TextChoices):
        NONE = "none", "未建"
        UNDER_WAY = "under_way", "在建"
        BUILT = "built", "已建"

    RANK: dict[str, int] = {State.NONE: 0, State.UNDER_WAY: 1, State.BUILT: 2}

    grid = models.ForeignKey(Grid, on_delete=models.PROTECT, related_name="five_ones", verbose_name="网格")
    street = models.ForeignKey(
        "streets.Street", on_delete=models.PROTECT, related_name="+", verbose_name="街道", editable=False
    )
    community = models.ForeignKey(
        "communities.Community", on_delete=models.PROTECT, related_name="+", verbose_name="社区", editable=False
    )
    slot = models.ForeignKey(FiveOne, on_delete=models.PROTECT, related_name="records", verbose_name="五个一事项")
    state = models.CharField("建设情况", max_length=10, choices=State.choices, default=State.BUILT)
    since = models.DateField("日期", default=timezone.localdate, help_text="建成、开工或停用的日期。")
    evidence = models.CharField(
        "佐证", max_length=200, blank=True, help_text="一句话说明，例：活动室在 3 号楼一层。照片可以不传。"
    )
    origin = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="+", editable=False
    )

    scope_rule = PlaceRule()
    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "五个一建设情况"
        ordering = ["grid__code", "slot__position"]
        indexes = [models.Index(fields=["community", "slot"], name="five_one_record_community")]
        constraints = [
            models.UniqueConstraint(
                fields=["grid", "slot"],
                name="five_one_record_once",
                violation_error_message="该网格的这一项已登记，请修改原有的记录。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.grid} {self.slot}"

    def get_absolute_url(self) -> str:
        """Its page, which shows the photos."""
        return f"/grids/five-one-records/{self.pk}/"

    def clean(self) -> None:
        """A slot that the grid's kind is not asked for is refused; so is a date to come."""
        super().clean()
        if self.grid_id is not None and self.slot_id is not None and self.grid.kind not in self.slot.kinds:
            raise ValidationError({"slot": f"“{self.slot}”不适用于{self.grid.get_kind_display()}。"})
        if self.since and self.since > timezone.localdate():
            raise ValidationError({"since": "日期不能晚于今天。"})
