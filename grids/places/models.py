"""The grid, the areas that cut across it, its leaders' terms, and its dated history."""

from collections import defaultdict
from collections.abc import Iterable

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone

from suzhou_portal.lib.rows.places import Located, Versioned
from suzhou_portal.lib.rows.prepared import Prepared
from suzhou_portal.lib.rows.quick import Row
from suzhou_portal.lib.rows.scope import PlaceRule, ScopedQuerySet
from suzhou_portal.lib.rows.typed import PersonField, TelephoneField
from suzhou_portal.lib.text.canonical import pinyin_key
from suzhou_portal.lib.text.privacy import find_numbers

NO_TELEPHONE = frozenset({"身份证号", "银行卡号"})


class GridQuerySet(ScopedQuerySet):
    """Questions to the grids."""

    def current(self) -> "GridQuerySet":
        """Grids in force today: begun and not ended."""
        today = timezone.localdate()
        return self.filter(starts__lte=today).filter(Q(ends__isnull=True) | Q(ends__gt=today))

    def descendants_of(self, keys: Iterable[int]) -> dict[int, frozenset[int]]:
        """Grid id → itself and all grids below it (three levels, one query, none for no keys)."""
        keys = set(keys)
        if not keys:
            return {}
        if len(keys) == 1 and not self.query.where:  # the leader of one grid, at every request
            (one,) = keys
            return {one: frozenset({one, *(pk for (pk,) in BELOW(one))})}
        found: dict[int, set[int]] = {key: {key} for key in keys}
        rows = self.filter(Q(parent__in=keys) | Q(parent__parent__in=keys))
        for pk, parent, upper in rows.values_list("pk", "parent_id", "parent__parent_id"):
            for key in (parent, upper):
                if key in found:
                    found[key].add(pk)
        return {key: frozenset(value) for key, value in found.items()}

    def of_areas(self, areas: Iterable[int]) -> dict[int, frozenset[int]]:
        """Area id → its grids and all below them (one query, none for no areas)."""
        areas = set(areas)
        if not areas:
            return {}
        if len(areas) == 1 and not self.query.where:  # the leader of one area, at every request
            (one,) = areas
            return {one: frozenset(pk for (pk,) in OF_AREA(one))}
        found: dict[int, set[int]] = defaultdict(set)
        paths = ("areas", "parent__areas", "parent__parent__areas")
        rows = self.filter(Q(areas__in=areas) | Q(parent__areas__in=areas) | Q(parent__parent__areas__in=areas))
        for pk, *reached in rows.values_list("pk", *paths):
            for area in reached:
                if area in areas:
                    found[area].add(pk)
        return {area: frozenset(value) for area, value in found.items()}


SAMPLE = 987_654_321
BELOW = Prepared(
    lambda key: Grid.objects.order_by().filter(Q(parent=key) | Q(parent__parent=key)).values_list("pk"), SAMPLE
)


def _of_area(area: int) -> models.QuerySet:
    own = Area.grids.through.objects.filter(area=area).values("grid")
    rows = Grid.objects.order_by().values_list("pk")
    # Three ways by index: with OR the whole table would be read.
    return rows.filter(pk__in=own).union(rows.filter(parent__in=own), rows.filter(parent__parent__in=own))


OF_AREA = Prepared(_of_area, SAMPLE)


def grid_called(name: str, kind: str, above: str | None) -> str:
    """What a grid is called everywhere: its name, a building's with the compound: "春风家园 2号楼".

    A compound is named without its resident group: people know the compound, not the group.
    """
    return f"{above} {name}" if above and kind == Grid.Kind.BUILDING else name


class Grid(Versioned):
    """网格: resident group → compound → building, nestable, dated.

    A grid that is split, merged or transferred ends, and others begin: its rows keep it,
    so that past reports keep the place as it was.
    """

    located = True

    class Kind(models.TextChoices):
        RESIDENT_GROUP = "resident_group", "居民小组"
        COMPOUND = "compound", "小区/楼院"
        BUILDING = "building", "楼栋"

    # Which kinds may stand under which; None: directly under the community.
    PARENT_KINDS = {
        Kind.RESIDENT_GROUP: {None},
        Kind.COMPOUND: {Kind.RESIDENT_GROUP, None},
        Kind.BUILDING: {Kind.COMPOUND, Kind.RESIDENT_GROUP},
    }

    code = models.CharField(
        "编码",
        max_length=21,
        unique=True,
        validators=[RegexValidator(r"^\d{15}(\d{3}){0,2}$", "网格编码为 15、18 或 21 位数字。")],
        error_messages={"unique": "该编码已被使用。"},
    )
    name = models.CharField("名称", max_length=60)
    kind = models.CharField("层级", max_length=20, choices=Kind.choices)
    street = models.ForeignKey(
        "streets.Street", on_delete=models.PROTECT, related_name="+", verbose_name="街道", editable=False
    )
    community = models.ForeignKey(
        "communities.Community", on_delete=models.PROTECT, related_name="grids", verbose_name="社区"
    )
    parent = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="children", verbose_name="上级网格"
    )
    households = models.PositiveIntegerField("户数", default=0)
    has_party_branch = models.BooleanField("已建网格党支部/楼栋党小组", default=False)
    group_chats = models.PositiveSmallIntegerField("微信群数", default=0)
    boundary = models.CharField("四至范围", max_length=200, blank=True)
    starts = models.DateField("启用日期", default=timezone.localdate)
    ends = models.DateField("停用日期", null=True, blank=True, editable=False)
    pinyin = models.CharField(max_length=200, blank=True, editable=False)

    shown_by = ("code", "name", "kind", "community", "starts")
    scope_rule = PlaceRule(grid="id")
    # Nearest first: people write a grid's name behind those of what it lies in ("嘉和小区 3号楼").
    LIES_IN = ("parent", "parent__parent", "community", "street")
    objects = GridQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "网格"
        ordering = ["code"]
        indexes = [
            models.Index(fields=["community", "code"], name="grid_community"),
            models.Index(fields=["street", "code"], name="grid_street"),
        ]
        constraints = [
            models.CheckConstraint(
                name="grid_resident_group_on_top",
                condition=~Q(kind="resident_group", parent__isnull=False),
                violation_error_message="居民小组直接隶属社区，不选上级网格。",
            ),
            models.CheckConstraint(
                name="grid_building_below",
                condition=~Q(kind="building", parent__isnull=True),
                violation_error_message="楼栋须选择上级网格。",
            ),
            models.CheckConstraint(
                name="grid_dates",
                condition=Q(ends__isnull=True) | Q(ends__gte=models.F("starts")),
                violation_error_message="停用日期不能早于启用日期。",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def in_force(self) -> bool:
        """Begun and not ended, as of today."""
        today = timezone.localdate()
        return self.starts <= today and (self.ends is None or self.ends > today)

    @property
    def full_name(self) -> str:
        """See :func:`grid_called`; of a building the grid above is fetched."""
        return grid_called(self.name, self.kind, self.parent.name if self.kind == self.Kind.BUILDING else None)

    def clean(self) -> None:
        """Fill the street, keep the pinyin key, and check the parent's community and kind."""
        super().clean()
        self.pinyin = pinyin_key(self.name)
        if self.community_id is not None:
            self.street_id = self.community.street_id
        parent = self.parent if self.parent_id is not None else None
        if parent is not None and parent.community_id != self.community_id:
            raise ValidationError({"parent": "上级网格不属于该社区。"})
        if self.kind in self.PARENT_KINDS and (parent.kind if parent else None) not in self.PARENT_KINDS[self.kind]:
            raise ValidationError({"parent": "上级网格的层级不对：居民小组 → 小区/楼院 → 楼栋。"})


class Area(Versioned):
    """片区: one of the parts into which the city is divided for patrols; a set of grids."""

    code = models.CharField(
        "编号",
        max_length=10,
        unique=True,
        # It stands in addresses.
        validators=[RegexValidator(r"^[A-Z0-9][A-Z0-9-]*$", "编号由大写字母、数字和短横组成。")],
        error_messages={"unique": "该编号已被使用。"},
    )
    name = models.CharField("名称", max_length=40)
    street = models.ForeignKey("streets.Street", on_delete=models.PROTECT, related_name="areas", verbose_name="街道")
    grids = models.ManyToManyField(Grid, related_name="areas", blank=True, verbose_name="网格")
    pinyin = models.CharField(max_length=200, blank=True, editable=False)

    kept_for_lists = True
    scope_rule = PlaceRule(community=None, grid=None, upper_street="street_id")
    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "片区"
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Keep the pinyin key in step with the name."""
        super().clean()
        self.pinyin = pinyin_key(self.name)


class GridPostQuerySet(ScopedQuerySet):
    """Questions to the terms."""

    def current(self) -> "GridPostQuerySet":
        """Terms in force today."""
        today = timezone.localdate()
        return self.filter(starts__lte=today).filter(Q(ends__isnull=True) | Q(ends__gt=today))


class GridPost(Located, Versioned):
    """网格长任职: a person's term as leader or branch secretary of a grid; a roster row, seldom a login."""

    class Kind(models.TextChoices):
        LEADER = "leader", "网格长"
        SECRETARY = "secretary", "网格党支部书记"

    grid = models.ForeignKey(Grid, on_delete=models.PROTECT, related_name="posts", verbose_name="网格")
    street = models.ForeignKey(
        "streets.Street", on_delete=models.PROTECT, related_name="+", verbose_name="街道", editable=False
    )
    community = models.ForeignKey(
        "communities.Community", on_delete=models.PROTECT, related_name="+", verbose_name="社区", editable=False
    )
    kind = models.CharField("职务", max_length=20, choices=Kind.choices, default=Kind.LEADER)
    name = PersonField("姓名", max_length=40)
    telephone = TelephoneField(
        "联系电话",
        max_length=20,
        blank=True,
        validators=[RegexValidator(r"^[0-9-]{5,20}$", "请填写电话号码，只含数字和短横。")],
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="登录账号",
        editable=False,
    )
    starts = models.DateField("任职起", default=timezone.localdate)
    ends = models.DateField("任职止", null=True, blank=True)

    scope_rule = PlaceRule()
    objects = GridPostQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "网格长任职"
        ordering = ["grid__code", "-starts"]
        indexes = [models.Index(fields=["community", "name"], name="grid_post_community")]
        constraints = [
            models.UniqueConstraint(
                fields=["grid", "kind"],
                condition=Q(ends__isnull=True),
                name="grid_post_one_in_office",
                violation_error_message="该网格已有在任者，请先结束其任期。",
            ),
            models.CheckConstraint(
                name="grid_post_dates",
                condition=Q(ends__isnull=True) | Q(ends__gte=models.F("starts")),
                violation_error_message="任职止不能早于任职起。",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """No numbers in the name; an identity card's or bank card's number is no telephone, whoever confirms it."""
        super().clean()
        errors = {}
        if found := find_numbers(self.name):
            errors["name"] = f"姓名中疑似含{found[0].kind}（{found[0].masked}），请删去。"
        if found := [item for item in find_numbers(self.telephone) if item.kind in NO_TELEPHONE]:
            errors["telephone"] = f"联系电话疑似{found[0].kind}（{found[0].masked}），请删去。"
        if errors:
            raise ValidationError(errors)

    @property
    def in_office(self) -> bool:
        """The term is in force today."""
        today = timezone.localdate()
        return self.starts <= today and (self.ends is None or self.ends > today)


class GridChange(Row):
    """One dated change of the grid: made once by ``grids.changes.services``, never edited."""

    class Kind(models.TextChoices):
        CREATE = "create", "新设"
        SPLIT = "split", "拆分"
        MERGE = "merge", "合并"
        TRANSFER = "transfer", "划转"
        CLOSE = "close", "撤销"
        LEADER = "leader", "更换网格长"

    append_only = True
    located = True

    kind = models.CharField("变动", max_length=20, choices=Kind.choices)
    effective = models.DateField("生效日期")
    reason = models.CharField("事由", max_length=200, blank=True)
    street = models.ForeignKey("streets.Street", on_delete=models.PROTECT, related_name="+", verbose_name="街道")
    community = models.ForeignKey(
        "communities.Community", on_delete=models.PROTECT, related_name="grid_changes", verbose_name="社区"
    )
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="操作人")
    at = models.DateTimeField("登记时间", auto_now_add=True)
    # How many open issues, terms, sign-ins … went along: ``grids.changes.moving.Outcome.counts``.
    moved = models.JSONField("随同转移", default=dict, blank=True, editable=False)

    scope_rule = PlaceRule(grid=None)
    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "网格变动"
        ordering = ["-effective", "-id"]

    def __str__(self) -> str:
        return f"{self.effective} {self.get_kind_display()}"


class GridChangePart(Row):
    """A grid that took part in a change: as it was before, or as it came out."""

    class Side(models.TextChoices):
        BEFORE = "before", "变动前"
        AFTER = "after", "变动后"

    append_only = True

    change = models.ForeignKey(GridChange, on_delete=models.PROTECT, related_name="parts")
    grid = models.ForeignKey(Grid, on_delete=models.PROTECT, related_name="change_parts")
    side = models.CharField(max_length=10, choices=Side.choices)
    origin = models.ForeignKey(
        Grid, on_delete=models.PROTECT, null=True, related_name="successor_parts", verbose_name="由此而来"
    )
    note = models.CharField("说明", max_length=100, blank=True)
    # Of several that come of one grid, the one that takes over what nobody decided otherwise.
    takes_over = models.BooleanField("承接", default=True)

    class Meta:
        # A grid that several were merged into stands once for each of them.
        constraints = [models.UniqueConstraint(fields=["change", "grid", "side", "origin"], name="grid_change_part")]

    def __str__(self) -> str:
        return f"{self.get_side_display()} {self.grid_id}"
