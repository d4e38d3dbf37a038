"""The outbox (what is to be told), the inbox (what a user was told), the workers' heartbeat."""

from datetime import timedelta
from typing import Self

from django.db import models
from django.utils import timezone

from suzhou_portal.accounts.models import User
from suzhou_portal.lib.scoping import OwnRule, ScopedQuerySet

# The scheduler asks for a heartbeat every 20 seconds; four missed ones are no accident.
HEARTBEAT_MAX_AGE = timedelta(seconds=90)


class OutboxMessage(models.Model):
    """Something to tell to whoever holds a post, written in the transaction of its cause.

    ``audience`` names the roles and the place or organisation, e.g. ``{"roles":
    ["community_secretary"], "community": 5}``; ``except_user`` is the actor, who knows.
    """

    title = models.CharField(max_length=200)
    url = models.CharField(max_length=200)
    audience = models.JSONField()
    except_user = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    delivered_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["id"], condition=models.Q(delivered_at=None), name="outbox_waiting"),
        ]

    def __str__(self) -> str:
        return self.title


class NoticeQuerySet(ScopedQuerySet):
    """Questions to the inboxes; narrow them with ``visible_to(user)`` first."""

    def unread(self) -> Self:
        """Notices that their user has not opened or marked."""
        return self.filter(read_at=None)

    def mark_read(self) -> int:
        """Mark the unread ones of these as read now; returns how many those were."""
        return self.unread().update(read_at=timezone.now())


class Notice(models.Model):
    """A line in a user's inbox; a message reaches each of its users once."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="notices", verbose_name="收件人")
    message = models.ForeignKey(OutboxMessage, on_delete=models.CASCADE, related_name="notices")
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
            models.Index(fields=["user"], condition=models.Q(read_at=None), name="notice_unread"),
        ]

    def __str__(self) -> str:
        return self.message.title


class Heartbeat(models.Model):
    """When each named background process last showed that it lives.

    ``worker`` is written by a task that the scheduler sends: it proves both.
    """

    name = models.CharField(max_length=40, primary_key=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name
