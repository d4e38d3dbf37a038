"""The commands that start a portal's life."""

import re

import pytest
from django.core.management import CommandError, call_command

from suzhou_portal.accounts.models import User
from suzhou_portal.accounts.roles import Role
from suzhou_portal.audit.models import AuditEntry
from suzhou_portal.notices.services import beat

pytestmark = [pytest.mark.django_db, pytest.mark.dialect]


def test_the_first_security_administrator_can_sign_in_and_must_change_the_password(capsys):
    call_command("create_security_admin", "anquan", "张三")
    password = re.search(r"初始密码 (\S+) ", capsys.readouterr().out)[1]
    user = User.objects.get(username="anquan")
    assert (user.roles, user.must_change_password) == ([Role.SECURITY], True)
    assert user.check_password(password)
    assert AuditEntry.objects.filter(action="create", actor=None).count() == 2


def test_there_is_only_one_first_administrator():
    call_command("create_security_admin", "anquan", "张三")
    with pytest.raises(CommandError, match="已有安全管理员"):
        call_command("create_security_admin", "second", "李四")
    assert User.objects.count() == 1


def test_a_bad_name_leaves_nothing_behind():
    with pytest.raises(CommandError, match="账号为"):
        call_command("create_security_admin", "no!marks", "张三")
    assert not User.objects.exists()


def test_the_heartbeat_check_fails_until_a_job_has_run():
    with pytest.raises(CommandError, match="没有在运行"):
        call_command("check_heartbeat")
    beat("worker")
    call_command("check_heartbeat")
