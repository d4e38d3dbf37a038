"""``manage.py check_files``: do the attachments and the files on the disk match?"""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from suzhou_portal.files import sweeping


class Command(BaseCommand):
    """Reports; with ``--clean`` it deletes files without a row and marks attachments without a file."""

    help = "核对附件与磁盘上的文件：列出没有记录的文件、缺失文件的附件；--clean 删除前者并标记后者。"

    def add_arguments(self, parser: ArgumentParser) -> None:
        """See Django."""
        parser.add_argument("--clean", action="store_true", help="删除没有记录的文件（写入满 24 小时的）")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the findings; the exit code is 1 when an attachment has lost its file."""
        findings = sweeping.check(clean=options["clean"])
        self.stdout.write(f"核对附件 {findings.checked} 个。")
        self.stdout.write(f"没有记录的文件 {len(findings.orphans)} 个{'，已删除' if options['clean'] else ''}。")
        for name in findings.orphans:
            self.stdout.write(f"  {name}")
        self.stdout.write(f"缺失文件的附件 {len(findings.missing)} 个。")
        for key in findings.missing:
            self.stdout.write(f"  {key}")
        if findings.missing:
            raise SystemExit(1)
