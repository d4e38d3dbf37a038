"""The security administrator's pages: what roles may do, and what is done with one account."""

from collections import defaultdict
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from suzhou_portal.accounts import services, tokens
from suzhou_portal.accounts.guards import needs
from suzhou_portal.accounts.models import ApiToken, User
from suzhou_portal.accounts.roles import ADMIN_ROLES, ROLE_TARGET, ROLE_VERBS, Role, Verb

TARGET_NAMES = {
    None: "全区",
    "street": "一个街道",
    "community": "一个社区",
    "grid": "一个网格及其下级",
    "area": "一个片区",
    "organisation": "一个单位",
}
AREA_NAMES = {
    "issues": "网格事件",
    "places": "地点",
    "grids": "网格",
    "organisations": "单位",
    "catalogues": "目录",
    "figures": "统计",
    "accounts": "账号",
    "audit": "审计",
    "operations": "运行",
}


def role_table_rows() -> list[tuple[str, list[tuple[Verb, list[bool]]]]]:
    """The table of rights as it is enforced: (subject, [(verb, one flag per role)]), verbs in their own order."""
    groups: dict[str, list[tuple[Verb, list[bool]]]] = defaultdict(list)
    for verb in Verb:
        subject = verb.value.partition(".")[0]
        groups[AREA_NAMES.get(subject, subject)].append((verb, [verb in ROLE_VERBS[role] for role in Role]))
    return list(groups.items())


@require_safe
@needs(Verb.ACCOUNTS_MANAGE)
def role_table(request: HttpRequest) -> HttpResponse:
    """The permission table, to read and to print."""
    context = {
        "roles": [(role, TARGET_NAMES[ROLE_TARGET[role]], role in ADMIN_ROLES) for role in Role],
        "groups": role_table_rows(),
        "columns": len(Role) + 1,
    }
    return render(request, "accounts/role_table.html", context)


def account_or_404(request: HttpRequest, username: str) -> User:
    """The account called ``username``, in the administrator's scope."""
    if "\0" in username:
        username = ""
    return get_object_or_404(User.objects.visible_to(request.user, Verb.ACCOUNTS_MANAGE), username=username)


def show_password(request: HttpRequest, user: User, password: str, **context: Any) -> HttpResponse:
    """The page that shows a one-time password: this once, and not from any cache."""
    response = render(request, "accounts/one_time_password.html", {"account": user, "password": password, **context})
    response["Cache-Control"] = "no-store"
    return response


@require_POST
@needs(Verb.ACCOUNTS_MANAGE)
def reset_password(request: HttpRequest, username: str) -> HttpResponse:
    """Give the account a new one-time password."""
    user = account_or_404(request, username)
    return show_password(request, user, services.reset_password(user=user, by=request.user))


@require_POST
@needs(Verb.ACCOUNTS_MANAGE)
def change_state(request: HttpRequest, username: str, action: str) -> HttpResponse:
    """Close or open the account, or lift its lock."""
    user = account_or_404(request, username)
    if action == "unlock":
        services.unlock(user=user, by=request.user)
        messages.success(request, f"已解除{user}的登录锁定。")
    else:
        services.set_active(user=user, active=action == "activate", by=request.user)
        done = "已启用" if action == "activate" else "已停用"
        messages.success(request, f"{done}{user}的账号{'' if action == 'activate' else '，其登录和令牌即刻失效'}。")
    return redirect("registers:users-detail", key=user.username)


@require_POST
@needs(Verb.ACCOUNTS_MANAGE)
def revoke_token(request: HttpRequest, username: str, pk: int) -> HttpResponse:
    """End a token of the account."""
    user = account_or_404(request, username)
    if user == request.user:
        raise PermissionDenied(services.NOT_YOURSELF)
    # unscoped: tokens of an account that was fetched in scope
    token = get_object_or_404(ApiToken.objects.filter(user=user), pk=pk)
    tokens.revoke_token(token=token, by=request.user, reason="安全管理员注销")
    messages.success(request, f"已注销{user}的{token}。")
    return redirect("registers:users-detail", key=user.username)
