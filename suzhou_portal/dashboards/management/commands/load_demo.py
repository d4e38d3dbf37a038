"""``manage.py load_demo``: the demo district, once."""

from datetime import date
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from tqdm import tqdm

from suzhou_portal.dashboards.demo.accounts import demo_password
from suzhou_portal.dashboards.demo.loading import NotEmpty, Wish, is_loaded, load

ACCOUNTS = (
    "district 区委组织部|street.1–4 街道|community.1–21 社区|grid.1–147 网格长|area.1–22 片区长",
    "department.1–20 职能部门|unit.1–343 物业公司、共建单位|auditor、security、system 三员",
)


class Command(BaseCommand):
    """Loads made-up people and events into the real places; does nothing where issues exist."""

    help = "载入演示数据（人员、单位、事件均为虚构）；已有事件时不作任何改动。"

    def add_arguments(self, parser: CommandParser) -> None:
        """Scale, seed and the day on which the demo stands."""
        parser.add_argument("--scale", type=float, default=1.0, help="事件数量的倍数，1 为约 20000 件")
        parser.add_argument("--seed", type=int, default=620902, help="随机种子：相同种子、相同日期，数据相同")
        parser.add_argument("--today", type=date.fromisoformat, default=None, help="数据截止于这一天零时，默认今天")

    def handle(self, *args: Any, **options: Any) -> None:
        """Load, and tell the accounts and their password."""
        if is_loaded():
            self.stdout.write("已有事件数据，未作改动。")
            return
        if not (settings.DEMO or settings.DEBUG):
            raise CommandError("演示数据只能载入演示环境：请设置 PORTAL_DEMO=1。")
        if options["scale"] <= 0:
            raise CommandError("--scale 须大于 0。")
        wish = Wish(options["scale"], options["seed"], options["today"] or timezone.localdate())
        password = demo_password()
        try:
            with tqdm(total=wish.issues, desc="载入演示事件", unit="件", disable=options["verbosity"] == 0) as bar:
                counts = load(wish, password=password, progress=bar.update)
        except NotEmpty:
            raise CommandError("数据库中已有网格或同名账号，请在空库中载入演示数据。") from None
        self.stdout.write("已载入：" + "，".join(f"{name} {count}" for name, count in counts.items()))
        for line in ACCOUNTS:
            self.stdout.write("演示账号：" + line)
        self.stdout.write(f"统一密码：{password}")
