"""The grid issue, its timeline, and the numbers that it gets."""

from datetime import datetime
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from grids.categories.models import Level
from grids.issues.columns import STAMP_INDEXES, VISIT_CONSTRAINTS, VISIT_INDEXES, Clocked, Stamped, Visited
from suzhou_portal.lib.rows.constraints import filled_where
from suzhou_portal.lib.rows.places import Located, Versioned
from suzhou_portal.lib.rows.quick import Row
from suzhou_portal.lib.rows.scope import PlaceRule, Scope, ScopedQuerySet, among
from suzhou_portal.lib.text.search import Search, place_token
from suzhou_portal.lib.time import moments


class Status(models.TextChoices):
    """Where an issue stands in GB/T 30428's run: each name says what it waits for."""

    REPORTED = "reported", "待受理"
    ACCEPTED = "accepted", "待派办"
    DISPATCHED = "dispatched", "待处理"
    HANDLING = "handling", "处理中"
    ANSWERED = "answered", "待核查"
    VERIFIED = "verified", "待办结"
    CLOSED = "closed", "已办结"
    VOID = "void", "已作废"
    MERGED = "merged", "已合并"


ENDED = frozenset({Status.CLOSED, Status.VOID, Status.MERGED})
# What no figure counts: reported by mistake, or the same matter as another one.
UNCOUNTED = frozenset({Status.VOID, Status.MERGED})
OPEN = frozenset(Status) - ENDED
OPEN_Q = Q(status__in=sorted(OPEN))


class Severity(models.TextChoices):
    """How grave an issue is; graver ones start at a higher level."""

    NORMAL = "normal", "一般"
    SERIOUS = "serious", "较重"
    MAJOR = "major", "重大"


class Source(models.TextChoices):
    """Where an issue comes from."""

    GRID = "grid", "网格上报"
    COMMUNITY = "community", "社区登记"
    PATROL = "patrol", "片区巡查"
    DEPARTMENT = "department", "部门转办"
    MEETING = "meeting", "会议议定"
    HOTLINE = "hotline", "热线工单"
    STREET = "street", "街道交办"
    DISTRICT = "district", "区级交办"


class Holder(models.TextChoices):
    """Who has an open issue in hand now."""

    GRID = "grid", "网格"
    COMMUNITY = "community", "社区"
    STREET = "street", "街道"
    DISTRICT = "district", "区级"
    ORGANISATION = "organisation", "单位"
    PARTS = "parts", "各分办件"
    NOBODY = "", "无"


class Division(models.TextChoices):
    """How an issue was divided into part-issues: 吹哨报到 calls several organisations at once,
    拆分 takes apart what is several matters. On the parts: how they came about.
    """

    WHISTLE = "whistle", "吹哨报到"
    SPLIT = "split", "拆分"
    NONE = "", "无"


class Light(models.TextChoices):
    """The traffic light of the clock; always shown with its word."""

    NORMAL = "normal", "正常"
    SOON = "soon", "临期"
    OVERDUE = "overdue", "超期"
    PAUSED = "paused", "挂账"


class IsOpen(models.Func):
    """:data:`OPEN_Q` with its values written into the statement: SQLite uses a partial index only
    when it can read in the statement itself that the index's condition holds.
    """

    template = "%(expressions)s IN (" + ", ".join(f"'{status.value}'" for status in sorted(OPEN)) + ")"
    arity = 1
    output_field = models.BooleanField()


def held_by(scope: Scope, column: str = "holder") -> Q:
    """Rows (with the places and the organisation of an issue) whose ``column`` names a side that ``scope`` acts for."""
    wanted = Q(**{column: Holder.DISTRICT}) if scope.district else Q(pk__in=[])
    for holder, path, keys in (
        (Holder.STREET, "street_id", scope.streets),
        (Holder.COMMUNITY, "community_id", scope.communities),
        (Holder.GRID, "grid_id", scope.grids),
        (Holder.ORGANISATION, "organisation_id", scope.organisations),
    ):
        if keys:
            wanted |= Q(**{column: holder}) & among(path, keys)
    return wanted


class IssueQuerySet(ScopedQuerySet):
    """Questions to the issues."""

    def open(self) -> Self:
        """Issues that are neither closed nor void."""
        return self.filter(IsOpen("status"))

    def running(self) -> Self:
        """Open issues whose clock runs: not suspended (挂账)."""
        return self.open().filter(suspended_at=None)

    def with_light(self, light: str, now: datetime | None = None) -> Self:
        """Open issues whose clock shows ``light`` at ``now``."""
        now = now or timezone.now()
        if light == Light.PAUSED:
            return self.open().filter(suspended_at__isnull=False)
        rows = self.running()
        if light == Light.OVERDUE:
            return rows.filter(due_at__lte=now)
        if light == Light.SOON:
            return rows.filter(due_at__gt=now, warn_at__lte=now)
        return rows.filter(warn_at__gt=now)

    def in_hand_of(self, scope: Scope) -> Self:
        """Issues with a running clock that wait for somebody with ``scope`` (the queue 待我办理)."""
        return self.running().filter(held_by(scope))

    def matching(self, query: str, *within: Scope) -> Self:
        """Issues in whose number, text, place or notes all words of ``query`` stand (``lib.text.search``).

        ``within``: scopes in which the issues lie anyhow. They narrow nothing here (that is the
        caller's ``filter``), but spare the index the matches of all other places.
        """
        return self.filter(search_text__tokens__match=Search.of(query, map(place_tokens, within)))


class Issue(Clocked, Located, Versioned, Visited, Stamped):
    """网格事件: something in a place that somebody must put right, from report to closure.

    ``status`` changes only through ``grids.issues.workflow``. ``level`` is the level that answers
    for it, ``holder`` (with ``organisation``) who has it in hand. Its clock: :class:`Clocked`.
    """

    # No indexes of their own: the composite ones below begin with them and serve them.
    street = models.ForeignKey(
        "streets.Street", on_delete=models.PROTECT, related_name="+", verbose_name="街道", db_index=False
    )
    community = models.ForeignKey(
        "communities.Community",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="社区",
        db_index=False,
    )
    grid = models.ForeignKey(
        "grids.Grid",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="网格",
        db_index=False,
    )
    number = models.CharField("编号", max_length=20, unique=True)
    category = models.ForeignKey("grids.IssueCategory", on_delete=models.PROTECT, related_name="+", verbose_name="分类")
    description = models.TextField("情况", max_length=2000)
    address = models.CharField("具体位置", max_length=100, blank=True)
    severity = models.CharField("程度", max_length=10, choices=Severity.choices, default=Severity.NORMAL)
    source = models.CharField("来源", max_length=12, choices=Source.choices, default=Source.COMMUNITY)
    level = models.CharField("层级", max_length=10, choices=Level.choices)
    status = models.CharField("状态", max_length=12, choices=Status.choices, default=Status.REPORTED)
    holder = models.CharField("办理方", max_length=12, choices=Holder.choices, blank=True)
    organisation = models.ForeignKey(
        "streets.Organisation",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="承办单位",
        db_index=False,
    )
    reporter = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name="上报人",
        db_index=False,
    )
    created_at = models.DateTimeField("上报时间", default=moments.now)
    closed_at = models.DateTimeField("办结时间", null=True, blank=True)
    closed_level = models.CharField("办结层级", max_length=10, choices=Level.choices, blank=True)
    escalated_at = models.DateTimeField("升级时间", null=True, blank=True)
    reopened_at = models.DateTimeField("重开时间", null=True, blank=True)
    rework_count = models.PositiveSmallIntegerField("退回重办次数", default=0)
    submission_key = models.UUIDField(null=True, blank=True, unique=True, editable=False)
    # Parts and duplicates. A part counts in no figure: the issue that it is a part of does.
    parent = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="parts",
        verbose_name="总件",
        db_index=False,
    )
    division = models.CharField("分办方式", max_length=10, choices=Division.choices, blank=True)
    open_parts = models.PositiveSmallIntegerField("未完成分办件", default=0)
    merged_into = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="duplicates",
        verbose_name="并入",
        db_index=False,
    )
    merged_status = models.CharField("合并前状态", max_length=12, choices=Status.choices, blank=True)
    merged_holder = models.CharField("合并前办理方", max_length=12, choices=Holder.choices, blank=True)
    # Supervision: when the issue climbs next if it stays overdue, and whose 督办单 waits for a reply.
    climb_at = models.DateTimeField("自动升级时间", null=True, blank=True)
    told_light = models.CharField("已提醒", max_length=10, choices=Light.choices, blank=True)
    supervised_level = models.CharField("督办层级", max_length=10, choices=Level.choices, blank=True)

    # Where personal data may stand that is erased some time after closure (``grids.reporters.erasure``).
    erasable = ("description", "address")
    erased_with = "pk"

    shown_by = ("number", "status")
    scope_rule = PlaceRule(organisations=("organisation_id",))
    objects = IssueQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "网格事件"
        ordering = ["-created_at", "-id"]
        indexes = [
            models.Index(F("created_at").desc(), F("id").desc(), name="issue_newest"),
            models.Index("street", F("created_at").desc(), F("id").desc(), name="issue_street"),
            models.Index("community", F("created_at").desc(), F("id").desc(), name="issue_community"),
            models.Index("grid", F("created_at").desc(), F("id").desc(), name="issue_grid"),
            models.Index("organisation", F("created_at").desc(), F("id").desc(), name="issue_organisation"),
            models.Index(fields=["community", "category", "created_at", "id"], name="issue_category"),
            models.Index(fields=["reporter", "-created_at"], name="issue_reporter"),
            models.Index(fields=["due_at"], condition=OPEN_Q, name="issue_open_due"),
            models.Index(fields=["street", "due_at"], condition=OPEN_Q, name="issue_open_street"),
            models.Index(fields=["community", "due_at"], condition=OPEN_Q, name="issue_open_community"),
            models.Index(fields=["organisation", "due_at"], condition=OPEN_Q, name="issue_open_organisation"),
            models.Index(fields=["holder", "community", "due_at"], condition=OPEN_Q, name="issue_open_holder"),
            models.Index(fields=["parent"], condition=Q(parent__isnull=False), name="issue_parts"),
            models.Index(fields=["merged_into"], condition=Q(merged_into__isnull=False), name="issue_duplicates"),
            models.Index(fields=["climb_at"], condition=OPEN_Q & Q(climb_at__isnull=False), name="issue_climbing"),
            models.Index(fields=["warn_at"], condition=OPEN_Q & Q(told_light=""), name="issue_untold"),
            models.Index(
                fields=["due_at"], condition=OPEN_Q & Q(told_light__in=["", "soon"]), name="issue_untold_overdue"
            ),
            models.Index(fields=["due_at"], condition=~Q(supervised_level=""), name="issue_supervised"),
            models.Index(fields=["due_at"], condition=~Q(asked_level=""), name="issue_asked"),
            models.Index(
                fields=["step_due_at"], condition=OPEN_Q & Q(step_due_at__isnull=False), name="issue_open_step"
            ),
            models.Index(
                fields=["suspended_until"], condition=Q(suspended_until__isnull=False), name="issue_suspended"
            ),
            *VISIT_INDEXES,
            *STAMP_INDEXES,
        ]
        constraints = [
            *VISIT_CONSTRAINTS,
            filled_where("issue_closed_has_time", "closed_at", status="closed"),
            models.CheckConstraint(
                name="issue_organisation_holder",
                condition=~Q(holder="organisation") | Q(organisation__isnull=False),
            ),
            filled_where("issue_merged_into_one", "merged_into", status="merged"),
            models.CheckConstraint(
                name="issue_suspended_until",
                condition=Q(suspended_at=None, suspended_until=None)
                | Q(suspended_at__isnull=False, suspended_until__gt=F("suspended_at")),
            ),
            models.CheckConstraint(
                name="issue_part_of_another", condition=Q(parent=None) | ~Q(parent=F("id")) & ~Q(division="")
            ),
        ]

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        """The issue's page."""
        return f"/issues/{self.number}/"

    @property
    def is_part(self) -> bool:
        """A part of another issue."""
        return self.parent_id is not None

    @property
    def short_number(self) -> str:
        """Of a part what comes behind the number of the whole: "-2"."""
        return f"-{self.number.rpartition('-')[2]}"

    @property
    def located(self) -> dict[str, Any]:
        """Its street, community and grid by the names of these columns: for rows that stand where it stands."""
        return {name: getattr(self, name) for name in ("street", "community", "grid")}

    @property
    def is_open(self) -> bool:
        """Neither closed nor void."""
        return self.status in OPEN

    @property
    def light(self) -> str:
        """The traffic light: now for open issues, at closure for ended ones."""
        return light_at(self.warn_at, self.due_at, self.closed_at or timezone.now(), self.suspended_at)


def light_at(warn_at: datetime, due_at: datetime, moment: datetime, suspended_at: datetime | None = None) -> str:
    """The :class:`Light` that a clock with these times shows at ``moment``."""
    if suspended_at is not None:
        return Light.PAUSED.value
    if moment >= due_at:
        return Light.OVERDUE.value
    return Light.SOON.value if moment >= warn_at else Light.NORMAL.value


class IssueEvent(Row):
    """One step of an issue's timeline: who did what when, from which status to which."""

    append_only = True
    erasable = ("note",)
    erased_with = "issue_id"

    issue = models.ForeignKey(Issue, on_delete=models.PROTECT, related_name="events")
    at = models.DateTimeField("时间", default=moments.now)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="操作人"
    )
    action = models.CharField("动作", max_length=20)
    from_status = models.CharField(max_length=12, choices=Status.choices, blank=True)
    to_status = models.CharField(max_length=12, choices=Status.choices)
    from_level = models.CharField(max_length=10, choices=Level.choices, blank=True)
    to_level = models.CharField(max_length=10, choices=Level.choices)
    organisation = models.ForeignKey(
        "streets.Organisation", on_delete=models.PROTECT, null=True, related_name="+", verbose_name="单位"
    )
    note = models.TextField("说明", blank=True)
    # Why it went to this organisation: the routing rule that said so; None where a person chose.
    rule = models.ForeignKey(
        "grids.RoutingRule",
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        verbose_name="路由规则",
        db_index=False,
    )

    class Meta:
        verbose_name = verbose_name_plural = "办理过程"
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.issue_id} {self.action}"


# A scope of more places than this is not told to the index: reading them all would cost more than it spares.
MOST_PLACES = 60


def place_tokens(scope: Scope) -> list[str]:
    """The tokens of which an issue in ``scope`` has one; none when they would not narrow a search."""
    places = (("s", scope.streets), ("c", scope.communities), ("g", scope.grids))
    if scope.district or scope.organisations or sum(len(keys) for _level, keys in places) > MOST_PLACES:
        return []
    return [place_token(level, key) for level, keys in places for key in sorted(keys)]
