"""Abstract model: a catalogue, such as kinds of issues or of disputes."""

from django.core.validators import RegexValidator
from django.db import models

from suzhou_portal.lib.rows.places import Versioned
from suzhou_portal.lib.rows.scope import ReferenceRule, ScopedQuerySet


class Catalogue(Versioned):
    """Rows that the district edits, by code, and retires rather than deletes; everybody may read them."""

    code = models.CharField(
        "编码",
        max_length=4,
        unique=True,
        validators=[RegexValidator(r"^\d{2,4}$", "编码为 2 至 4 位数字。")],
        error_messages={"unique": "该编码已被使用。"},
    )
    name = models.CharField("名称", max_length=30)
    is_active = models.BooleanField("启用", default=True)

    scope_rule = ReferenceRule()
    objects = ScopedQuerySet.as_manager()

    class Meta:
        abstract = True
        ordering = ["code"]

    def __str__(self) -> str:
        return str(self.name)
