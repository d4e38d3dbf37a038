"""``manage.py load_reference``: streets, communities and issue categories."""

from typing import Any

from django.core.management.base import BaseCommand

from suzhou_portal.dashboards.reference import load_reference


class Command(BaseCommand):
    """Adds what is missing; rows that exist, edited or not, stay as they are."""

    help = "载入基础数据：街道、社区、事件分类。可重复执行，不覆盖已有数据。"

    def handle(self, *args: Any, **options: Any) -> None:
        """Load, and tell how many rows were added."""
        added = load_reference()
        self.stdout.write("基础数据：" + "，".join(f"{name}新增 {count} 条" for name, count in added.items()))
