"""``manage.py create_security_admin``: the first account, which makes all others on the portal's pages."""

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from suzhou_portal.accounts.models import Assignment, User
from suzhou_portal.accounts.roles import Role
from suzhou_portal.accounts.services import initial_password
from suzhou_portal.lib.rows import records


class Command(BaseCommand):
    """Make a security administrator with a one-time password; only while there is none."""

    help = "创建第一个安全管理员账号，显示一次性初始密码（已有安全管理员时拒绝）。"

    def add_arguments(self, parser: ArgumentParser) -> None:
        """See Django."""
        parser.add_argument("username", help="账号")
        parser.add_argument("name", help="姓名")

    @transaction.atomic
    def handle(self, *args: Any, username: str, name: str, **options: Any) -> None:
        """Prints the password; it is stored nowhere."""
        if Assignment.objects.current().filter(role=Role.SECURITY, user__is_active=True).exists():
            raise CommandError("已有安全管理员，请由其在“账号”页面办理。")
        password = initial_password()
        user = User(username=username, name=name, must_change_password=True)
        user.set_password(password)
        try:
            records.create(user, by=None, reason="命令行创建首个安全管理员")
            records.create(Assignment(user=user, role=Role.SECURITY), by=None, reason="命令行创建首个安全管理员")
        except ValidationError as exc:
            raise CommandError("；".join(exc.messages)) from exc
        self.stdout.write(f"账号 {username}，初始密码 {password} （首次登录须修改）")
