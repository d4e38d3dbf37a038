"""回访: after closure somebody asks whoever reported an issue whether it was solved, and how satisfied they are."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from grids.issues.columns import Satisfaction, answer_words
from suzhou_portal.lib.rows.places import Located
from suzhou_portal.lib.rows.scope import PlaceRule, ScopedQuerySet


class ReturnVisit(Located):
    """回访记录: one attempt to ask the reporter, and what they said if they were reached.

    Written by the issue's workflow (``grids.visits.workflow``), never changed. Of several
    the last one that reached the reporter counts: see :class:`Visited`.
    """

    issue = models.ForeignKey("grids.Issue", on_delete=models.PROTECT, related_name="visits", verbose_name="网格事件")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="回访人", db_index=False
    )
    at = models.DateTimeField("回访时间", default=timezone.now)
    reached = models.BooleanField("联系上")
    responded = models.BooleanField("有人响应", null=True, blank=True)
    resolved = models.BooleanField("已解决", null=True, blank=True)
    satisfaction = models.CharField("满意度", max_length=12, choices=Satisfaction.choices, blank=True)
    note = models.TextField("说明", max_length=500, blank=True)

    scope_rule = PlaceRule()
    erasable = ("note",)
    erased_with = "issue_id"
    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "回访记录"
        ordering = ["-at", "-id"]
        indexes = [models.Index(F("at").desc(), F("id").desc(), name="return_visit_newest")]
        constraints = [
            models.CheckConstraint(
                name="return_visit_answers",
                condition=Q(reached=True, responded__isnull=False, resolved__isnull=False) & ~Q(satisfaction="")
                | Q(reached=False, responded=None, resolved=None, satisfaction=""),
            )
        ]

    def __str__(self) -> str:
        return f"{self.issue_id} {timezone.localtime(self.at):%Y-%m-%d %H:%M}"

    @property
    def words(self) -> str:
        """What came of it, in words."""
        if not self.reached:
            return "未联系上"
        return answer_words(responded=self.responded, resolved=self.resolved, satisfaction=self.satisfaction)
