"""The audit trail: what was changed or looked at, by whom, when, from where."""

from django.conf import settings
from django.db import models


class AuditEntry(models.Model):
    """One line of the trail. Written once by :mod:`suzhou_portal.audit.trail`, never changed.

    Triggers on PostgreSQL and SQLite refuse UPDATE and DELETE (``suzhou_portal.lib.rows.triggers``),
    but for personal data being taken out of the texts named in ``erasable``.
    """

    append_only = True
    erasable = ("object_label", "changes", "reason")

    class Source(models.TextChoices):
        WEB = "web", "网页"
        API = "api", "接口"
        JOB = "job", "定时任务"
        COMMAND = "command", "命令行"

    at = models.DateTimeField("时间", auto_now_add=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="操作人"
    )
    action = models.CharField("动作", max_length=60)
    object_type = models.CharField("对象类型", max_length=80, blank=True)
    object_id = models.CharField("对象编号", max_length=40, blank=True)
    object_label = models.CharField("对象", max_length=200, blank=True)
    changes = models.JSONField("变更", default=dict)
    reason = models.CharField("事由", max_length=500, blank=True)
    source = models.CharField("来源", max_length=10, choices=Source.choices, default=Source.WEB)
    request_id = models.CharField("请求编号", max_length=36, blank=True)
    address = models.CharField("来源地址", max_length=45, blank=True)  # IPv6 at the longest
    device = models.CharField("设备", max_length=60, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "审计记录"
        ordering = ["-at", "-id"]
        indexes = [
            models.Index(fields=["-at", "-id"], name="audit_newest"),
            models.Index(fields=["object_type", "object_id", "-id"], name="audit_object"),
            models.Index(fields=["actor", "-id"], name="audit_actor"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.object_label}"
