"""``manage.py erase_contacts``: what the daily job does, now; with ``--dry-run`` only what it would do."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from grids.reporters import erasure
from suzhou_portal.audit.models import AuditEntry
from suzhou_portal.audit.trail import audit_context


class Command(BaseCommand):
    """Erase what is due. Exits with 1 when a contact could not be decrypted."""

    help = "清除办结已满保存期的反映人联系方式，连同办理记录中出现的姓名、电话。"

    def add_arguments(self, parser: ArgumentParser) -> None:
        """See Django."""
        parser.add_argument("--dry-run", action="store_true", help="只列出将清除多少，不清除")

    def handle(self, *args: Any, dry_run: bool, **options: Any) -> None:
        """Run, and say what was (or would be) done: counts, no contents."""
        before = erasure.cutoff()
        self.stdout.write(f"办结早于 {timezone.localtime(before):%Y-%m-%d %H:%M} 的事件：")
        if dry_run:
            rows = erasure.due_by_community(before)
            for row in rows:
                place = " ".join(filter(None, [row["street"], row["community"]]))
                self.stdout.write(
                    f"  {place}：{row['issues']} 件，联系方式 {row['contacts']} 条，附件 {row['files']} 个"
                )
            contacts, files = (sum(row[name] for row in rows) for name in ("contacts", "files"))
            self.stdout.write(f"将清除联系方式 {contacts} 条、附件 {files} 个（试运行，未清除）。")
            return
        with audit_context(AuditEntry.Source.COMMAND):
            done = erasure.erase_due()
        self.stdout.write(
            f"已清除 {done.contacts} 条联系方式，涉及 {done.issues} 件；文字 {done.texts} 处，附件 {done.files} 个。"
        )
        if done.failed:
            raise CommandError(f"{done.failed} 件的联系方式无法读取（缺少数据密钥），没有清除。")
