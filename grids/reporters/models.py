"""Who reported an issue, if they said so: the one thing about a person that the portal keeps, encrypted."""

from dataclasses import dataclass, field

from django.db import models
from django.db.models import Q
from django.utils import timezone

from grids.issues.models import Issue
from suzhou_portal.lib.rows.places import Versioned
from suzhou_portal.lib.rows.scope import PlaceRule, ScopedQuerySet
from suzhou_portal.lib.rows.sealed import SealedField, seal, unseal


@dataclass(frozen=True)
class Contact:
    """A reporter's name and phone in the clear. Never printed, never stored: neither stands in its ``repr``."""

    name: str = field(default="", repr=False)
    phone: str = field(default="", repr=False)

    def __bool__(self) -> bool:
        return bool(self.name or self.phone)

    @property
    def masked(self) -> str:
        """``张** 138****5678``: enough to know which of one's own notes it is, too little to ring."""
        return " ".join(filter(None, [mask_name(self.name), mask_phone(self.phone)]))


def mask_name(name: str) -> str:
    """The first character and two stars, whatever the length."""
    return f"{name[0]}**" if name else ""


def mask_phone(phone: str) -> str:
    """``138****5678``; of other numbers the last two digits only."""
    digits = "".join(filter(str.isdigit, phone))
    if not digits:
        return ""
    return f"{digits[:3]}****{digits[-4:]}" if len(digits) == 11 and digits[0] == "1" else f"****{digits[-2:]}"


class ContactQuerySet(ScopedQuerySet):
    """Questions to the contacts. None of them asks what a contact holds: it is encrypted, and no oracle."""

    def kept(self) -> "ContactQuerySet":
        """Those that have not been erased."""
        return self.filter(erased_at=None)


class ReporterContact(Versioned):
    """反映人联系方式: at most one per issue.

    Only the people of the issue's places have a contact in their scope, never the organisation
    that has the issue in hand. Erased by schedule or on the reporter's wish: the row stays,
    with the time, without the values.
    """

    issue = models.OneToOneField(
        Issue, on_delete=models.PROTECT, primary_key=True, related_name="contact", verbose_name="网格事件"
    )
    name = SealedField("联系人")
    phone = SealedField("联系电话")
    created_at = models.DateTimeField("登记时间", default=timezone.now)
    erased_at = models.DateTimeField("清除时间", null=True, blank=True)

    scope_rule = PlaceRule(street="issue__street_id", community="issue__community_id", grid="issue__grid_id")
    objects = ContactQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "反映人联系方式"
        indexes = [models.Index(fields=["issue"], condition=Q(erased_at=None), name="contact_kept")]
        constraints = [
            models.CheckConstraint(name="contact_erased_is_empty", condition=Q(erased_at=None) | Q(name="", phone="")),
        ]

    def __str__(self) -> str:
        return f"{self.issue_id}"

    def put(self, contact: Contact) -> None:
        """Take ``contact`` in, encrypted; not yet saved."""
        seal(self, "name", contact.name)
        seal(self, "phone", contact.phone)
        self.erased_at = None

    def read(self) -> Contact:
        """The contact in the clear. Raises :class:`~suzhou_portal.lib.rows.crypto.CryptoError`."""
        return Contact(unseal(self, "name"), unseal(self, "phone"))


class ErasureRun(models.Model):
    """A run of the erasure by schedule: when, up to which closure, and how much; no contents."""

    started_at = models.DateTimeField("开始时间", default=timezone.now)
    finished_at = models.DateTimeField("结束时间", null=True)
    closed_before = models.DateTimeField("办结早于")
    issues = models.PositiveIntegerField("事件", default=0)
    contacts = models.PositiveIntegerField("联系方式", default=0)
    texts = models.PositiveIntegerField("文字", default=0)
    files = models.PositiveIntegerField("附件", default=0)
    failed = models.PositiveIntegerField("未能清除", default=0)

    class Meta:
        verbose_name = verbose_name_plural = "联系方式到期清除"
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{timezone.localtime(self.started_at):%Y-%m-%d %H:%M}"
