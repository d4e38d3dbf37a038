"""Sign-in throttling (django-axes): five failures from one address lock an account there for a while; many failures
over whatever accounts from one address lock the address.
"""

import hashlib
from datetime import timedelta
from typing import Any

from axes.handlers.database import AxesDatabaseHandler
from axes.helpers import get_cool_off
from axes.models import AccessAttempt
from axes.utils import reset
from django.conf import settings
from django.db.models import Sum
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone

from suzhou_portal.accounts.backends import account_named
from suzhou_portal.accounts.models import User
from suzhou_portal.audit.origin import client_address
from suzhou_portal.lib.api.problems import CONTENT_TYPE, problem


def cool_off() -> timedelta:
    """How long a lock lasts after the last failure that counted."""
    return get_cool_off() or timedelta()


def account_name(request: HttpRequest, credentials: dict[str, Any] | None = None) -> str:
    """What failures are counted under: the account's name, also when its phone number was typed.

    Names of no account are kept as a digest only: people mistype, and type passwords there.
    """
    typed = (credentials or {}).get("username") or request.POST.get("username") or ""
    if not isinstance(typed, str):
        typed = ""
    known: dict[str, str] = request.__dict__.setdefault("_account_names", {})
    if typed not in known:
        user = account_named(typed)
        digest = hashlib.sha256(typed.strip().encode(errors="replace")).hexdigest()[:20]
        known[typed] = user.username if user else f"?{digest}"
    return known[typed]


# Failures of all accounts together from one address within the cool-off: an office behind one address mistypes less.
ADDRESS_LIMIT = 30


def address_is_locked(request: HttpRequest) -> bool:
    """One address has tried too many passwords, on whatever accounts."""
    recent = AccessAttempt.objects.filter(
        ip_address=client_address(request), attempt_time__gte=timezone.now() - cool_off()
    )
    total = recent.aggregate(total=Sum("failures_since_start"))["total"] or 0
    return bool(total >= ADDRESS_LIMIT)


class Handler(AxesDatabaseHandler):
    """Locks an account at an address, and an address."""

    def is_locked(self, request: HttpRequest, credentials: dict[str, Any] | None = None) -> bool:
        """See django-axes."""
        return super().is_locked(request, credentials) or address_is_locked(request)


def locked_out(request: HttpRequest, original_response: Any, credentials: Any = None) -> HttpResponse:
    """The answer to a locked-out attempt: 429 as a page, or as problem details for ``/api/``."""
    wait = cool_off()
    minutes = max(1, round(wait.total_seconds() / 60))
    if address_is_locked(request):
        detail = f"此处登录失败次数过多，暂停登录，请 {minutes} 分钟后再试。"
    else:
        detail = f"密码连续输错 {settings.AXES_FAILURE_LIMIT} 次，该账号在此处暂停登录，请 {minutes} 分钟后再试。"
    if request.path.startswith("/api/"):
        response: HttpResponse = JsonResponse(problem(429, "throttled", detail), status=429, content_type=CONTENT_TYPE)
    else:
        response = render(request, "accounts/locked.html", {"detail": detail}, status=429)
    response["Retry-After"] = str(int(wait.total_seconds()))
    response["Cache-Control"] = "no-store"
    return response


def is_locked(user: User) -> bool:
    """True when the account is locked at one address or more right now."""
    recent = AccessAttempt.objects.filter(username=user.username, attempt_time__gte=timezone.now() - cool_off())
    sums = recent.order_by().values("ip_address").annotate(total=Sum("failures_since_start"))
    return sums.filter(total__gte=settings.AXES_FAILURE_LIMIT).exists()


def unlock(user: User) -> int:
    """Forget the account's failures everywhere; returns how many records there were."""
    return int(reset(username=user.username))
