"""Is the portal alive (``/healthz``), and is it ready to work (``/readyz``, the page 运行状态)?"""

import os
from collections.abc import Callable
from dataclasses import dataclass

import redis
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import path
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from suzhou_portal.accounts.roles import Verb
from suzhou_portal.files.models import Attachment
from suzhou_portal.lib.documents import rendering as documents
from suzhou_portal.lib.rows.counts import capped_counts, capped_text
from suzhou_portal.notices.models import HEARTBEAT_MAX_AGE, STUCK_AFTER, Delivery, Heartbeat, OutboxMessage
from suzhou_portal.rules.calendars import known_until, missing_years
from suzhou_portal.rules.models import CalendarRevision

OK = "ok"
BROKER_TIMEOUT = 2  # seconds
COUNTED = 1000


def check_database() -> str:
    """The database answers a query."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return OK


def check_migrations() -> str:
    """The tables are those of this version of the portal."""
    executor = MigrationExecutor(connection)
    waiting = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    return f"有 {waiting} 项数据库变更未执行" if waiting else OK


def check_broker() -> str:
    """The job queue takes messages: Redis answers, or the queue's folder can be written."""
    if not settings.REDIS_URL:
        return OK if os.access(settings.QUEUE_DIR / "messages", os.W_OK) else "任务队列目录不可写"
    timeouts = {"socket_connect_timeout": BROKER_TIMEOUT, "socket_timeout": BROKER_TIMEOUT}
    client = redis.Redis.from_url(settings.REDIS_URL, **timeouts)
    try:
        client.ping()
    except redis.RedisError:
        return "任务队列连不上"
    finally:
        client.close()
    return OK


def check_worker() -> str:
    """A scheduled job ran a moment ago, so the scheduler sends and the worker works."""
    heartbeat = Heartbeat.objects.filter(name="worker").first()
    if heartbeat is None:
        return "后台任务还没有运行过"
    age = timezone.now() - heartbeat.at
    return OK if age < HEARTBEAT_MAX_AGE else f"后台任务已停 {int(age.total_seconds())} 秒"


def check_outbox() -> str:
    """Messages reach the inboxes: none has waited for long."""
    waiting = OutboxMessage.objects.filter(delivered_at=None)
    oldest = waiting.order_by("id").values_list("created_at", flat=True).first()
    if oldest is None or timezone.now() - oldest < STUCK_AFTER:
        return OK
    return f"有消息等待了 {int((timezone.now() - oldest).total_seconds() // 60)} 分钟，未进收件箱"


def check_deliveries() -> str:
    """Nothing that was to be sent outside the portal has been given up."""
    # unscoped: a number for the administrator
    (dead,) = capped_counts([Delivery.objects.filter(state=Delivery.State.DEAD)], COUNTED)
    return f"有 {capped_text(dead, COUNTED)} 条推送未送达" if dead else OK


CHECKS: dict[str, tuple[str, Callable[[], str]]] = {
    "database": ("数据库", check_database),
    "migrations": ("数据库结构", check_migrations),
    "broker": ("任务队列", check_broker),
    "worker": ("后台任务", check_worker),
    "outbox": ("站内消息", check_outbox),
    "deliveries": ("消息推送", check_deliveries),
}


@dataclass(frozen=True)
class Remedy:
    """What to do about a check that fails, and the command lines for it."""

    words: str
    commands: tuple[str, ...] = ()


def _start_worker() -> Remedy:
    worker = "celery -A suzhou_portal worker --pool=threads"
    if settings.REDIS_URL:
        beat = "celery -A suzhou_portal beat"
        return Remedy(
            "启动后台任务。容器部署执行第一行；不用容器的，启动后两行的两个进程：",
            ("docker compose up --detach worker beat", worker, beat),
        )
    alone = f".venv/bin/python -m {worker} -B --concurrency=2"
    return Remedy("停止平台后执行第一行，网页和后台任务一并启动；只补后台任务的，执行第二行：", ("make run", alone))


def _reach_broker() -> Remedy:
    return Remedy("启动 Redis，或检查 REDIS_URL。" if settings.REDIS_URL else "检查 PORTAL_STATE_DIR 目录的写权限。")


# Told on the page, to the administrator alone.
REMEDIES: dict[str, Callable[[], Remedy]] = {
    "migrations": lambda: Remedy(
        "执行数据库变更（容器部署执行第二行）：", ("python manage.py migrate", "docker compose run --rm migrate")
    ),
    "broker": _reach_broker,
    "worker": _start_worker,
    "outbox": lambda: Remedy("后台任务没有运行的，先启动后台任务；仍不减少的，查看其日志。"),
    "deliveries": lambda: Remedy("在“消息投递”中查看原因，处理后重新发送。"),
}
# For people to see to; the portal works, and taking it from its users would not help.
ADVISORY = frozenset({"deliveries"})


def findings() -> dict[str, str]:
    """Name of each check → ``ok``, or the problem in Chinese (without addresses or names of hosts)."""
    found = {}
    for name, (_label, check) in CHECKS.items():
        try:
            found[name] = check()
        except DatabaseError:
            found[name] = "数据库连不上" if name == "database" else "数据库查询失败"
    return found


@login_not_required
@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers; nothing else is asked, so that a slow database restarts nobody."""
    return JsonResponse({"status": OK})


@login_not_required
@never_cache
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """All checks as JSON; 503 when one fails that is more than advice."""
    found = findings()
    ready = all(value == OK for name, value in found.items() if name not in ADVISORY)
    return JsonResponse(found, status=200 if ready else 503, json_dumps_params={"ensure_ascii": False})


def _told(name: str, problem: str) -> tuple[str, bool, str, Remedy | None]:
    """A line of the page: the check, is it well, the problem, what to do about it."""
    well = problem == OK
    return CHECKS[name][0], well, problem, None if well or name not in REMEDIES else REMEDIES[name]()


@never_cache
@require_safe
def operations(request: HttpRequest) -> HttpResponse:
    """The page 运行状态 for the system administrator."""
    if not request.user.can(Verb.OPERATIONS_VIEW):  # type: ignore[union-attr]
        raise PermissionDenied
    (waiting,) = capped_counts([OutboxMessage.objects.filter(delivered_at=None)], COUNTED)
    context = {
        "checks": [_told(name, problem) for name, problem in findings().items()],
        "heartbeats": Heartbeat.objects.order_by("name"),
        "lost_files": Attachment.objects.filter(missing_at__isnull=False).count(),
        "waiting": capped_text(waiting, COUNTED),
        "database": "SQLite（内置）" if settings.SQLITE else "PostgreSQL",
        "documents": documents.findings(),
        "known_until": known_until(),
        "missing_years": missing_years(),
        "calendar_changes": list(CalendarRevision.objects.exclude(by=None).select_related("by").order_by("-id")[:3]),
        "queue": "Redis" if settings.REDIS_URL else "本机目录（内置）",
    }
    return render(request, "operations.html", context)


urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("operations/", operations, name="operations"),
]
