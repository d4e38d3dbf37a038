"""十查: the checklist that patrols go along, as versioned data."""

import re
from datetime import date
from typing import Self

from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone

from suzhou_portal.lib.rows.places import Versioned
from suzhou_portal.lib.rows.quick import Row
from suzhou_portal.lib.rows.scope import ReferenceRule, ScopedQuerySet


class PatrolField(models.TextChoices):
    """The four fields of a patrol (article)."""

    STREETSCAPE = "streetscape", "市容市貌"
    HYGIENE = "hygiene", "环境卫生"
    TRAFFIC = "traffic", "交通秩序"
    PROPERTY = "property", "物业监管"


MOST_ITEMS = 30
ITEM_LINE = re.compile(r"^(?P<field>[^：:]+)[：:](?P<name>.+?)(?:\s+(?P<category>\d{2,6}))?$")
_FIELDS: dict[str, str] = {str(label): str(value) for value, label in PatrolField.choices}


def item_lines(text: str) -> list[tuple[str, str, str]]:
    """The items that ``text`` names, one per line: (field, name, category code or "").

    Raises ``ValidationError`` that names the line.
    """
    found: list[tuple[str, str, str]] = []
    for number, line in enumerate(filter(None, (line.strip() for line in text.splitlines())), 1):
        match = ITEM_LINE.match(line)
        field = _FIELDS.get(match["field"].strip(), "") if match else ""
        if match is None or not field:
            raise ValidationError(f"第 {number} 行请写成“领域：检查内容”，领域为{'、'.join(_FIELDS)}之一。")
        name = match["name"].strip()
        if len(name) > PatrolItem.NAME_LENGTH:
            raise ValidationError(f"第 {number} 行的检查内容不超过 {PatrolItem.NAME_LENGTH} 字。")
        if any(name == other for _field, other, _code in found):
            raise ValidationError(f"第 {number} 行与前面重复：{name}。")
        found.append((field, name, match["category"] or ""))
    if not 1 <= len(found) <= MOST_ITEMS:
        raise ValidationError(f"请填写 1 至 {MOST_ITEMS} 行检查内容。")
    return found


class ChecklistQuerySet(ScopedQuerySet):
    """Questions to the versions of the checklist."""

    def begun(self, on: date | None = None) -> Self:
        """The versions that have begun by a day (today), the one that counts first."""
        return self.filter(starts__lte=on or timezone.localdate()).order_by("-starts", "-number")

    def in_force(self, on: date | None = None) -> "PatrolChecklist | None":
        """The version that counts on a day (today): of those begun the latest, with its items. Two queries."""
        return self.begun(on).prefetch_related("items").first()


class PatrolChecklist(Versioned):
    """十查清单: one version of the list that a patrol goes along. Never changed: a new version takes its place,
    and the patrols made by an old one keep it.

    The items stand in ``content``, a line each, as their editors read and write them; the rows
    of :class:`PatrolItem` are made of it (``grids.checklists.services``).
    """

    number = models.PositiveIntegerField(
        "版次", unique=True, editable=False, error_messages={"unique": "该版次已存在。"}
    )
    starts = models.DateField("起用日期", default=timezone.localdate)
    content = models.TextField(
        "检查内容",
        max_length=3000,
        help_text="一行一项：“领域：检查内容”，行末可空一格写事件分类编码，供交办时预选。",
    )
    note = models.CharField("说明", max_length=100, blank=True)

    scope_rule = ReferenceRule()
    objects = ChecklistQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "十查清单"
        ordering = ["-starts", "-number"]

    def __str__(self) -> str:
        return f"十查清单第 {self.number} 版"

    def clean(self) -> None:
        """Every line of the content must be an item. The categories are looked up by the service."""
        super().clean()
        try:
            item_lines(self.content)
        except ValidationError as error:
            raise ValidationError({"content": error.messages}) from error


class PatrolItem(Row):
    """检查项: a line of a checklist; ``category`` is what an issue about it is filed under at first."""

    NAME_LENGTH = 60

    append_only = True

    checklist = models.ForeignKey(
        PatrolChecklist, on_delete=models.PROTECT, related_name="items", verbose_name="十查清单"
    )
    position = models.PositiveSmallIntegerField("序号")
    field = models.CharField("领域", max_length=12, choices=PatrolField.choices)
    name = models.CharField("检查内容", max_length=NAME_LENGTH)
    category = models.ForeignKey(
        "grids.IssueCategory", on_delete=models.PROTECT, null=True, related_name="+", verbose_name="事件分类"
    )

    scope_rule = ReferenceRule()
    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "检查项"
        ordering = ["checklist", "position"]
        constraints = [models.UniqueConstraint(fields=["checklist", "position"], name="patrol_item_position")]

    def __str__(self) -> str:
        return self.name

    @property
    def words(self) -> str:
        """With its field: "环境卫生·楼道杂物"."""
        return f"{self.get_field_display()}·{self.name}"
