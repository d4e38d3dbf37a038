"""Columns of an issue by subject, as abstract models: its clock, its visits, when what figures count last happened."""

from django.db import models
from django.db.models import Q

from grids.categories.models import Level, LimitUnit
from suzhou_portal.lib.time import moments


class RequestKind(models.TextChoices):
    """What may be asked for a clock: 延期 puts its end off, 挂账 stops it for a time."""

    EXTENSION = "extension", "延期"
    SUSPENSION = "suspension", "挂账"


class Clocked(models.Model):
    """What an issue keeps of its clock. Written by ``grids.issues.clock`` alone.

    ``due_at`` and ``warn_at`` follow from ``clock_started_at``, the limit (as the category had it
    then) and the granted requests since; ``step_due_at``, never later than ``due_at``, from
    ``step_started_at`` and the limits of the step. All are computed when something changes.

    While suspended they are set as if the clock went on at ``suspended_until``. ``asked_kind``
    and ``asked_level`` tell of a request that waits: for what, and which level decides.
    """

    clock_started_at = models.DateTimeField("计时起点", default=moments.now)
    limit = models.PositiveSmallIntegerField("办理时限", default=5)
    limit_unit = models.CharField("时限单位", max_length=10, choices=LimitUnit.choices, default=LimitUnit.DAYS)
    warn_at = models.DateTimeField("临期时间")
    due_at = models.DateTimeField("办理期限")
    step_started_at = models.DateTimeField("环节起点", null=True, blank=True)
    step_due_at = models.DateTimeField("环节时限", null=True, blank=True)
    extensions = models.PositiveSmallIntegerField("延期次数", default=0)
    suspended_at = models.DateTimeField("挂账时间", null=True, blank=True)
    suspended_until = models.DateTimeField("挂账至", null=True, blank=True)
    asked_kind = models.CharField("申请待审批", max_length=12, choices=RequestKind.choices, blank=True)
    asked_level = models.CharField("审批层级", max_length=10, choices=Level.choices, blank=True)

    class Meta:
        abstract = True


class Stamped(models.Model):
    """Written by ``grids.issues.stamping`` alone, with the step that it is about; what is taken back is no more.

    ``accepted_at``: the first time that somebody else than the reporter took the issue on, and
    whether that was within the limit of the step.
    """

    accepted_at = models.DateTimeField("受理时间", null=True, blank=True)
    accepted_in_time = models.BooleanField("按时受理", default=False)
    supervised_at = models.DateTimeField("督办时间", null=True, blank=True)
    supervision_replied = models.BooleanField("督办已回复", default=False)
    extended_at = models.DateTimeField("延期时间", null=True, blank=True)
    shelved_at = models.DateTimeField("最近挂账时间", null=True, blank=True)

    class Meta:
        abstract = True


# Few issues have one; of the model that is ``Stamped``: Django does not inherit them.
STAMP_INDEXES = tuple(
    models.Index(fields=[name], condition=Q(**{f"{name}__isnull": False}), name=f"issue_{name}")
    for name in ("supervised_at", "extended_at", "shelved_at")
)


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
