"""Accounts and assignments, as the security administrator keeps them."""

from typing import Any

import django_filters
from django.core.exceptions import ValidationError
from django.db.models import Prefetch, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone

from suzhou_portal.accounts import services, throttling
from suzhou_portal.accounts.models import ApiToken, Assignment, User
from suzhou_portal.accounts.roles import ROLE_TARGET, Role, Verb
from suzhou_portal.accounts.views.security import show_password
from suzhou_portal.lib.registers import Register, Related, site
from suzhou_portal.lib.registers import pages as views
from suzhou_portal.lib.registers.choices import RecordForm
from suzhou_portal.lib.registers.filters import RegisterFilterSet
from suzhou_portal.lib.registers.tables import Computed
from suzhou_portal.lib.rows.stretches import name_kept

NO_FILES: dict[str, Any] = {"template": None, "import": None, "import-errors": None}


def place_of(post: Assignment) -> str:
    """Where a post is held, in words; its targets must have been fetched."""
    if post.grid is not None:
        return f"{post.grid.community} {post.grid}"
    return str(post.target or "全区")


def post_in_words(post: Assignment) -> str:
    """E.g. "街道干部（东北街街道）"."""
    return f"{post.get_role_display()}（{place_of(post)}）"


def posts_with_targets() -> QuerySet[Assignment]:
    """Assignments with all that names their place."""
    # unscoped: posts of accounts that were fetched in scope
    return Assignment.objects.select_related(*Assignment.TARGETS, "grid__community")


def current_posts_of(user: User) -> list[Assignment]:
    """The user's posts of today: as fetched with a list of accounts, or by a query of its own."""
    if hasattr(user, "current_posts"):
        name_kept(user.current_posts, *(name for name in Assignment.TARGETS if name != "grid"))
        name_kept([post.grid for post in user.current_posts if post.grid is not None], "community")
    else:
        user.current_posts = list(posts_with_targets().current().filter(user=user).order_by("pk"))
    return user.current_posts


# --- Accounts ---------------------------------------------------------------------------


class UserFilterSet(RegisterFilterSet):
    """By role: who holds it today."""

    role = django_filters.ChoiceFilter(label="现任角色", choices=Role.choices, method="by_role", empty_label="全部")

    def by_role(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        """Accounts with a current assignment of this role."""
        # unscoped: narrows rows that are already in scope
        return rows.filter(pk__in=Assignment.objects.current().filter(role=value).values("user_id"))


class UserCreatePage(views.CreatePage):
    """Adds an account and shows its one-time password, this once."""

    def post(self, request: HttpRequest) -> HttpResponse:
        """Save, or show the form again with what was typed."""
        form = self.register.form(request.user, request.POST)
        if form.is_valid():
            try:
                user, password = self.register.open_account(self.register.values(form), by=request.user)
            except ValidationError as error:
                form.add_errors(error)
            else:
                return show_password(request, user, password, fresh=True)
        return self.render({"form": form}, status=422)


class UserDetailPage(views.DetailPage):
    """An account with its posts, its tokens, and what may be done with it."""

    def context(self) -> dict[str, Any]:
        """Adds posts and tokens, newest first, the lock, and whether it is the reader's own account."""
        user: User = self.obj
        return {
            **super().context(),
            "posts": posts_with_targets().filter(user=user).order_by("-starts", "-pk"),
            # unscoped: tokens of an account that was fetched in scope
            "tokens": ApiToken.objects.filter(user=user).order_by("-created_at", "-pk")[:50],
            "locked": throttling.is_locked(user),
            "own": user == self.request.user,
            "today": timezone.localdate(),
            "new_post_url": f"{reverse('registers:assignments-create')}?user={user.username}",
        }


@site.register
class UserRegister(Register):
    """账号: everybody who signs in. Initial passwords are made by the portal and shown once."""

    model = User
    name = "users"
    view_verb = edit_verb = Verb.ACCOUNTS_MANAGE
    key = "username"
    title_column = "username"
    columns = ("username", "name", "posts", "is_active", "last_login")
    more_columns = ("phone", "email", "must_change_password", "created_at")
    computed = {
        "posts": Computed(
            "现任", lambda user: "、".join(dict.fromkeys(post_in_words(post) for post in current_posts_of(user)))
        )
    }
    filters = ("role", "is_active")
    found_by = ("username", "name")
    search = ("username", "name", "phone")
    fields = ("username", "name", "phone", "email")
    create_only = ("username",)
    related = (Related("assignments", "user"),)
    long = True
    pickable = Q(is_active=True)
    filterset_class = UserFilterSet
    views = {**Register.views, **NO_FILES, "create": UserCreatePage, "detail": UserDetailPage}

    def queryset(self) -> Any:
        """Accounts with their current posts (one more query for a page)."""
        # unscoped: posts of accounts that were fetched in scope
        current = Assignment.objects.select_related("grid").current().order_by("pk")
        return super().queryset().prefetch_related(Prefetch("assignments", current, to_attr="current_posts"))

    def may_change(self, user: Any, obj: Any) -> bool:
        """Not the own account (三员分立)."""
        return obj.pk != user.pk and super().may_change(user, obj)

    def open_account(self, values: dict[str, Any], *, by: Any) -> tuple[User, str]:
        """Save a new account; returns it and its one-time password. Raises ``ValidationError``."""
        user = User(**values)
        passwords: list[str] = []

        def save() -> User:
            passwords.append(services.create_account(user=user, by=by))
            return user

        self.kept(save, by)
        return user, passwords[0]

    def create(self, values: dict[str, Any], *, by: Any, reason: str = "") -> Any:
        """For programs: an account that opens with its first password reset."""
        return self.open_account(values, by=by)[0]

    def update(self, obj: Any, values: dict[str, Any], *, by: Any, version: int | None = None, reason: str = "") -> Any:
        """Change name or phone."""
        return self.kept(lambda: services.edit_account(user=obj, values=values, by=by, version=version), by)

    def describe(self, obj: Any) -> str:
        """The account name tells namesakes apart."""
        return f"{obj.name}（{obj.username}）"


# --- Assignments ------------------------------------------------------------------------


class PostForm(RecordForm):
    """Who holds which role where; only the target that the role needs is asked for."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        role = self.instance.role or self.data.get("role") or self.initial.get("role")
        wanted = ROLE_TARGET.get(role) if role in Role.values else None
        for name in Assignment.TARGETS:
            if name != wanted:
                self.fields.pop(name, None)
            elif name in self.fields:
                self.fields[name].required = True
                self.fields[name].error_messages["required"] = f"该角色须选择{self.fields[name].label}。"
        if "role" in self.fields:
            self._ask_again_on_role()

    def _ask_again_on_role(self) -> None:
        """Choosing another role brings the form with the field that it needs; without script, saving does."""
        field = self.fields["role"]
        field.help_text = "审计、安全、系统管理员互不兼任，也不兼任业务角色。"
        field.widget.attrs |= {
            "hx-get": reverse("registers:assignments-create"),
            "hx-include": ", ".join(f"[name={name}]" for name in ("user", "starts", "ends")),
            "hx-target": "#content",
            "hx-select": "#content",
            "hx-swap": "outerHTML",
        }

    def clean_user(self) -> User:
        """Nobody gives posts to themselves."""
        user: User = self.cleaned_data["user"]
        if user == self.user:
            raise ValidationError(services.NOT_YOURSELF, code="own")
        return user

    def _update_errors(self, errors: ValidationError) -> None:
        """The model may complain about a field that this form does not ask for: say it on top."""
        if hasattr(errors, "error_dict"):
            for name in [name for name in errors.error_dict if name not in self.fields]:
                self.add_error(None, errors.error_dict.pop(name))
        super()._update_errors(errors)


class PostFilterSet(RegisterFilterSet):
    """By state: in force today, to come, ended."""

    STATES = (("current", "在任"), ("coming", "未到任"), ("ended", "已卸任"))
    state = django_filters.ChoiceFilter(label="状态", choices=STATES, method="by_state", empty_label="全部")

    def by_state(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        """Assignments in this state today."""
        today = timezone.localdate()
        if value == "current":
            return rows.current()
        return rows.filter(starts__gt=today) if value == "coming" else rows.filter(ends__lt=today)


def state_of(post: Assignment) -> str:
    """在任, 未到任 or 已卸任, as of today."""
    today = timezone.localdate()
    if post.ends is not None and post.ends < today:
        return "已卸任"
    return "未到任" if post.starts > today else "在任"


@site.register
class AssignmentRegister(Register):
    """任职: the posts from which all rights come."""

    model = Assignment
    name = "assignments"
    view_verb = edit_verb = Verb.ACCOUNTS_MANAGE
    title_column = "user"
    columns = ("user", "role", "place", "starts", "ends", "state")
    details = columns  # the place says which of the targets it is
    computed = {"place": Computed("地点或单位", place_of), "state": Computed("状态", state_of)}
    filters = ("user", "role", "state", "street", "community", "organisation")
    open_filters = ("role", "state", "user")
    search = ("user__username", "user__name")
    fields = ("user", "role", *Assignment.TARGETS, "starts", "ends")
    create_only = ("user", "role")
    form_class = PostForm
    filterset_class = PostFilterSet
    views = {**Register.views, **NO_FILES}
    joined = (*Assignment.TARGETS, "grid__community")  # all that names their place

    def may_change(self, user: Any, obj: Any) -> bool:
        """Not the own posts (三员分立)."""
        return obj.user_id != user.pk and super().may_change(user, obj)

    def create(self, values: dict[str, Any], *, by: Any, reason: str = "") -> Any:
        """Give a post."""
        post = Assignment(**values)
        return self.kept(lambda: services.give_post(post=post, by=by), by)

    def update(self, obj: Any, values: dict[str, Any], *, by: Any, version: int | None = None, reason: str = "") -> Any:
        """Change or end a post."""
        return self.kept(lambda: services.edit_post(post=obj, values=values, by=by, version=version), by)
