"""``manage.py load_reference``: what every update needs: reference data, and the search index where it is missing."""

from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand

from suzhou_portal.lib.rows.reference import load_reference


class Command(BaseCommand):
    """Adds what is missing; rows that exist, edited or not, stay as they are.

    An update may have emptied the search index, which is derived: it is made here, before anybody searches.
    """

    help = "载入基础数据（街道、社区、事件分类），补建搜索索引。可重复执行，不覆盖已有数据。"

    def handle(self, *args: Any, **options: Any) -> None:
        """Load, index, and tell how many rows were added."""
        added = load_reference()
        self.stdout.write("基础数据：" + "，".join(f"{name}新增 {count} 条" for name, count in added.items()))
        call_command("reindex_search", missing=True, verbosity=options["verbosity"])
