"""``manage.py check_heartbeat``: the health check of the scheduler's container."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from suzhou_portal.notices.models import HEARTBEAT_MAX_AGE, Heartbeat


class Command(BaseCommand):
    """Exit code 1 when no scheduled job has run lately: the scheduler or the worker stands still."""

    help = "检查定时任务是否在运行：最近没有运行过则退出码为 1。"
    requires_system_checks: list[str] = []  # asked every minute; the database is all that it needs

    def handle(self, *args: Any, **options: Any) -> None:
        """See the class."""
        if not Heartbeat.objects.filter(name="worker", at__gt=timezone.now() - HEARTBEAT_MAX_AGE).exists():
            raise CommandError("定时任务没有在运行。")
