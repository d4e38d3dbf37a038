"""共建协议: two parties, their drafts, and where the agreement stands."""

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q

from suzhou_portal.lib.rows.places import Located, Versioned
from suzhou_portal.lib.rows.scope import PlaceRule, ScopedQuerySet
from suzhou_portal.lib.rows.typed import PersonField
from suzhou_portal.lib.time import moments


class Side(models.TextChoices):
    """The two parties, on equal footing (domain: covenants/3)."""

    PLACE = "place", "社区（街道）"
    UNIT = "unit", "共建单位"

    @property
    def other(self) -> "Side":
        """The other party."""
        return Side.UNIT if self == Side.PLACE else Side.PLACE


class Status(models.TextChoices):
    """Where a covenant stands; ``stage`` is the word of the loop."""

    NEGOTIATING = "negotiating", "谈约中"
    AGREED = "agreed", "待签约"
    ACTIVE = "active", "履约中"
    EVALUATING = "evaluating", "评约中"
    CLOSED = "closed", "已评约"
    TERMINATED = "terminated", "已终止"
    DROPPED = "dropped", "未签约"


SIGNED = frozenset({Status.ACTIVE, Status.EVALUATING, Status.CLOSED, Status.TERMINATED})
# While the covenant runs, and while it is being evaluated: what was done may still be put on record.
RUNNING = frozenset({Status.ACTIVE, Status.EVALUATING})
OPEN = frozenset({Status.NEGOTIATING, Status.AGREED, Status.ACTIVE, Status.EVALUATING})
STAGES = (
    ("谈约", Status.NEGOTIATING),
    ("签约", Status.AGREED),
    ("履约", Status.ACTIVE),
    ("评约", Status.EVALUATING),
)


class CovenantQuerySet(ScopedQuerySet):
    """Questions to the covenants."""

    def signed(self) -> "CovenantQuerySet":
        """Covenants that came into force, whatever became of them."""
        return self.filter(status__in=SIGNED)

    def open(self) -> "CovenantQuerySet":
        """Covenants that somebody still has to do something about."""
        return self.filter(status__in=OPEN)


class Covenant(Located, Versioned):
    """共建协议 between a community (or a street) and a unit; changed by its workflow alone.

    ``revision`` is the number of the newest draft (0: none yet), ``place_accepts`` and ``unit_accepts``
    the newest that each side has accepted, ``in_force`` the one that commitments follow (0: not signed).
    """

    grid = None  # the parties are communities and streets

    number = models.CharField("协议编号", max_length=20, unique=True, editable=False)
    title = models.CharField("协议名称", max_length=80)
    organisation = models.ForeignKey(
        "streets.Organisation", on_delete=models.PROTECT, related_name="covenants", verbose_name="共建单位"
    )
    begins = models.DateField("协议起", null=True, blank=True)
    ends = models.DateField("协议止", null=True, blank=True)
    status = models.CharField("状态", max_length=12, choices=Status.choices, default=Status.NEGOTIATING, editable=False)
    revision = models.PositiveSmallIntegerField("最新稿次", default=0, editable=False)
    place_accepts = models.PositiveSmallIntegerField("社区同意稿次", default=0, editable=False)
    unit_accepts = models.PositiveSmallIntegerField("单位同意稿次", default=0, editable=False)
    in_force = models.PositiveSmallIntegerField("生效稿次", default=0, editable=False)
    place_signatory = PersonField("社区（街道）签约人", max_length=40, blank=True)
    unit_signatory = PersonField("单位签约人", max_length=40, blank=True)
    signed_on = models.DateField("签约日期", null=True, blank=True)
    end_asked_by = models.CharField("提出终止方", max_length=5, choices=Side.choices, blank=True, editable=False)
    evaluate_until = models.DateField("评约截止", null=True, blank=True, editable=False)
    result = models.CharField("评约结果", max_length=20, blank=True, editable=False)
    ended_at = models.DateTimeField("结束时间", null=True, blank=True, editable=False)
    previous = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="renewals",
        verbose_name="续约自",
        editable=False,
    )
    created_at = models.DateTimeField("发起时间", default=moments.now, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="发起人", editable=False
    )
    submission_key = models.UUIDField(null=True, blank=True, unique=True, editable=False)

    shown_by = ("number", "title", "status")
    scope_rule = PlaceRule(grid=None, organisations=("organisation_id",))
    objects = CovenantQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "共建协议"
        ordering = ["-created_at", "-id"]
        indexes = [
            models.Index(F("community"), F("created_at").desc(), name="covenant_community"),
            models.Index(F("street"), F("created_at").desc(), name="covenant_street"),
            models.Index(F("organisation"), F("created_at").desc(), name="covenant_organisation"),
            models.Index(fields=["ends"], condition=Q(status="active"), name="covenant_active"),
            models.Index(fields=["evaluate_until"], condition=Q(status="evaluating"), name="covenant_evaluating"),
        ]
        constraints = [
            models.CheckConstraint(
                name="covenant_term", condition=Q(begins=None) | Q(ends=None) | Q(ends__gte=F("begins"))
            ),
            models.CheckConstraint(
                name="covenant_signed",
                condition=Q(status__in=["negotiating", "agreed", "dropped"])
                | Q(signed_on__isnull=False, begins__isnull=False, ends__isnull=False, in_force__gt=0),
            ),
            models.UniqueConstraint(
                fields=["previous"],
                condition=~Q(status="dropped"),
                name="covenant_renewed_once",
                violation_error_message="这份协议已经续约。",
            ),
            models.CheckConstraint(
                name="covenant_accepted_drafts",
                condition=Q(place_accepts__lte=F("revision"), unit_accepts__lte=F("revision"))
                & Q(in_force__lte=F("revision")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.title}"

    def get_absolute_url(self) -> str:
        """Its page."""
        return f"/covenants/covenants/{self.number}/"

    def clean(self) -> None:
        """A community fills its street; the term is in order."""
        if self.community_id is not None:
            if self.street_id not in (None, self.community.street_id):
                raise ValidationError({"community": "所选社区不属于该街道。"})
            self.street_id = self.community.street_id
        if self.begins and self.ends and self.ends < self.begins:
            raise ValidationError({"ends": "协议止不能早于协议起。"})

    @property
    def place(self) -> models.Model:
        """The first party: a community, or a street itself."""
        return self.community or self.street

    @property
    def renewal(self) -> "Covenant | None":
        """The covenant that follows this one; talks that came to nothing are none. One query."""
        found: Covenant | None = self.renewals.exclude(status=Status.DROPPED).first()
        return found

    def accepts(self, side: str) -> int:
        """The number of the newest draft that ``side`` has accepted."""
        return self.place_accepts if side == Side.PLACE else self.unit_accepts

    def party(self, side: str) -> str:
        """The name of the party on ``side``; "" for the portal itself."""
        return "" if not side else str(self.place if side == Side.PLACE else self.organisation)

    @property
    def is_signed(self) -> bool:
        """It came into force."""
        return self.status in SIGNED

    @property
    def change_pending(self) -> bool:
        """It is in force, and a draft of a change waits for a side."""
        return self.status == Status.ACTIVE and self.revision > self.in_force


class Revision(models.Model):
    """A draft as one side proposed it; never changed. ``terms``: see ``covenants.agreements.terms.Terms``."""

    append_only = True

    covenant = models.ForeignKey(Covenant, on_delete=models.PROTECT, related_name="revisions")
    index = models.PositiveSmallIntegerField("稿次")
    side = models.CharField("提出方", max_length=5, choices=Side.choices)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="提出人")
    at = models.DateTimeField("提出时间", default=moments.now)
    terms: Any = models.JSONField("约定")
    note = models.CharField("说明", max_length=500, blank=True)

    class Meta:
        ordering = ["covenant", "index"]
        constraints = [models.UniqueConstraint(fields=["covenant", "index"], name="covenant_revision")]

    def __str__(self) -> str:
        return f"{self.covenant_id} 第 {self.index} 稿"


class CovenantEvent(models.Model):
    """One step of a covenant: who did what when, for which side."""

    append_only = True

    covenant = models.ForeignKey(Covenant, on_delete=models.PROTECT, related_name="events")
    at = models.DateTimeField("时间", default=moments.now)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="操作人"
    )
    side = models.CharField(max_length=5, choices=Side.choices, blank=True)
    action = models.CharField("动作", max_length=20)
    from_status = models.CharField(max_length=12, choices=Status.choices, blank=True)
    to_status = models.CharField(max_length=12, choices=Status.choices)
    revision = models.PositiveSmallIntegerField(default=0)
    note = models.TextField("说明", blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "协议过程"
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.covenant_id} {self.action}"
