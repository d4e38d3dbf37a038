"""督办单: the letter with which a level above asks why an issue is late, and wants an answer."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from grids.categories.models import Level
from grids.issues.models import Holder, Issue
from suzhou_portal.lib.cases.rows import Timed
from suzhou_portal.lib.rows.places import Located
from suzhou_portal.lib.rows.scope import PlaceRule, ScopedQuerySet

# What still wants its reply.
UNANSWERED = Q(replied_at=None, withdrawn_at=None, settled_at=None)


class Supervision(Located, Timed):
    """督办单: numbered, from a level to whoever had the issue in hand, with a reply that is due.

    Written by the issue's workflow (``grids.supervision.workflow``): sent by a person, or by
    the portal when an issue stays overdue. The reply ends it, or the closing of its issue; it can be withdrawn.
    """

    number = models.CharField("督办单号", max_length=20, unique=True)
    issue = models.ForeignKey(Issue, on_delete=models.PROTECT, related_name="supervisions", verbose_name="网格事件")
    level = models.CharField("督办层级", max_length=10, choices=Level.choices)
    addressee = models.CharField("督办对象", max_length=12, choices=Holder.choices)
    organisation = models.ForeignKey(
        "streets.Organisation",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="督办单位",
    )
    reason = models.TextField("督办事由", max_length=500)
    demand = models.TextField("督办要求", max_length=500, blank=True)
    issued_at = models.DateTimeField("发单时间", default=timezone.now)
    issued_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="发单人",
    )
    due_at = models.DateTimeField("回复期限")
    reply = models.TextField("回复", max_length=1000, blank=True)
    promised_on = models.DateField("承诺办结日期", null=True, blank=True)
    replied_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="回复人",
    )
    replied_at = models.DateTimeField("回复时间", null=True, blank=True)
    withdrawn_at = models.DateTimeField("撤销时间", null=True, blank=True)
    settled_at = models.DateTimeField("销号时间", null=True, blank=True)

    erasable = ("reason", "demand", "reply")
    erased_with = "issue_id"

    scope_rule = PlaceRule(organisations=("organisation_id",))
    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "督办单"
        ordering = ["-issued_at", "-id"]
        indexes = [
            models.Index(F("issued_at").desc(), F("id").desc(), name="supervision_newest"),
            models.Index(fields=["due_at"], condition=UNANSWERED, name="supervision_waiting"),
        ]
        constraints = [
            models.CheckConstraint(
                name="supervision_reply_or_withdrawal", condition=Q(replied_at=None) | Q(withdrawn_at=None)
            ),
            models.CheckConstraint(
                name="supervision_settled_alone", condition=Q(settled_at=None) | Q(replied_at=None, withdrawn_at=None)
            ),
            models.CheckConstraint(
                name="supervision_addressee", condition=~Q(addressee="organisation") | Q(organisation__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        """Its page."""
        return f"/grids/supervisions/{self.number}/"

    @property
    def ended_at(self) -> datetime | None:
        """When it was answered, withdrawn, or settled with its issue."""
        return self.replied_at or self.withdrawn_at or self.settled_at

    @property
    def is_waiting(self) -> bool:
        """Neither answered nor withdrawn, and its issue not closed."""
        return self.ended_at is None

    @property
    def state(self) -> str:
        """Where it stands, in words: 待回复, 逾期未回复, 已回复, 已撤销, 已销号."""
        if self.withdrawn_at is not None:
            return "已撤销"
        if self.replied_at is not None:
            return "已回复"
        if self.settled_at is not None:
            return "已办结销号"
        return "逾期未回复" if timezone.now() >= self.due_at else "待回复"
