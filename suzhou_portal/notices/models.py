"""The outbox (what is to be told), the inbox (what a user was told), the deliveries by other channels,
the days of the digest, the workers' heartbeat.
"""

import uuid
from datetime import timedelta
from typing import Self

from django.db import models
from django.utils import timezone

from suzhou_portal.accounts.models import User
from suzhou_portal.lib.rows.quick import Row
from suzhou_portal.lib.rows.scope import DistrictRule, OwnRule, ScopedQuerySet

# The scheduler asks for a heartbeat every 20 seconds; four missed ones are no accident.
HEARTBEAT_MAX_AGE = timedelta(seconds=90)
# Waiting messages are fetched every ten seconds; one that waits this long is stuck.
STUCK_AFTER = timedelta(minutes=5)


class Kind(models.TextChoices):
    """What a notice is about. Users choose per kind how they want to be told (``notices.preferences``)."""

    ASSIGNED = "assigned", "待我办理"
    SOON = "soon", "临期提醒"
    OVERDUE = "overdue", "超期提醒"
    SUPERVISION = "supervision", "督办"
    DECISION = "decision", "审批结果"
    COMMENT = "comment", "留言"
    DIGEST = "digest", "每日待办"
    SYSTEM = "system", "系统通知"


# These ask the user to do something: the inbox gets them whatever the user prefers.
ACTIONABLE = frozenset({Kind.ASSIGNED, Kind.OVERDUE, Kind.SUPERVISION})


class OutboxMessage(Row):
    """Something to tell, written in the transaction of its cause.

    ``audience`` names roles and a place or organisation, e.g. ``{"roles": ["community_secretary"],
    "community": 5}``, or users, ``{"users": [7]}``, or both, and the row that it is about where that is
    confidential, ``{"about": ["app.model", 3]}``; ``except_user`` is the actor, who knows.
    ``dedupe_key``: told once, however often it is enqueued. ``expires_at``: not worth
    telling after that.

    Of a row: ``subject`` is its name, with which the title begins, ``noun`` what such rows are called, ``gathered``
    what is said of all those of which the same is told at once (``notices.sending`` makes one message of these; "":
    each is its own), ``cause`` the step that can still be taken back (``notices.withdrawing``).
    """

    title = models.CharField("标题", max_length=200)
    url = models.CharField(max_length=200)
    kind = models.CharField("类型", max_length=12, choices=Kind.choices, default=Kind.SYSTEM)
    audience = models.JSONField()
    except_user = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    dedupe_key = models.CharField(max_length=120, null=True, unique=True)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)
    subject = models.CharField(max_length=60, blank=True)
    noun = models.CharField(max_length=40, blank=True)
    gathered = models.CharField(max_length=200, blank=True)
    cause = models.CharField(max_length=40, blank=True)
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["url"], condition=~models.Q(cause=""), name="outbox_of_row"),
            models.Index(fields=["id"], condition=models.Q(delivered_at=None), name="outbox_waiting"),
            models.Index(fields=["delivered_at"], name="outbox_delivered"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def words(self) -> str:
        """The title without the name of its row."""
        return self.title.removeprefix(self.subject).strip(" ：:") if self.subject else self.title


class NoticeQuerySet(ScopedQuerySet):
    """Questions to the inboxes; narrow them with ``visible_to(user)`` first."""

    def unread(self) -> Self:
        """Notices that their user has not opened or marked."""
        return self.filter(read_at=None)

    def mark_read(self) -> int:
        """Mark the unread ones of these as read now; returns how many those were."""
        return self.unread().update(read_at=timezone.now())


class Notice(Row):
    """A line in a user's inbox; a message reaches each of its users once. ``kind`` is the message's."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="notices", verbose_name="收件人")
    message = models.ForeignKey(OutboxMessage, on_delete=models.CASCADE, related_name="notices")
    kind = models.CharField("类型", max_length=12, choices=Kind.choices, default=Kind.SYSTEM)
    created_at = models.DateTimeField("时间", default=timezone.now)
    read_at = models.DateTimeField("已读时间", null=True)

    scope_rule = OwnRule()
    objects = NoticeQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "消息"
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["user", "message"], name="notice_once")]
        indexes = [
            models.Index(fields=["user", "-id"], name="notice_newest"),
            models.Index(fields=["user", "kind", "-id"], name="notice_kind"),
            models.Index(fields=["user"], condition=models.Q(read_at=None), name="notice_unread"),
        ]

    def __str__(self) -> str:
        return self.message.title


class Delivery(models.Model):
    """A message on its way to a user by a channel outside the portal (``notices.channels``).

    Made with the user's inbox line, in one transaction. A sender claims a due one: it becomes
    SENDING, and ``next_at`` the end of the claim, after which anybody may claim it again.
    ``key`` goes along with every attempt, so that the other side can drop a repeat. ``lead``: the delivery
    whose message tells this one as well.
    """

    class State(models.TextChoices):
        """Where it stands; WAITING with attempts behind it is a retry, DEAD is for an administrator."""

        WAITING = "waiting", "待发送"
        SENDING = "sending", "发送中"
        SENT = "sent", "已送达"
        DEAD = "dead", "未送达"
        JOINED = "joined", "合并发送"
        WITHDRAWN = "withdrawn", "已撤回"

    message = models.ForeignKey(OutboxMessage, on_delete=models.CASCADE, related_name="deliveries")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+", verbose_name="收件人", db_index=False)
    channel = models.CharField("渠道", max_length=20)
    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    state = models.CharField("状态", max_length=10, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField("次数", default=0)
    next_at = models.DateTimeField("下次尝试", default=timezone.now)
    last_error = models.CharField("最近的错误", max_length=200, blank=True)
    created_at = models.DateTimeField("时间", default=timezone.now)
    sent_at = models.DateTimeField("送达时间", null=True)
    # Old rows are deleted in batches, in no order.
    lead = models.ForeignKey(
        "self", on_delete=models.DO_NOTHING, null=True, db_constraint=False, related_name="joined", editable=False
    )

    scope_rule = DistrictRule()
    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "消息投递"
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["message", "user", "channel"], name="delivery_once")]
        indexes = [
            models.Index(
                fields=["channel", "next_at", "id"],
                condition=models.Q(state__in=["waiting", "sending"]),
                name="delivery_due",
            ),
            models.Index(fields=["user"], condition=models.Q(state="waiting"), name="delivery_of_user"),
            models.Index(fields=["state", "-id"], name="delivery_state"),
            models.Index(fields=["sent_at"], condition=models.Q(sent_at__isnull=False), name="delivery_sent"),
        ]

    def __str__(self) -> str:
        return f"消息投递 {self.pk}"


class DigestRun(models.Model):
    """How far the digest of a day has come: users up to ``upto`` (by key) have theirs."""

    day = models.DateField(primary_key=True)
    upto = models.BigIntegerField(default=0)
    started_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.day}"


class Heartbeat(models.Model):
    """When each named background process last showed that it lives.

    ``worker`` is written by a task that the scheduler sends: it proves both.
    """

    name = models.CharField(max_length=40, primary_key=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name
