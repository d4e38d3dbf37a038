"""The two lists: what communities need (需求清单), what units offer (资源清单)."""

from decimal import Decimal

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q

from suzhou_portal.lib.rows.places import Located, Versioned
from suzhou_portal.lib.rows.scope import PlaceRule, ScopedQuerySet
from suzhou_portal.lib.time import moments


class ResourceKind(models.TextChoices):
    """What is needed or offered (article: 人力, 场地, 资金, 技术; 物资 is a platform default)."""

    PEOPLE = "people", "人力"
    VENUE = "venue", "场地"
    FUNDS = "funds", "资金"
    SKILLS = "skills", "技术服务"
    GOODS = "goods", "物资"


class Wanted(models.Model):
    """What needs and offers have in common: a kind, words, how much, and when."""

    kind = models.CharField("类别", max_length=10, choices=ResourceKind.choices)
    title = models.CharField("名称", max_length=60)
    description = models.TextField("说明", max_length=1000, blank=True)
    quantity = models.DecimalField(
        "数量",
        max_digits=12,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
        help_text="资金填元。不便计量的留空。",
    )
    unit = models.CharField("单位", max_length=10, blank=True, help_text="如 人、次、平方米；资金不填。")
    begins = models.DateField("开始日期", null=True, blank=True)
    ends = models.DateField("截止日期", null=True, blank=True)

    class Meta:
        abstract = True

    def clean(self) -> None:
        """Dates in order; money is counted in yuan."""
        super().clean()
        if self.begins and self.ends and self.ends < self.begins:
            raise ValidationError({"ends": "截止日期不能早于开始日期。"})
        if self.kind == ResourceKind.FUNDS:
            self.unit = "元"

    @property
    def amount_text(self) -> str:
        """How much, with its unit: "20 人"; "" where it is not counted."""
        return "" if self.quantity is None else f"{plain(self.quantity)} {self.unit}".strip()

    @property
    def period_text(self) -> str:
        """When: "2026-03-01 至 2026-06-30"; "" for any time."""
        if not (self.begins or self.ends):
            return ""
        return f"{self.begins or ''} 至 {self.ends or ''}".strip()


def plain(number: Decimal) -> str:
    """A quantity without idle zeros: "20", "2.5", "1,000"."""
    text = f"{number:,.2f}"
    return text.rstrip("0").rstrip(".")


class NeedQuerySet(ScopedQuerySet):
    """Questions to the needs."""

    def open(self) -> "NeedQuerySet":
        """Needs that nobody has taken up yet."""
        return self.filter(status=Need.Status.OPEN)


class Need(Wanted, Located, Versioned):
    """需求: what a community or grid asks units for; perhaps because of an issue that it cannot solve alone.

    Open needs stand before all units of the district; what has been taken up, before its unit.
    """

    class Status(models.TextChoices):
        OPEN = "open", "待认领"
        TAKEN = "taken", "已认领"
        MET = "met", "已满足"
        WITHDRAWN = "withdrawn", "已撤回"

    number = models.CharField("编号", max_length=20, unique=True, editable=False)
    status = models.CharField("状态", max_length=10, choices=Status.choices, default=Status.OPEN, editable=False)
    issue = models.ForeignKey(
        "grids.Issue",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="needs",
        verbose_name="网格事件",
        editable=False,
    )
    organisation = models.ForeignKey(
        "streets.Organisation",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="认领单位",
        editable=False,
    )
    created_at = models.DateTimeField("提出时间", default=moments.now, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="提出人", editable=False
    )
    met_at = models.DateTimeField("满足时间", null=True, blank=True, editable=False)
    reason = models.CharField("撤回原因", max_length=500, blank=True, editable=False)

    # What came from an issue is erased with it.
    erasable = ("title", "description")
    erased_with = "issue_id"

    scope_rule = PlaceRule(organisations=("organisation_id",), open_to_organisations=Q(status="open"))
    objects = NeedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "需求"
        ordering = ["-created_at", "-id"]
        indexes = [
            models.Index(F("community"), F("created_at").desc(), name="need_community"),
            models.Index(fields=["kind"], condition=Q(status="open"), name="need_open"),
        ]
        constraints = [
            models.CheckConstraint(
                name="need_taken_by_somebody",
                condition=Q(status__in=["open", "withdrawn"]) | Q(organisation__isnull=False),
            ),
            models.CheckConstraint(
                name="need_dates", condition=Q(begins=None) | Q(ends=None) | Q(ends__gte=F("begins"))
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """Its page."""
        return f"/covenants/needs/{self.number}/"

    @property
    def is_open(self) -> bool:
        """Nobody has taken it up yet."""
        return self.status == self.Status.OPEN


class Offer(Wanted, Versioned):
    """资源: what a unit can give, how much, when, and where (no place: in the whole district)."""

    located = True

    organisation = models.ForeignKey(
        "streets.Organisation", on_delete=models.PROTECT, related_name="offers", verbose_name="单位"
    )
    street = models.ForeignKey(
        "streets.Street", on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="服务街道"
    )
    community = models.ForeignKey(
        "communities.Community",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="服务社区",
    )
    number = models.CharField("编号", max_length=20, unique=True, editable=False)
    is_open = models.BooleanField("可预约", default=True)
    created_at = models.DateTimeField("发布时间", default=moments.now, editable=False)

    scope_rule = PlaceRule(
        grid=None,
        organisations=("organisation_id",),
        upper_street="street_id",
        upper_community="community_id",
        open_to_all=Q(street=None),
    )
    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "资源"
        ordering = ["-created_at", "-id"]
        indexes = [models.Index(fields=["kind"], condition=Q(is_open=True), name="offer_open")]
        constraints = [
            models.CheckConstraint(
                name="offer_dates", condition=Q(begins=None) | Q(ends=None) | Q(ends__gte=F("begins"))
            )
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """Its page."""
        return f"/covenants/offers/{self.number}/"

    def clean(self) -> None:
        """Fill the street of a community."""
        super().clean()
        if self.community_id is not None:
            self.street_id = self.community.street_id
