"""巡查发现: what patrols find, and what became of it."""

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from grids.checklists.models import PatrolItem
from grids.patrols.models import Patrol, PatrolStop
from grids.places.models import Area
from suzhou_portal.lib.rows.constraints import filled_where
from suzhou_portal.lib.rows.places import Located, Versioned
from suzhou_portal.lib.rows.scope import PlaceRule, ScopedQuerySet


class Handling(models.TextChoices):
    """What is done about a finding (article: 即查即改, 交办, 督办)."""

    ON_SPOT = "on_spot", "即查即改"
    HANDED = "handed", "交办社区"
    SUPERVISED = "supervised", "街道督办"


class FindingStatus(models.TextChoices):
    """Where a finding stands."""

    FIXED = "fixed", "已现场整改"
    HANDED = "handed", "办理中"
    WAITING = "waiting", "待确认"
    CONFIRMED = "confirmed", "已确认整改"
    WITHDRAWN = "withdrawn", "已撤回"


class PatrolFinding(Located, Versioned):
    """巡查发现: something that was wrong in a grid: put right on the spot, or handed over as an issue, whose end
    the area leader confirms.

    ``status`` changes through ``grids.findings.workflow``.
    """

    patrol = models.ForeignKey(Patrol, on_delete=models.PROTECT, related_name="findings", verbose_name="巡查")
    stop = models.ForeignKey(PatrolStop, on_delete=models.PROTECT, related_name="findings", verbose_name="巡查点位")
    area = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="+", verbose_name="片区")
    item = models.ForeignKey(PatrolItem, on_delete=models.PROTECT, related_name="+", verbose_name="检查项")
    description = models.TextField("发现的问题", max_length=2000)
    handling = models.CharField("处理方式", max_length=12, choices=Handling.choices)
    status = models.CharField("状态", max_length=12, choices=FindingStatus.choices)
    remedy = models.TextField("现场整改情况", max_length=500, blank=True)
    issue = models.OneToOneField(
        "grids.Issue", on_delete=models.PROTECT, null=True, blank=True, related_name="finding", verbose_name="网格事件"
    )
    found_on = models.DateField("发现日期", default=timezone.localdate)
    confirmed_on = models.DateField("确认日期", null=True, blank=True)
    returned = models.PositiveSmallIntegerField("确认未通过次数", default=0)
    submission_key = models.UUIDField(null=True, blank=True, unique=True, editable=False)

    # With the texts of its issue (``grids.reporters.erasure``).
    erasable = ("description", "remedy")
    erased_with = "issue_id"

    scope_rule = PlaceRule(area="area_id")
    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "巡查发现"
        ordering = ["-found_on", "-id"]
        indexes = [
            models.Index(F("street"), F("found_on").desc(), F("id").desc(), name="patrol_finding_street"),
            models.Index(F("community"), F("found_on").desc(), F("id").desc(), name="patrol_finding_community"),
            models.Index(fields=["area"], condition=Q(status="waiting"), name="patrol_finding_waiting"),
        ]
        constraints = [
            models.CheckConstraint(
                name="patrol_finding_issue",
                condition=Q(handling="on_spot", issue=None) & ~Q(remedy="")
                | ~Q(handling="on_spot") & Q(issue__isnull=False),
            ),
            models.CheckConstraint(
                name="patrol_finding_status",
                condition=Q(status="withdrawn")
                | Q(handling="on_spot", status="fixed")
                | ~Q(handling="on_spot") & Q(status__in=["handed", "waiting", "confirmed"]),
            ),
            filled_where("patrol_finding_confirmed", "confirmed_on", status="confirmed"),
        ]

    def __str__(self) -> str:
        return f"巡查发现 {self.pk}"

    def get_absolute_url(self) -> str:
        """The finding's page."""
        return f"/grids/patrol-findings/{self.pk}/"

    @property
    def is_kept(self) -> bool:
        """Not withdrawn."""
        return self.status != FindingStatus.WITHDRAWN
