"""``manage.py measure_categories``: how often is the right category among those that are suggested?"""

import csv
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from grids.categories import measuring


class Command(BaseCommand):
    """Measures the categories as they stand in the database, with the sentences of a file."""

    help = "用例句检验推荐分类：首位、前三位命中率（全部例句、留出例句），并列出首位未中的例句。"

    def add_arguments(self, parser: ArgumentParser) -> None:
        """See Django."""
        parser.add_argument(
            "file",
            nargs="?",
            type=Path,
            default=measuring.SENTENCES,
            help="CSV 文件（code、part、text）；缺省为自带例句",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the figures of the whole and of each part, and what was missed."""
        try:
            measured = measuring.measure(options["file"])
        except (OSError, KeyError, csv.Error, UnicodeDecodeError) as error:
            raise CommandError(f"文件不能读取：{error}") from None
        if not measured:
            raise CommandError("文件里没有例句。")
        for name, answers in measuring.parts_of(measured).items():
            first, shown = (measuring.rate(answers, within) for within in (1, measuring.FEW))
            self.stdout.write(f"{name} {len(answers)} 句：首位 {first:.1%}，前三位 {shown:.1%}")
        for answer in measured:
            if not answer.within(1):
                where = "前三位内" if answer.within(measuring.FEW) else "前三位外"
                self.stdout.write(
                    f"  {where}  应为 {answer.code}，推荐 {'、'.join(answer.suggested) or '无'}：{answer.text}"
                )
