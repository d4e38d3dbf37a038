"""路由规则: what the street or the district has settled about which organisation gets which issues."""

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q, Value
from django.db.models.functions import Coalesce

from suzhou_portal.lib.rows.places import Versioned
from suzhou_portal.lib.rows.scope import PlaceRule, ScopedQuerySet

ANY_CATEGORY, WHOLE_DISTRICT = "各类事件", "全区"


class RoutingRule(Versioned):
    """路由规则: issues of a category (a kind, a whole group, or any) in a place go to an organisation.

    The place is a grid with all below it, a community, a street, or (without any) the whole
    district; the upper levels are filled from the lowest one. Which of several rules counts is
    told by ``grids.routing.rules``. Rules are switched off, never deleted: timelines name them.
    """

    located = True

    category = models.ForeignKey(
        "grids.IssueCategory",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="事件分类",
        help_text="可选小类或整个大类；不选为各类事件。",
    )
    street = models.ForeignKey(
        "streets.Street",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="街道",
        help_text="不选为全区。",
    )
    community = models.ForeignKey(
        "communities.Community",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="社区",
    )
    grid = models.ForeignKey(
        "grids.Grid",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="网格",
        help_text="含其下的小区、楼栋。",
    )
    organisation = models.ForeignKey(
        "streets.Organisation", on_delete=models.PROTECT, related_name="+", verbose_name="承办单位"
    )
    automatic = models.BooleanField(
        "自动派办", default=False, help_text="上报或受理时直接派办；不勾选的，只在派办时预先选好，由人决定。"
    )
    note = models.CharField("说明", max_length=200, blank=True, help_text="例：依据、联系方式所在的文件。")
    is_active = models.BooleanField("启用", default=True)

    scope_rule = PlaceRule(open_to_all=Q(street__isnull=True))
    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "路由规则"
        ordering = ["street__code", "community__code", "grid__code", "category__code"]
        constraints = [
            # NULLs differ from one another in a plain unique constraint.
            models.UniqueConstraint(
                *(Coalesce(name, Value(0)) for name in ("category", "street", "community", "grid")),
                name="routing_rule_one_for_category_and_place",
                violation_error_message="该分类在该地点已有规则，请修改原有的规则。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.category_words} × {self.place_words}"

    def clean(self) -> None:
        """Fill the upper levels; the organisation must be one of the district or of the rule's street."""
        super().clean()
        if self.grid_id is not None:
            if self.community_id not in (None, self.grid.community_id):
                raise ValidationError({"grid": "所选网格不属于该社区。"})
            self.community_id = self.grid.community_id
        if self.community_id is not None:
            if self.street_id not in (None, self.community.street_id):
                raise ValidationError({"community": "所选社区不属于该街道。"})
            self.street_id = self.community.street_id
        if self.organisation_id is not None and self.organisation.street_id not in (None, self.street_id):
            raise ValidationError({"organisation": "该单位属于某一街道，只能用在这个街道的规则里。"})

    @property
    def category_words(self) -> str:
        """What the rule is about: "路灯故障", "各类事件"."""
        return str(self.category) if self.category_id is not None else ANY_CATEGORY

    @property
    def place_words(self) -> str:
        """Where it holds: "民主街社区 春风家园 3号楼", "东北街街道", "全区"."""
        if self.grid_id is not None:
            return f"{self.community} {self.grid.full_name}"
        return str(self.community or self.street or WHOLE_DISTRICT)
