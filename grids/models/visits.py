"""回访: after closure somebody asks whoever reported an issue whether it was solved, and how satisfied they are."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from suzhou_portal.lib.rows.places import Located
from suzhou_portal.lib.rows.scope import PlaceRule, ScopedQuerySet


class Satisfaction(models.TextChoices):
    """What the reporter says of the handling."""

    SATISFIED = "satisfied", "满意"
    FAIRLY = "fairly", "基本满意"
    DISSATISFIED = "dissatisfied", "不满意"


# What counts as satisfied in the rate (district default: 基本满意 is satisfied).
CONTENT = frozenset({Satisfaction.SATISFIED, Satisfaction.FAIRLY})


def answer_words(*, responded: bool | None, resolved: bool | None, satisfaction: str) -> str:
    """What a reporter answered: ``已解决，满意``. That nobody had been in touch is told only where it is so."""
    words = ["已解决" if resolved else "未解决", Satisfaction(satisfaction).label]
    return "，".join([*words, *([] if responded else ["办理中无人响应"])])


class Visited(models.Model):
    """What an issue knows of its visits: until when the reporter is to be asked and how often they
    were not reached, since the last closure; and what they answered when last reached. The
    answers stay when the issue is opened again, else reopening would mend the rates.
    """

    visit_until = models.DateTimeField("回访期限", null=True, blank=True)
    visit_attempts = models.PositiveSmallIntegerField("未联系上次数", default=0)
    visited_at = models.DateTimeField("回访时间", null=True, blank=True)
    visit_responded = models.BooleanField("回访有人响应", default=False)
    visit_resolved = models.BooleanField("回访已解决", default=False)
    visit_satisfaction = models.CharField("回访满意度", max_length=12, choices=Satisfaction.choices, blank=True)

    class Meta:
        abstract = True

    @property
    def visit_answers(self) -> str:
        """What the reporter answered, in words; "" when never reached."""
        if self.visited_at is None:
            return ""
        return answer_words(
            responded=self.visit_responded, resolved=self.visit_resolved, satisfaction=self.visit_satisfaction
        )

    @property
    def is_complained_of(self) -> bool:
        """The reporter said that it was not solved, or that they are not satisfied."""
        return self.visited_at is not None and not (self.visit_resolved and self.visit_satisfaction in CONTENT)


WAITING = Q(visit_until__isnull=False)
# Of the model that is ``Visited``: Django does not inherit them.
VISIT_INDEXES = (
    models.Index(fields=["visit_until"], condition=WAITING, name="issue_visit"),
    models.Index(fields=["street", "visit_until"], condition=WAITING, name="issue_visit_street"),
    models.Index(fields=["community", "visit_until"], condition=WAITING, name="issue_visit_community"),
    models.Index(fields=["visited_at"], condition=Q(visited_at__isnull=False), name="issue_visited"),
)
VISIT_CONSTRAINTS = (
    models.CheckConstraint(name="issue_visit_after_closure", condition=Q(visit_until=None) | Q(status="closed")),
    models.CheckConstraint(
        name="issue_visit_answers",
        condition=Q(visited_at=None, visit_satisfaction="") | Q(visited_at__isnull=False) & ~Q(visit_satisfaction=""),
    ),
)


class ReturnVisit(Located):
    """回访记录: one attempt to ask the reporter, and what they said if they were reached.

    Written by the issue's workflow (``grids.workflow.visiting``), never changed. Of several
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
