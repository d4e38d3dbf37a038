"""``manage.py rotate_data_keys``: seal anew what is encrypted with another key or cipher than today's."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from suzhou_portal.audit.models import AuditEntry
from suzhou_portal.audit.trail import audit_context
from suzhou_portal.lib.rows import sealed


class Command(BaseCommand):
    """Re-encrypt; may be stopped and started again. Exits with 1 when a row cannot be opened."""

    help = "用现行的数据密钥和算法重新加密库中的加密内容；可以中断后再次运行。"

    def add_arguments(self, parser: ArgumentParser) -> None:
        """See Django."""
        parser.add_argument("--batch", type=int, default=sealed.BATCH, help="每批行数")

    def handle(self, *args: Any, batch: int, **options: Any) -> None:
        """Run, and say what was done."""
        with audit_context(AuditEntry.Source.COMMAND):
            done = sealed.rotate(batch=max(1, batch))
        self.stdout.write(f"重新加密 {done.rows} 行。")
        if done.failed:
            told = "、".join(f"{key} {count} 行" for key, count in sorted(done.failed.items()))
            raise CommandError(f"有内容无法读取，请补上缺少的密钥后再次运行：{told}。")
