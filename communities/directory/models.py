"""The community: the level that meets the residents."""

from django.core.validators import RegexValidator
from django.db import models

from suzhou_portal.lib.rows.places import Versioned
from suzhou_portal.lib.rows.scope import PlaceRule, ScopedQuerySet
from suzhou_portal.lib.rows.typed import TelephoneField
from suzhou_portal.lib.text.canonical import pinyin_key


class Community(Versioned):
    """社区, under the street that manages it.

    The code's prefix is the street of the statistical system, which may differ from the
    managing street: the parent is never derived from the code.
    """

    code = models.CharField(
        "编码",
        max_length=12,
        unique=True,
        validators=[RegexValidator(r"^\d{12}$", "社区编码为 12 位数字。")],
        error_messages={"unique": "该编码已被使用。"},
    )
    name = models.CharField("名称", max_length=40)
    street = models.ForeignKey(
        "streets.Street", on_delete=models.PROTECT, related_name="communities", verbose_name="管理街道"
    )
    managing_is_assumed = models.BooleanField(
        "管理街道待核实", default=False, help_text="公开资料未载明管理街道时，先按就近原则归入，由区里核实后取消。"
    )
    population = models.PositiveIntegerField("人口", default=0)
    households = models.PositiveIntegerField("户数", default=0)
    address = models.CharField("地址", max_length=100, blank=True)
    telephone = TelephoneField("服务电话", max_length=20, blank=True)
    pinyin = models.CharField(max_length=200, blank=True, editable=False)

    kept_for_lists = True
    scope_rule = PlaceRule(community="id", grid=None)
    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "社区"
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Keep the pinyin key in step with the name."""
        super().clean()
        self.pinyin = pinyin_key(self.name)
