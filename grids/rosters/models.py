"""Imports of the roster: who changed which terms from Excel, so that it can be told, and taken back."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from grids.places.models import Grid, GridPost
from suzhou_portal.lib.cases.rows import CaseEvent
from suzhou_portal.lib.rows.places import Versioned
from suzhou_portal.lib.rows.scope import PlaceRule, ScopedQuerySet
from suzhou_portal.lib.rows.typed import PersonField, TelephoneField


class RosterImport(Versioned):
    """名册导入: one upload that was applied, to the roster of a community, a street, or (neither) the district.

    Written by ``grids.rosters.services``; afterwards only taken back, as a whole and once (``workflow``).
    """

    class Status(models.TextChoices):
        IMPORTED = "imported", "已导入"
        UNDONE = "undone", "已撤销"

    located = True

    status = models.CharField("状态", max_length=10, choices=Status.choices, default=Status.IMPORTED, editable=False)
    token = models.CharField("提交标识", max_length=40, unique=True, editable=False)
    file_name = models.CharField("文件名", max_length=100)
    street = models.ForeignKey(
        "streets.Street", on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="街道"
    )
    community = models.ForeignKey(
        "communities.Community", on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="社区"
    )
    effective = models.DateField("生效日期")
    ends_absent = models.BooleanField("文件中没有的任职视为离任", default=False)
    joined = models.PositiveIntegerField("新任", default=0)
    left = models.PositiveIntegerField("离任", default=0)
    changed = models.PositiveIntegerField("更正", default=0)
    unchanged = models.PositiveIntegerField("没有变化", default=0)
    failed = models.PositiveIntegerField("错误未导入", default=0)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="导入人")
    at = models.DateTimeField("导入时间", auto_now_add=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="撤销人",
    )
    undone_at = models.DateTimeField("撤销时间", null=True, blank=True)

    scope_rule = PlaceRule(grid=None)
    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "名册导入记录"
        ordering = ["-at", "-id"]
        constraints = [
            models.CheckConstraint(
                name="roster_import_undone",
                condition=Q(status="imported", undone_at=None, undone_by=None)
                | Q(status="undone", undone_at__isnull=False, undone_by__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return self.file_name

    def get_absolute_url(self) -> str:
        """Its page."""
        return f"/grids/roster-imports/{self.pk}/"

    @property
    def place_name(self) -> str:
        """Whose roster it was."""
        return str(self.community or self.street or settings.DISTRICT_NAME)


class RosterImportEvent(CaseEvent):
    """That it was imported; that it was taken back."""

    roster_import = models.ForeignKey(RosterImport, on_delete=models.PROTECT, related_name="events")


class RosterImportLine(models.Model):
    """What an import did to one post of a grid, and how the post was before.

    ``post`` is the term that was there and was ended or corrected, ``begun`` the one that began (no
    longer there once the import is taken back); ``version`` is what the former had after the import.
    """

    class Did(models.TextChoices):
        JOIN = "join", "新任"
        REPLACE = "replace", "更换"
        LEAVE = "leave", "离任"
        CHANGE = "change", "更正"

    roster_import = models.ForeignKey(RosterImport, on_delete=models.PROTECT, related_name="lines")
    grid = models.ForeignKey(Grid, on_delete=models.PROTECT, related_name="+", verbose_name="网格")
    kind = models.CharField("职务", max_length=20, choices=GridPost.Kind.choices)
    did = models.CharField("变动", max_length=10, choices=Did.choices)
    effective = models.DateField("生效日期")
    post = models.ForeignKey(GridPost, on_delete=models.SET_NULL, null=True, related_name="+")
    begun = models.ForeignKey(GridPost, on_delete=models.SET_NULL, null=True, related_name="+")
    version = models.PositiveIntegerField(default=0)
    name_before = PersonField("原姓名", max_length=40, blank=True)
    name_after = PersonField("姓名", max_length=40, blank=True)
    telephone_before = TelephoneField("原电话", max_length=20, blank=True)
    telephone_after = TelephoneField("电话", max_length=20, blank=True)
    sign_ins = models.JSONField("停用的登录岗位", default=list)  # [key, version afterwards, end before]

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.get_did_display()} {self.name_before} → {self.name_after}"
