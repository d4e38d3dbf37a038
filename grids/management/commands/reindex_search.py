"""``manage.py reindex_search``: the search text of issues anew."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from tqdm import tqdm

from grids.issues.models import Issue
from grids.searching.services import reindex


class Command(BaseCommand):
    """Stores what is searched of every issue; safe to run again, and while people work."""

    help = "重建网格事件的搜索索引（恢复备份、升级之后）；--missing 只补缺的。可重复执行。"

    def add_arguments(self, parser: CommandParser) -> None:
        """Which issues."""
        parser.add_argument("--missing", action="store_true", help="只为还没有索引的事件建立")

    def handle(self, *args: Any, **options: Any) -> None:
        """Index, with progress, and tell how many."""
        issues = Issue.objects.all()  # unscoped: the index belongs to no user
        if options["missing"]:
            issues = issues.filter(search_text=None)
        total = issues.count()
        if options["missing"] and not total:
            return
        with tqdm(total=total, desc="建立搜索索引", unit="件", disable=not total or options["verbosity"] == 0) as bar:
            count = reindex(issues, progress=bar.update)
        if options["verbosity"]:
            self.stdout.write(f"搜索索引：已建立 {count} 件。")
