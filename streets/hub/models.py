"""The street, the hub of what happens below it."""

from django.core.validators import RegexValidator
from django.db import models

from suzhou_portal.lib.rows.places import Versioned
from suzhou_portal.lib.rows.scope import PlaceRule, ScopedQuerySet
from suzhou_portal.lib.rows.typed import TelephoneField
from suzhou_portal.lib.text.canonical import pinyin_key


class Street(Versioned):
    """街道: the second level of the district; its official order is the order of its code."""

    code = models.CharField(
        "编码",
        max_length=9,
        unique=True,
        validators=[RegexValidator(r"^\d{9}$", "街道编码为 9 位数字。")],
        error_messages={"unique": "该编码已被使用。"},
    )
    name = models.CharField("名称", max_length=40)
    profile = models.TextField("简介", blank=True)
    address = models.CharField("办公地址", max_length=100, blank=True)
    telephone = TelephoneField("值班电话", max_length=20, blank=True)
    pinyin = models.CharField(max_length=200, blank=True, editable=False)

    kept_for_lists = True
    scope_rule = PlaceRule(street="id", community=None, grid=None)
    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "街道"
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Keep the pinyin key in step with the name."""
        super().clean()
        self.pinyin = pinyin_key(self.name)
