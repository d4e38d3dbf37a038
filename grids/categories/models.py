"""What an issue is about: a two-level tree of categories, kept as data."""

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator, RegexValidator
from django.db import models

from suzhou_portal.lib.rows.catalogues import Catalogue
from suzhou_portal.lib.rows.scope import ScopedQuerySet
from suzhou_portal.lib.rows.stretches import kept_rows
from suzhou_portal.lib.time.worktime import Unit


class Level(models.TextChoices):
    """The levels that can solve an issue: 小事不出街巷, 大事不出社区, 重大问题不出街道."""

    GRID = "grid", "网格"
    COMMUNITY = "community", "社区"
    STREET = "street", "街道"
    DISTRICT = "district", "区级"


LEVELS = [level.value for level in Level]


class LimitUnit(models.TextChoices):
    """Units of time limits, over the Chinese working calendar."""

    MINUTES = Unit.MINUTES.value, "工作分钟"
    HOURS = Unit.HOURS.value, "工作小时"
    DAYS = Unit.DAYS.value, "工作日"


class IssueCategoryQuerySet(ScopedQuerySet):
    """Questions to the categories."""

    def usable(self) -> "IssueCategoryQuerySet":
        """Active leaves: what an issue may be filed under."""
        return self.filter(is_active=True, parent__isnull=False, parent__is_active=True)


class IssueCategory(Catalogue):
    """事件分类: groups (大类) without parent, and under them the kinds (小类) that issues use."""

    code = models.CharField(
        "编码",
        max_length=10,
        unique=True,
        validators=[RegexValidator(r"^\d{2}(\d{2})?$", "大类编码为 2 位数字，小类编码为 4 位数字。")],
        error_messages={"unique": "该编码已被使用。"},
    )
    parent = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="children", verbose_name="大类"
    )
    start_level = models.CharField("起办层级", max_length=10, choices=Level.choices, default=Level.COMMUNITY)
    limit = models.PositiveSmallIntegerField("办理时限", default=5, validators=[MinValueValidator(1)])
    limit_unit = models.CharField("时限单位", max_length=10, choices=LimitUnit.choices, default=LimitUnit.DAYS)
    keywords = models.TextField(
        "关键词", max_length=3000, blank=True, help_text="群众常说的词，用空格分开，录入时据此推荐分类。"
    )

    objects = IssueCategoryQuerySet.as_manager()
    kept_for_lists = True

    class Meta(Catalogue.Meta):
        verbose_name = verbose_name_plural = "事件分类"

    def clean(self) -> None:
        """Two levels only: a kind stands under a group, and its code begins with the group's."""
        super().clean()
        if self.parent_id is not None:
            if self.parent.parent_id is not None or self.parent_id == self.pk:
                raise ValidationError({"parent": "分类只有两级，请选择大类。"})
            if len(self.code) != 4 or not self.code.startswith(self.parent.code):
                raise ValidationError({"code": f"小类编码为 4 位数字，并以大类编码 {self.parent.code} 开头。"})
        elif len(self.code) != 2:
            raise ValidationError({"code": "大类编码为 2 位数字。"})


def category_coded(code: str) -> IssueCategory | None:
    """The usable category with this code, None for none; from what each process keeps of the catalogue."""
    known: dict[int, IssueCategory] = kept_rows(IssueCategory).get()
    found = next((row for row in known.values() if row.code == code), None)
    above = known.get(found.parent_id) if found is not None else None
    return found if found is not None and found.is_active and above is not None and above.is_active else None
