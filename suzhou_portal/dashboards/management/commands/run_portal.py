"""``manage.py run_portal``: everything that ``make run`` does once the packages are installed."""

import hashlib
import os
import secrets
import socket
import sys
import urllib.error
import urllib.request
from argparse import ArgumentParser
from collections import defaultdict
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connections, transaction

from suzhou_portal.accounts import demo
from suzhou_portal.accounts.models import Assignment, User
from suzhou_portal.accounts.roles import Role
from suzhou_portal.audit import trail
from suzhou_portal.supervisor import Program, Supervisor

HOST = "127.0.0.1"
THREADS = 4
MAX_WORKERS = 4


class Command(BaseCommand):
    """Prepare the database, then run the web server and the job worker until Ctrl-C."""

    help = "准备数据库，启动网页服务和后台任务；按 Ctrl-C 停止。"
    requires_system_checks: list[str] = []  # migrate runs them, once

    def add_arguments(self, parser: ArgumentParser) -> None:
        """See Django."""
        parser.add_argument("--port", type=int, default=int(os.environ.get("PORT") or 8000), help="端口，默认 8000")

    def handle(self, *args: Any, port: int, **options: Any) -> None:
        """Exits with 0 after Ctrl-C or SIGTERM, else with the code of the process that ended."""
        try:
            code = self.prepare_and_run(port)
        except KeyboardInterrupt:
            raise CommandError("已中断。", returncode=130) from None
        sys.exit(code)

    def prepare_and_run(self, port: int) -> int:
        """Prepare the database, run the processes; returns the exit code."""
        refuse_taken_port(port)
        self.say("准备数据库 …")
        call_command("migrate", verbosity=0, interactive=False)
        call_command("load_reference")
        password = self.prepare_demo() if settings.DEMO else ""
        collect_static_files()
        connections.close_all()
        self.say("启动网页服务和后台任务 …")
        announced = False

        def started() -> bool:
            nonlocal announced
            if not announced and answers(port):
                self.announce(port, password)
                announced = True
            return announced

        code, who = Supervisor([web_program(port), worker_program()]).run(started=started)
        if who:
            self.stderr.write(f"{who}已退出（代码 {code}），其余进程已停止。")
        else:
            self.say("已停止。")
        return code

    def say(self, text: str) -> None:
        """Print a line at once, also into a pipe."""
        self.stdout.write(text)
        self.stdout.flush()

    def prepare_demo(self) -> str:
        """Load the demo district if there is none, make its accounts open to the password, which is returned."""
        password = demo_password()
        os.environ["DEMO_PASSWORD"] = password
        call_command("load_demo")
        first = demo.demo_user("district")
        if first is not None and not first.check_password(password):
            set_demo_password(password)
        return password

    def announce(self, port: int, password: str) -> None:
        """Print the address and, in demo mode, the accounts."""
        line = "─" * 60
        self.say(f"\n{line}\n  {settings.PORTAL_NAME}\n  打开：http://{HOST}:{port}/　停止：Ctrl-C")
        if settings.DEMO:
            self.say(f"\n  演示账号（密码均为 {password} ）：")
            for label, names in account_lines():
                self.say(f"    {label}：{names}")
        self.say(line)


# --- The two processes ------------------------------------------------------------------


def web_program(port: int) -> Program:
    """gunicorn: one worker on SQLite, some on PostgreSQL unless WEB_CONCURRENCY says how many."""
    suitable = 1 if settings.SQLITE else min(MAX_WORKERS, os.cpu_count() or 1)
    command = [
        "-m",
        "gunicorn",
        "suzhou_portal.wsgi",
        "--bind",
        f"{HOST}:{port}",
        "--threads",
        str(THREADS),
        "--no-control-socket",
    ]
    environment = {"WEB_CONCURRENCY": os.environ.get("WEB_CONCURRENCY") or str(suitable)}
    return Program("网页服务", [sys.executable, *command, "--log-level", "warning"], environment)


def worker_program() -> Program:
    """The Celery worker with the scheduler inside: one process fewer, right for a single machine."""
    command = ["-m", "celery", "--quiet", "-A", "suzhou_portal", "worker", "-B", "--pool=threads", "--concurrency=2"]
    chatter = ["--without-gossip", "--without-mingle", "--loglevel=warning"]
    # On a desk the portal may well be tried out as root; celery's page-long warning would hide our lines.
    environment = {"PYTHONWARNINGS": "ignore:You're running the worker with superuser"} if os.geteuid() == 0 else {}
    return Program("后台任务", [sys.executable, *command, *chatter], environment)


def refuse_taken_port(port: int) -> None:
    """Raise ``CommandError`` when another program listens on ``port``, before anything is loaded."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as exc:
            raise CommandError(f"端口 {port} 不能使用（{exc.strerror}）。请换一个端口，如：PORT=8001 make run") from exc


def answers(port: int) -> bool:
    """True when the web server answers at ``/healthz``."""
    try:
        with urllib.request.urlopen(f"http://{HOST}:{port}/healthz", timeout=2):
            return True
    except urllib.error.HTTPError:
        return True  # it answers; whether to this name of the host is a matter of ALLOWED_HOSTS
    except OSError:
        return False


def collect_static_files() -> None:
    """Collect, hash and compress the static files, unless they are those of the last start (it takes seconds)."""
    names = sorted(storage.path(name) for finder in get_finders() for name, storage in finder.list(["redoc"]))
    facts = [(name, os.stat(name).st_size, os.stat(name).st_mtime_ns) for name in names]
    fingerprint = hashlib.sha256(repr(facts).encode()).hexdigest()
    kept = Path(settings.STATIC_ROOT) / ".collected"
    if kept.exists() and kept.read_text() == fingerprint:
        return
    # Redoc: the API's pages use Swagger UI; the other viewer would only take time.
    call_command("collectstatic", verbosity=0, interactive=False, clear=True, ignore_patterns=["redoc"])
    kept.write_text(fingerprint)


# --- Demo accounts ----------------------------------------------------------------------


def demo_password() -> str:
    """DEMO_PASSWORD; else the one that the last start made up, else a new one, kept for the next start."""
    if given := os.environ.get("DEMO_PASSWORD"):
        return given
    kept = Path(settings.STATE_DIR) / "demo-password"
    if not kept.exists():
        kept.touch(mode=0o600)
        kept.write_text(secrets.token_urlsafe(9))
    return kept.read_text().strip()


@transaction.atomic
def set_demo_password(password: str) -> None:
    """Give the accounts with names of the demo district another password: one hash for all, as in ``load_demo``."""
    users = [user for user in User.objects.filter(is_active=True) if demo.NAME.fullmatch(user.username)]
    hashed = make_password(password)
    User.objects.filter(pk__in=[user.pk for user in users]).update(password=hashed, must_change_password=False)
    for user in users:
        trail.record("password_change", user, by=None, reason="DEMO_PASSWORD")


def account_lines() -> list[tuple[str, str]]:
    """(role, account names) of the demo accounts, in the order of roles; many names are shortened."""
    names = defaultdict(list)
    for username, role in Assignment.objects.current().order_by("pk").values_list("user__username", "role"):
        if demo.NAME.fullmatch(username):
            names[role].append(username)
    lines = []
    for role in Role:
        found = list(dict.fromkeys(names[role]))
        if found:
            shown = found[0] if len(found) == 1 else f"{found[0]} … {found[-1]}（{len(found)} 个）"
            lines.append((str(role.label), shown))
    return lines
