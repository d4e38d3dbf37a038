"""What is done with accounts: signing in and out, passwords, posts. Each with its audit entry."""

import secrets
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import HttpRequest

from suzhou_portal.accounts import throttling
from suzhou_portal.accounts.backends import account_named
from suzhou_portal.accounts.models import Assignment, User
from suzhou_portal.accounts.tokens import revoke_all_tokens
from suzhou_portal.audit import trail
from suzhou_portal.audit.describing import name_actions
from suzhou_portal.lib.rows import records

# Without 0 O 1 l I: it is read out over the telephone or copied from paper.
_ALPHABET = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"
NOT_YOURSELF = "三员分立：不能为自己办理，请由另一名安全管理员办理。"

name_actions(
    {
        "sign_in": "登录",
        "sign_in_failed": "登录失败",
        "sign_in_locked": "登录失败并锁定",
        "sign_out": "退出登录",
        "password_change": "修改密码",
        "password_reset": "重置密码",
        "activate": "启用账号",
        "deactivate": "停用账号",
        "unlock": "解除锁定",
        "token.create": "签发令牌",
        "token.revoke": "注销令牌",
    },
    group="账号",
)


def initial_password() -> str:
    """A random one-time password of three groups of five characters (about 87 bits)."""
    return "-".join("".join(secrets.choice(_ALPHABET) for _ in range(5)) for _ in range(3))


# --- Signing in and out -----------------------------------------------------------------


@transaction.atomic
def record_sign_in(*, user: User, reason: str = "") -> None:
    """Put a successful sign-in into the trail."""
    trail.record("sign_in", user, by=user, reason=reason)


@transaction.atomic
def record_sign_out(*, user: User) -> None:
    """Put a sign-out into the trail."""
    trail.record("sign_out", user, by=user)


@transaction.atomic
def record_failed_sign_in(*, request: HttpRequest, typed: str) -> None:
    """Put a failed sign-in into the trail, after ``authenticate(request=request, …)`` found nobody.

    The account that was meant is named; what else was typed is never kept. Attempts that
    a lock turned away are not recorded: the entry of the lock stands for them.
    """
    failures = getattr(request, "axes_failures_since_start", None)
    if getattr(request, "axes_locked_out", False) and failures is None:
        return
    user = account_named(typed)
    action = "sign_in_locked" if getattr(request, "axes_locked_out", False) else "sign_in_failed"
    reason = "" if user is None or user.is_active else "账号已停用"
    trail.record(action, user, by=None, reason=reason if user else "账号不存在")


# --- Passwords --------------------------------------------------------------------------


def _set_password(user: User, password: str, *, must_change: bool, by: User, action: str) -> User:
    row = User.objects.select_for_update().get(pk=user.pk)
    before = trail.snapshot(row)
    row.set_password(password)
    row.must_change_password = must_change
    row.version += 1
    row.save(update_fields=["password", "must_change_password", "version"])
    trail.record(action, row, by=by, changes=trail.diff(before, trail.snapshot(row)))
    revoke_all_tokens(user=row, by=by, reason="密码已更换")
    return row


@transaction.atomic
def change_password(*, user: User, password: str) -> User:
    """Give ``user`` the password that they chose; ends their tokens. Returns the fresh row.

    The password has been validated. Other sessions end by themselves, for a session is
    tied to the password's hash; the caller keeps the own one.
    """
    return _set_password(user, password, must_change=False, by=user, action="password_change")


@transaction.atomic
def reset_password(*, user: User, by: User) -> str:
    """Give ``user`` a new one-time password, which is returned and stored nowhere.

    Their sessions and tokens end, a lock is lifted. ``PermissionDenied`` for the own account.
    """
    _not_yourself(user, by)
    password = initial_password()
    _set_password(user, password, must_change=True, by=by, action="password_reset")
    throttling.unlock(user)
    return password


# --- Accounts and posts -----------------------------------------------------------------


def _not_yourself(user: User, by: User) -> None:
    if user.pk == by.pk:
        raise PermissionDenied(NOT_YOURSELF)


# Names of pages below /accounts/users/, where an account is addressed by its name.
RESERVED_NAMES = frozenset({"new", "import", "export", "template", "columns", "choices", "none"})


def refuse_unclear_name(user: User) -> None:
    """One sign-in name, one account: none may be called like another's phone number or like a page.

    Raises ``ValidationError`` for ``username`` or ``phone``.
    """
    if user.username.lower() in RESERVED_NAMES:
        raise ValidationError({"username": "该账号名为系统保留，请换一个。"})
    others = User.objects.exclude(pk=user.pk)
    if others.filter(phone=user.username).exists():
        raise ValidationError({"username": "该账号与其他账号的手机号相同。"})
    if user.phone and others.filter(username=user.phone).exists():
        raise ValidationError({"phone": "该手机号与其他账号的名称相同。"})


@transaction.atomic
def create_account(*, user: User, by: User) -> str:
    """Save the new account ``user`` with a one-time password, which is returned and stored nowhere.

    Raises ``ValidationError`` with messages per field.
    """
    password = initial_password()
    user.set_password(password)
    user.must_change_password = True
    refuse_unclear_name(user)
    records.create(user, by=by)
    return password


@transaction.atomic
def edit_account(*, user: User, values: dict[str, Any], by: User, version: int | None = None) -> User:
    """Change name, phone or account name of ``user``; see :func:`suzhou_portal.lib.rows.records.update`."""
    _not_yourself(user, by)
    row = records.update(user, values, by=by, version=version)
    refuse_unclear_name(row)
    return row


@transaction.atomic
def set_active(*, user: User, active: bool, by: User) -> User:
    """Open or close an account. A closed one is out at once: sessions, tokens, sign-in."""
    _not_yourself(user, by)
    row = records.update(user, {"is_active": active}, by=by, action="activate" if active else "deactivate")
    if not active:
        revoke_all_tokens(user=row, by=by, reason="账号已停用")
    return row


@transaction.atomic
def unlock(*, user: User, by: User) -> None:
    """Let ``user`` try to sign in again before the lock ends by itself."""
    throttling.unlock(user)
    trail.record("unlock", user, by=by)


@transaction.atomic
def give_post(*, post: Assignment, by: User) -> Assignment:
    """Save a new assignment. ``PermissionDenied`` for the own account, ``ValidationError`` per field."""
    _lock_holder(post, by)
    records.create(post, by=by)
    return post


@transaction.atomic
def edit_post(*, post: Assignment, values: dict[str, Any], by: User, version: int | None = None) -> Assignment:
    """Change an assignment, e.g. end it. As :func:`give_post`; neither holder may be the editor."""
    _lock_holder(post, by)
    if "user" in values:
        _not_yourself(values["user"], by)
        User.objects.select_for_update().get(pk=values["user"].pk)
    return records.update(post, values, by=by, version=version)


def _lock_holder(post: Assignment, by: User) -> None:
    """Two assignments of one person are checked one after the other."""
    if post.user_id is not None:
        holder = User.objects.select_for_update().get(pk=post.user_id)
        _not_yourself(holder, by)
