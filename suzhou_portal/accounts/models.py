"""People who sign in, the posts that give them rights, their keys and preferences."""

from datetime import date
from functools import cached_property
from typing import Any

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone

from suzhou_portal.accounts.posts import Post
from suzhou_portal.accounts.roles import (
    ADMIN_ROLES,
    DISTRICT_ROLES,
    ROLE_TARGET,
    ROLE_VERBS,
    Role,
)
from suzhou_portal.lib.rows.places import Versioned
from suzhou_portal.lib.rows.prepared import Prepared
from suzhou_portal.lib.rows.scope import NOTHING, DistrictRule, OwnRule, Scope, ScopedQuerySet, SharedRule
from suzhou_portal.lib.rows.typed import CodeField, PersonField, TelephoneField


class UserManager(BaseUserManager.from_queryset(ScopedQuerySet)):
    """Makes accounts; passwords are hashed with Argon2."""

    def create_user(self, username: str, password: str | None = None, **fields: Any) -> "User":
        """A saved account; without a password it cannot sign in. Not audited: call it from a service."""
        user = self.model(username=username.strip(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser, Versioned):
    """A person who signs in, by account name or mobile number."""

    username = CodeField(
        "账号",
        max_length=40,
        unique=True,
        validators=[RegexValidator(r"^[A-Za-z0-9_.一-鿿-]{2,40}$", "账号为 2 至 40 个汉字、字母、数字或 . _ -。")],
        error_messages={"unique": "该账号已存在。"},
    )
    name = PersonField("姓名", max_length=40)
    phone = TelephoneField(
        "手机号",
        max_length=11,
        null=True,
        blank=True,
        unique=True,
        validators=[RegexValidator(r"^1\d{10}$", "请填写 11 位手机号。")],
        error_messages={"unique": "该手机号已被其他账号使用。"},
    )
    email = models.EmailField(
        "电子邮箱", max_length=100, blank=True, help_text="用于接收消息，平台未接通邮件的不必填。"
    )
    is_active = models.BooleanField("启用", default=True)
    must_change_password = models.BooleanField("首次登录须改密码", default=True)
    created_at = models.DateTimeField("创建时间", auto_now_add=True)

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS = ["name"]
    shown_by = ("username", "name")
    scope_rule = DistrictRule()
    objects = UserManager()

    class Meta:
        verbose_name = verbose_name_plural = "账号"
        ordering = ["username"]
        constraints = [
            models.UniqueConstraint(
                Lower("username"),
                name="user_username_alike",
                violation_error_message="已有只差大小写的同名账号。",
            )
        ]

    def __str__(self) -> str:
        return self.name or self.username

    def clean(self) -> None:
        """An empty phone number is stored as null, so that it does not collide."""
        super().clean()
        self.phone = self.phone or None

    @cached_property
    def posts(self) -> list[Post]:
        """The current assignments as light records; one query, kept for the request."""
        return [Post.of(row) for row in POSTS(timezone.localdate(), self.pk)]

    @cached_property
    def _lower_grids(self) -> dict[int, frozenset[int]]:
        """Assignment id → the grids that it reaches (its grid and those below; an area's grids)."""
        return Assignment.objects.grids_of(self.posts)

    @cached_property
    def standing(self) -> tuple[Any, ...]:
        """All that decides what the user sees: under it may be kept what depends on that (``lib.rows.written``)."""
        posts = tuple(tuple(getattr(post, name) for name in Post.__slots__) for post in self.posts)
        lower = tuple(sorted(self._lower_grids.items())) if any(p.grid_id or p.area_id for p in self.posts) else ()
        return (self.pk, self.is_active, posts, lower)

    @property
    def roles(self) -> list[str]:
        """Codes of the current roles, in the order of :class:`Role`."""
        held = {post.role for post in self.posts}
        return [role.value for role in Role if role in held]

    @cached_property
    def verbs(self) -> frozenset[str]:
        """All verbs that some current assignment gives."""
        return frozenset().union(*(ROLE_VERBS[post.role] for post in self.posts))

    def can(self, verb: str) -> bool:
        """True when some current assignment gives ``verb``, wherever it applies."""
        return verb in self.verbs

    def scope_for(self, verb: str | None = None) -> Scope:
        """The places and organisations where ``verb`` is held (``None``: any assignment's)."""
        cache: dict[str | None, Scope] = self.__dict__.setdefault("_scopes", {})
        if verb not in cache:
            cache[verb] = self._build_scope([p for p in self.posts if verb is None or verb in ROLE_VERBS[p.role]])
        return cache[verb]

    def _build_scope(self, posts: list[Post]) -> Scope:
        if not posts or not self.is_active:
            return NOTHING
        if any(post.role in DISTRICT_ROLES for post in posts):
            return Scope(district=True)
        grids: frozenset[int] = frozenset()
        if any(post.grid_id or post.area_id for post in posts):
            grids = frozenset().union(*(self._lower_grids.get(post.id, frozenset()) for post in posts))

        def keys(name: str) -> frozenset[int]:
            return frozenset(value for post in posts if (value := getattr(post, name)))

        return Scope(
            streets=keys("street_id"),
            communities=keys("community_id"),
            grids=grids,
            organisations=keys("organisation_id"),
            areas=keys("area_id"),
            upper_streets=keys("upper_street_id"),
            upper_communities=keys("upper_community_id"),
        )


class AssignmentQuerySet(ScopedQuerySet):
    """Questions to the assignments."""

    def current(self, on: date | None = None) -> "AssignmentQuerySet":
        """Assignments in force on a day, by default today."""
        today = on or timezone.localdate()
        return self.filter(starts__lte=today).filter(Q(ends__isnull=True) | Q(ends__gte=today))

    def post_rows(self) -> "AssignmentQuerySet":
        """The assignments as rows for :meth:`Post.of`."""
        return self.order_by("id").values_list(
            *("id", "role", "street_id", "community_id", "grid_id", "area_id", "organisation_id"),
            *("community__street_id", "grid__street_id", "grid__community_id", "area__street_id"),
        )

    def grids_of(self, posts: list[Post]) -> dict[int, frozenset[int]]:
        """Assignment id → ids of the grids it reaches: its own and all below, or its area's."""
        grid_model = self.model._meta.get_field("grid").related_model
        by_grid = grid_model.objects.descendants_of({post.grid_id for post in posts if post.grid_id})
        by_area = grid_model.objects.of_areas({post.area_id for post in posts if post.area_id})
        return {
            post.id: by_grid.get(post.grid_id, frozenset()) | by_area.get(post.area_id, frozenset()) for post in posts
        }


TARGETS = ("street", "community", "grid", "area", "organisation")


def target_fits_role() -> Q:
    """The condition that an assignment names the target of its role (``ROLE_TARGET``) and no other."""
    fits = Q()
    for wanted in dict.fromkeys(ROLE_TARGET.values()):
        roles = sorted(role for role, target in ROLE_TARGET.items() if target == wanted)
        named = {f"{wanted}__isnull": False} if wanted else {}
        others = dict.fromkeys([name for name in TARGETS if name != wanted])
        role = {"role__in": roles} if len(roles) > 1 else {"role": roles[0]}
        fits |= Q(**role, **named, **others)
    return fits


class Assignment(Versioned):
    """A post: who holds which role, where, from when to when."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="assignments", verbose_name="账号")
    role = models.CharField("角色", max_length=30, choices=Role.choices)
    street = models.ForeignKey(
        "streets.Street", on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="街道"
    )
    community = models.ForeignKey(
        "communities.Community",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="社区",
    )
    grid = models.ForeignKey(
        "grids.Grid", on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="网格"
    )
    area = models.ForeignKey(
        "grids.Area", on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="片区"
    )
    organisation = models.ForeignKey(
        "streets.Organisation",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="单位",
    )
    starts = models.DateField("任职起", default=timezone.localdate)
    ends = models.DateField("任职止", null=True, blank=True)

    scope_rule = DistrictRule()
    objects = AssignmentQuerySet.as_manager()
    TARGETS = TARGETS

    class Meta:
        verbose_name = verbose_name_plural = "任职"
        ordering = ["user__username", "starts"]
        indexes = [
            models.Index(fields=["role", "street"], name="assignment_street"),
            models.Index(fields=["role", "community"], name="assignment_community"),
            models.Index(fields=["role", "grid"], name="assignment_grid"),
            models.Index(fields=["role", "organisation"], name="assignment_organisation"),
        ]
        constraints = [
            models.CheckConstraint(
                name="assignment_target_fits_role",
                condition=target_fits_role(),
                violation_error_message="任职的地点或单位与角色不符。",
            ),
            models.CheckConstraint(
                name="assignment_dates",
                condition=Q(ends__isnull=True) | Q(ends__gte=models.F("starts")),
                violation_error_message="任职止不能早于任职起。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} {self.get_role_display()}"

    def overlapping(self) -> "AssignmentQuerySet":
        """The user's other assignments that are in force on some day of this one."""
        others = Assignment.objects.filter(user_id=self.user_id).exclude(pk=self.pk)
        others = others.filter(Q(ends__isnull=True) | Q(ends__gte=self.starts))
        return others.filter(starts__lte=self.ends) if self.ends else others

    def _refuse_mixed_powers(self) -> None:
        if self.user_id is None or self.role not in Role.values or not self.starts:
            return
        for other in set(self.overlapping().order_by().values_list("role", flat=True)) - {self.role}:
            if other in ADMIN_ROLES or self.role in ADMIN_ROLES:
                raise ValidationError(
                    {"role": f"三员分立：{Role(self.role).label}不能与{Role(other).label}同时由一人担任。"}
                )

    def clean(self) -> None:
        """Say beside the field which target the role needs, that the others stay empty, and keep the
        three administrators apart from each other and from business roles."""
        super().clean()
        self._refuse_mixed_powers()
        wanted = ROLE_TARGET.get(self.role)
        errors = {}
        for name in self.TARGETS:
            label = self._meta.get_field(name).verbose_name
            if name == wanted and getattr(self, f"{name}_id") is None:
                errors[name] = f"该角色须选择{label}。"
            if name != wanted and getattr(self, f"{name}_id") is not None:
                errors[name] = f"该角色不选{label}。"
        if errors:
            raise ValidationError(errors)

    @property
    def target(self) -> models.Model | None:
        """The place or organisation of the post; None for the whole district."""
        wanted = ROLE_TARGET[self.role]
        return getattr(self, wanted) if wanted else None


# The posts of a user on a day: asked by every request of somebody signed in.
POSTS = Prepared(
    lambda today, user: Assignment.objects.current(today).filter(user=user).post_rows(), date(1900, 1, 2), 987654321
)


class ApiToken(models.Model):
    """A key for programs; only its SHA-256 digest is stored."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="api_tokens", verbose_name="账号")
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField("签发时间", auto_now_add=True)
    expires_at = models.DateTimeField("到期时间")
    revoked_at = models.DateTimeField("注销时间", null=True, blank=True)
    last_used_on = models.DateField("最近使用", null=True, blank=True)

    scope_rule = OwnRule()
    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "接口令牌"
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"令牌 {self.pk}"

    @property
    def has_expired(self) -> bool:
        """True when its time is over, revoked or not."""
        return self.expires_at <= timezone.now()


class IdempotentRequest(models.Model):
    """The first answer to a POST that carried an ``Idempotency-Key``; forgotten after some days."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=100)
    path = models.CharField(max_length=300)
    body_digest = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    answer = models.JSONField(null=True)
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="idempotent_request_key")]

    def __str__(self) -> str:
        return self.key


class Preference(models.Model):
    """What a user chose to keep: columns of a register, filters of a list, large text."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="preferences")
    key = models.CharField(max_length=80)
    value = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="preference_key")]

    def __str__(self) -> str:
        return self.key


class SavedFilter(models.Model):
    """A named filter of a list page: the query string, and which page it belongs to.

    Its owner may share it with a place where they hold office: a community, a street or
    (without either) the district. It is a query string and no more: whoever uses it sees
    their own rows.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="saved_filters", verbose_name="账号")
    page = models.CharField("页面", max_length=60)
    name = models.CharField("名称", max_length=30)
    query = models.CharField("条件", max_length=1000, blank=True)
    created_at = models.DateTimeField("保存时间", auto_now_add=True)
    is_shared = models.BooleanField("共享", default=False)
    street = models.ForeignKey(
        "streets.Street", on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="共享给街道"
    )
    community = models.ForeignKey(
        "communities.Community",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="共享给社区",
    )

    scope_rule = OwnRule(shared=SharedRule(whole=Q(is_shared=True, street=None, community=None)))
    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "常用筛选"
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                name="saved_filter_shared_with_one_place",
                condition=Q(street=None, community=None)
                | Q(is_shared=True, street=None, community__isnull=False)
                | Q(is_shared=True, street__isnull=False, community=None),
                violation_error_message="常用筛选只能共享给一处。",
            ),
            models.UniqueConstraint(
                fields=["user", "page", "name"],
                name="saved_filter_name",
                violation_error_message="已有同名的常用筛选。",
            ),
        ]

    def __str__(self) -> str:
        return self.name
