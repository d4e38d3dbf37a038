"""Attachments: one row per photo or document, with its owner, its file on disk, and what became of it."""

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from suzhou_portal.files.owners import OWNERS, Owner
from suzhou_portal.lib.rows.scope import ScopedQuerySet


class Kind(models.TextChoices):
    """What a file is; told from its bytes."""

    PHOTO = "photo", "照片"
    DOCUMENT = "document", "文档"


class Stage(models.TextChoices):
    """What a file shows: the place before or after the work, or anything else."""

    BEFORE = "before", "处理前"
    AFTER = "after", "处理后"
    OTHER = "other", "其他"


GONE_Q = Q(removed_at__isnull=False) | Q(erased_at__isnull=False)


def _seen(owner: Owner, user: Any) -> Q:
    """The attachments of rows of ``owner`` that ``user`` may see."""
    seen: Any = Exists(owner.rows(user).filter(pk=OuterRef("owner_key")))
    if owner.readable is not None:
        shown = owner.readable(user).filter(pk=OuterRef("owner_key"))
        seen = seen | Q(has_personal=False) & Exists(shown)
    return Q(owner_type=owner.name) & seen


class AttachmentQuerySet(ScopedQuerySet):
    """Questions to the attachments."""

    def visible_to(self, user: Any, verb: str | None = None) -> Self:
        """Attachments whose owner ``user`` may see; every owner's declaration names its own verb.

        Of the owners that are only shown with others, none that hold personal data.
        """
        condition: Any = Q(pk__in=[])
        for owner in OWNERS.values():
            condition |= _seen(owner, user)
        return self.filter(condition)

    def seen_by(self, user: Any, owner: Owner) -> Self:
        """As :meth:`visible_to`, those of rows of one ``owner`` alone."""
        return self.filter(_seen(owner, user))

    def of(self, owner: Owner, key: int) -> Self:
        """Those of one row, also what is gone."""
        return self.filter(owner_type=owner.name, owner_key=key)

    def shown_with(self, owner: Owner, row: Any) -> Self:
        """Those that ``row`` shows, also what is gone: its own, and those of rows that are the same matter.

        Narrow them with ``visible_to``: who sees the row need not see all of the others'.
        """
        return self.filter(owner.shown_with(row), owner_type=owner.name)

    def kept(self) -> Self:
        """Those whose file is there: neither removed nor erased."""
        return self.filter(removed_at=None, erased_at=None)

    def to_clear(self) -> Self:
        """Those that are gone and whose files are still to be deleted from the disk."""
        return self.filter(GONE_Q, cleared_at=None)


class Attachment(models.Model):
    """附件: a photo or document that belongs to a row of another app (``files.owners``).

    Nothing of a row changes once it is stored, but that it is removed (by who uploaded it) or
    erased (personal data whose time is over): then the files go and the row stays.
    """

    owner_type = models.CharField("所属类型", max_length=20)
    owner_key = models.BigIntegerField("所属编号")
    kind = models.CharField("种类", max_length=10, choices=Kind.choices)
    stage = models.CharField("阶段", max_length=10, choices=Stage.choices, default=Stage.OTHER)
    name = models.CharField("名称", max_length=80)
    stored = models.CharField(max_length=60, unique=True, editable=False)
    media_type = models.CharField("格式", max_length=100)
    size = models.PositiveIntegerField("字节数")
    digest = models.CharField(max_length=64, editable=False)
    width = models.PositiveIntegerField("宽", null=True, blank=True)
    height = models.PositiveIntegerField("高", null=True, blank=True)
    has_personal = models.BooleanField("含个人信息", default=False)
    upload_key = models.UUIDField(null=True, blank=True, editable=False)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="上传人"
    )
    uploaded_at = models.DateTimeField("上传时间", default=timezone.now)
    removed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="删除人"
    )
    removed_at = models.DateTimeField("删除时间", null=True, blank=True)
    erased_at = models.DateTimeField("清除时间", null=True, blank=True)
    cleared_at = models.DateTimeField("文件删除时间", null=True, blank=True)
    missing_at = models.DateTimeField("发现文件缺失", null=True, blank=True)

    objects = AttachmentQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "附件"
        ordering = ["id"]
        indexes = [
            models.Index(fields=["owner_type", "owner_key", "id"], name="attachment_owner"),
            models.Index(fields=["id"], condition=GONE_Q & Q(cleared_at=None), name="attachment_to_clear"),
            models.Index(
                fields=["owner_type", "owner_key"],
                condition=Q(has_personal=True, erased_at=None),
                name="attachment_personal",
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["uploaded_by", "upload_key"], name="attachment_upload_key"),
            models.CheckConstraint(
                name="attachment_photo_has_size",
                condition=Q(kind="photo", width__gt=0, height__gt=0) | Q(kind="document", width=None, height=None),
            ),
            models.CheckConstraint(
                name="attachment_removed_by_somebody",
                condition=Q(removed_at=None, removed_by=None) | Q(removed_at__isnull=False, removed_by__isnull=False),
            ),
            models.CheckConstraint(name="attachment_cleared_when_gone", condition=Q(cleared_at=None) | GONE_Q),
        ]

    def __str__(self) -> str:
        # Not the name: it goes into the trail, which outlives an erasure.
        return f"{self.get_kind_display()} {self.pk}"

    @property
    def owner(self) -> Owner:
        """The declaration of the owner's kind."""
        return OWNERS[self.owner_type]

    @property
    def is_photo(self) -> bool:
        """A photo, which has a thumbnail."""
        return self.kind == Kind.PHOTO

    @property
    def is_gone(self) -> bool:
        """Removed or erased: there is nothing to show any more."""
        return self.removed_at is not None or self.erased_at is not None

    @property
    def thumbnail(self) -> str:
        """The stored name of the thumbnail of a photo."""
        return f"{self.stored.rpartition('.')[0]}.thumb.jpg"

    @property
    def stored_files(self) -> list[str]:
        """The stored names of all files of the row."""
        return [self.stored, self.thumbnail] if self.is_photo else [self.stored]
