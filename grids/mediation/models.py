"""调处化解: disputes, who mediates, what was talked over, and how it ended.

No party is a person here: a party is 甲方, 乙方, 丙方 and of a kind. No column takes a name; texts
are flagged for numbers as everywhere. What carries names and signatures is paper (``grids.page.papers``).
"""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from grids.places.models import GridPost
from suzhou_portal.lib.cases.rows import CaseEvent, Numbered, Timed
from suzhou_portal.lib.rows.catalogues import Catalogue
from suzhou_portal.lib.rows.constraints import filled_where
from suzhou_portal.lib.rows.places import Located, Versioned
from suzhou_portal.lib.rows.scope import PlaceRule, ScopedQuerySet


class DisputeKind(Catalogue):
    """纠纷类型: a catalogue that the district edits (the first rows are the platform's default)."""

    class Meta(Catalogue.Meta):
        verbose_name = verbose_name_plural = "纠纷类型"


class PartyKind(models.TextChoices):
    """What a party is: never who (least data; platform default)."""

    RESIDENT = "resident", "居民"
    MERCHANT = "merchant", "商户"
    PROPERTY = "property", "物业公司"
    OWNERS = "owners", "业委会"
    UNIT = "unit", "单位"
    BUILDER = "builder", "施工方"
    OTHER = "other", "其他"


class MediatorRole(models.TextChoices):
    """Who mediates by office (platform default); leaders on the roster and organisations are named by their rows."""

    GRID_LEADER = "grid_leader", "网格长"
    COMMUNITY = "community", "社区干部"
    MEDIATOR = "mediator", "人民调解员"
    JUSTICE = "justice", "司法所工作人员"
    POLICE = "police", "派出所民警"
    LAWYER = "lawyer", "法律顾问"
    STREET = "street", "街道干部"
    VOLUNTEER = "volunteer", "志愿者"


class Route(models.TextChoices):
    """Where a dispute goes that is not mediated here (platform default)."""

    COMMITTEE = "committee", "人民调解委员会"
    STREET = "street", "街道综治中心"
    JUSTICE = "justice", "司法所"
    POLICE = "police", "公安机关"
    ADMINISTRATION = "administration", "行政主管部门"
    ARBITRATION = "arbitration", "仲裁"
    COURT = "court", "诉讼"


class MediationStatus(models.TextChoices):
    """登记 → 受理 → 调解 → 成功、不成、撤回、转出 → 归档."""

    REGISTERED = "registered", "待受理"
    ACCEPTED = "accepted", "已受理"
    MEDIATING = "mediating", "调解中"
    SUCCEEDED = "succeeded", "调解成功"
    FAILED = "failed", "调解不成"
    WITHDRAWN = "withdrawn", "当事人撤回"
    TRANSFERRED = "transferred", "转其他途径"
    ARCHIVED = "archived", "已归档"


# How it ended: told by the status, and kept as its outcome when it is archived.
ENDED = (MediationStatus.SUCCEEDED, MediationStatus.FAILED, MediationStatus.WITHDRAWN, MediationStatus.TRANSFERRED)
OUTCOMES = [(status.value, status.label) for status in ENDED]
ENDED_STATUSES = frozenset(ENDED)
OPEN_STATUSES = frozenset(MediationStatus) - ENDED_STATUSES - {MediationStatus.ARCHIVED}


class Mediation(Numbered, Located, Versioned, Timed):
    """调处: one dispute from registration to archive. Its status changes in ``grids.mediation.workflow`` alone."""

    kind = models.ForeignKey(DisputeKind, on_delete=models.PROTECT, related_name="+", verbose_name="纠纷类型")
    party_a = models.CharField("甲方", max_length=12, choices=PartyKind.choices)
    party_b = models.CharField("乙方", max_length=12, choices=PartyKind.choices)
    party_c = models.CharField("丙方", max_length=12, choices=PartyKind.choices, blank=True)
    summary = models.TextField(
        "纠纷情况", max_length=1000, help_text="用甲方、乙方称呼，不写姓名、电话、证件号码、门牌号。"
    )
    status = models.CharField(
        "状态", max_length=12, choices=MediationStatus.choices, default=MediationStatus.REGISTERED, editable=False
    )
    outcome = models.CharField("结果", max_length=12, choices=OUTCOMES, blank=True, editable=False)
    route = models.CharField("转往", max_length=16, choices=Route.choices, blank=True, editable=False)
    agreement = models.BooleanField("书面协议", null=True, blank=True, editable=False)
    registered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="登记人", editable=False
    )
    registered_at = models.DateTimeField("登记时间", default=timezone.now, editable=False)
    accepted_at = models.DateTimeField("受理时间", null=True, blank=True, editable=False)
    concluded_at = models.DateTimeField("结束时间", null=True, blank=True, editable=False)
    sessions_held = models.PositiveSmallIntegerField("调解次数", default=0, editable=False)
    followed_at = models.DateTimeField("回访时间", null=True, blank=True, editable=False)
    kept = models.BooleanField("协议履行", null=True, blank=True, editable=False)
    archived_at = models.DateTimeField("归档时间", null=True, blank=True, editable=False)
    ended_at = property(lambda self: self.concluded_at)  # where its clock stopped
    submission_key = models.UUIDField(null=True, blank=True, unique=True, editable=False)

    # With the texts of the issues that belong to it (``grids.reporters.erasure``): they tell of the same people.
    erasable = ("summary",)
    erased_with = "issue_links__issue"

    scope_rule = PlaceRule()
    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "调处化解"
        ordering = ["-registered_at", "-id"]
        indexes = [
            models.Index(F("registered_at").desc(), F("id").desc(), name="mediation_newest"),
            models.Index(fields=["street", "-registered_at"], name="mediation_street"),
            models.Index(fields=["community", "-registered_at"], name="mediation_community"),
            models.Index(fields=["outcome", "concluded_at"], name="mediation_outcome"),
            models.Index(
                fields=["due_at"], condition=Q(concluded_at=None, due_at__isnull=False), name="mediation_running"
            ),
        ]
        constraints = [
            models.CheckConstraint(
                name="mediation_outcome_with_end",
                condition=Q(outcome="", concluded_at=None) | ~Q(outcome="") & Q(concluded_at__isnull=False),
            ),
            filled_where("mediation_agreement_of_success", "agreement", outcome="succeeded"),
            filled_where("mediation_route_of_transfer", "route", empty="", outcome="transferred"),
        ]

    @property
    def parties(self) -> str:
        """ "甲方（居民）、乙方（物业公司）"."""
        kinds = (("甲方", self.party_a), ("乙方", self.party_b), ("丙方", self.party_c))
        return "、".join(f"{label}（{PartyKind(kind).label}）" for label, kind in kinds if kind)

    def case_mediators(self) -> "models.QuerySet[Mediator]":
        """Who mediates the case as a whole."""
        return self.mediators.filter(session=None).select_related("post", "organisation")

    def talks(self) -> "models.QuerySet[MediationSession]":
        """The talks, with those who held them."""
        return self.sessions.select_related("by").prefetch_related("mediators__post", "mediators__organisation")


class MediationSession(models.Model):
    """调解记录: one talk. Recorded by the workflow, never changed; what was wrong is set right by a further one."""

    append_only = True

    mediation = models.ForeignKey(Mediation, on_delete=models.PROTECT, related_name="sessions", verbose_name="调处")
    held_on = models.DateField("调解日期")
    said = models.TextField("调解要点", max_length=1000)
    next_step = models.CharField("下一步", max_length=200, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="记录人")
    at = models.DateTimeField("记录时间", default=timezone.now)

    erasable = ("said", "next_step")
    erased_with = "mediation__issue_links__issue"

    class Meta:
        verbose_name = verbose_name_plural = "调解记录"
        ordering = ["held_on", "id"]

    def __str__(self) -> str:
        return f"{self.mediation_id} {self.held_on}"

    @property
    def who(self) -> list[str]:
        """Who held it, each once."""
        return list(dict.fromkeys(map(str, self.mediators.all())))


class Mediator(models.Model):
    """调解人: an office, a leader on the roster, or an organisation; of the whole case, or of one session."""

    append_only = True

    mediation = models.ForeignKey(Mediation, on_delete=models.PROTECT, related_name="mediators")
    session = models.ForeignKey(MediationSession, on_delete=models.PROTECT, null=True, related_name="mediators")
    role = models.CharField("身份", max_length=12, choices=MediatorRole.choices, blank=True)
    post = models.ForeignKey(GridPost, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="网格长")
    organisation = models.ForeignKey(
        "streets.Organisation", on_delete=models.PROTECT, null=True, related_name="+", verbose_name="单位"
    )

    class Meta:
        verbose_name = verbose_name_plural = "调解人"
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                name="mediator_is_one",
                condition=Q(post__isnull=False, organisation=None, role="")
                | Q(post=None, organisation__isnull=False, role="")
                | Q(post=None, organisation=None) & ~Q(role=""),
            )
        ]

    def __str__(self) -> str:
        if self.post_id:
            return f"{self.post.get_kind_display()}{self.post.name}"
        return str(self.organisation) if self.organisation_id else MediatorRole(self.role).label


class MediationEvent(CaseEvent):
    """One step of a mediation."""

    mediation = models.ForeignKey(Mediation, on_delete=models.PROTECT, related_name="events")

    erasable = ("note",)
    erased_with = "mediation__issue_links__issue"


class MediationIssue(models.Model):
    """A dispute and an issue that belong together: one came of the other, or somebody has linked them."""

    class How(models.TextChoices):
        FROM_ISSUE = "from_issue", "由事件转来"
        TO_ISSUE = "to_issue", "转为事件"
        LINKED = "linked", "关联"

    append_only = True

    mediation = models.ForeignKey(Mediation, on_delete=models.PROTECT, related_name="issue_links")
    issue = models.ForeignKey("grids.Issue", on_delete=models.PROTECT, related_name="mediation_links")
    how = models.CharField(max_length=12, choices=How.choices)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["mediation", "issue"], name="mediation_issue_once")]

    def __str__(self) -> str:
        return f"{self.mediation_id} {self.issue_id}"
