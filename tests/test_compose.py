"""The compose file: what it promises, and its very commands run against real PostgreSQL and Redis.

There is no container engine here: each command runs as a process with the environment
that the file gives it, the hosts ``db`` and ``redis`` replaced by this machine's servers.
"""

import json
import os
import re
import secrets
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import psycopg2
import pytest
import redis
import requests
import yaml

from suzhou_portal.lib.crypto import new_key

ROOT = Path(__file__).resolve().parent.parent
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES = COMPOSE["services"]
OURS = ("migrate", "web", "worker", "beat")
SECRETS = ("SECRET_KEY", "PORTAL_DATA_KEYS", "POSTGRES_PASSWORD", "REDIS_PASSWORD")
HOST = "portal.example"
POSTGRES = os.environ.get("PORTAL_TEST_POSTGRES_URL", "postgres://postgres@127.0.0.1:5432/postgres")
REDIS = os.environ.get("PORTAL_TEST_REDIS_URL", "redis://127.0.0.1:6379/15")
PASSWORD = "Lantern-river-27"
VARIABLE = re.compile(r"\$\{(\w+)(?::([-?])([^}]*))?\}")


def filled_in(value, variables):
    """``value`` as compose would hand it on; a variable that is required and not given fails."""

    def replace(match):
        name, kind, rest = match.groups()
        if variables.get(name):
            return variables[name]
        if kind == "?":
            raise KeyError(name)
        return rest or ""

    return VARIABLE.sub(replace, str(value)).replace("$$", "$")


# --- What the file promises -------------------------------------------------------------


def test_the_parts_of_production_are_there():
    assert set(SERVICES) == {"db", "redis", *OURS}
    for name in ("db", "redis", "web", "worker", "beat"):
        assert SERVICES[name]["healthcheck"]["test"], name
    for name in ("web", "worker"):
        assert SERVICES[name]["depends_on"]["migrate"]["condition"] == "service_completed_successfully"
    volumes = {volume.split(":")[0] for service in SERVICES.values() for volume in service["volumes"]}
    assert volumes == set(COMPOSE["volumes"])


def test_a_forgotten_secret_stops_the_start():
    text = (ROOT / "docker-compose.yml").read_text()
    for name in (*SECRETS, "ALLOWED_HOSTS"):
        uses = re.findall(rf"\$\{{{name}[^}}]*\}}", text)
        assert uses, name
        assert all(use.startswith(f"${{{name}:?") for use in uses), name


def test_nothing_runs_as_root_and_only_the_proxy_reaches_the_web():
    dockerfile = (ROOT / "Dockerfile").read_text()
    assert dockerfile.rindex("\nUSER portal") > dockerfile.rindex("\nRUN ")
    for name in OURS:
        assert SERVICES[name]["read_only"] is True
        assert SERVICES[name]["cap_drop"] == ["ALL"]
    assert all(port.startswith("127.0.0.1:") for service in SERVICES.values() for port in service.get("ports", []))


def test_the_image_holds_what_runs_and_nothing_else():
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    kept = {line[1:] for line in lines if line.startswith("!")}
    assert "*" in lines
    assert all((ROOT / name).exists() for name in kept)
    assert {"suzhou_portal", "manage.py", "requirements.txt", "templates", "static", "grids"} <= kept
    assert not kept & {"tests", "var", ".git", ".venv", ".env"}


# --- The commands, run ------------------------------------------------------------------


def unavailable(name, reason):
    if name in os.environ.get("PORTAL_REQUIRE", ""):
        pytest.fail(f"{name} is required: {reason}")
    pytest.skip(f"needs {name}: {reason}")


@pytest.fixture
def database_url():
    """A scratch database on the real PostgreSQL."""
    admin = urlsplit(POSTGRES or "postgres://postgres@127.0.0.1:1/")._replace(path="/postgres").geturl()
    try:
        connection = psycopg2.connect(admin, connect_timeout=3)
    except psycopg2.OperationalError as error:
        unavailable("postgres", str(error).strip().splitlines()[0])
    connection.autocommit = True
    name = f"portal_compose_{secrets.token_hex(4)}"
    with connection.cursor() as cursor:
        cursor.execute(f'CREATE DATABASE "{name}"')
    yield urlsplit(admin)._replace(path=f"/{name}").geturl()
    with connection.cursor() as cursor:
        cursor.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    connection.close()


@pytest.fixture
def redis_url():
    """An empty database number of the real Redis, emptied again at the end."""
    for number in range(15, -1, -1):
        url = urlsplit(REDIS)._replace(path=f"/{number}").geturl()
        client = redis.Redis.from_url(url, socket_connect_timeout=3)
        try:
            if client.dbsize() == 0:
                break
        except redis.RedisError as error:
            unavailable("redis", str(error))
    else:
        unavailable("redis", "every database of the server is in use")
    yield url
    client.flushdb()
    client.close()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Stack:
    """The services of the compose file as processes of this machine."""

    def __init__(self, folder, database_url, redis_url):
        self.folder, self.port = folder, free_port()
        self.database_url, self.redis_url = database_url, redis_url
        self.variables = {name: secrets.token_hex(24) for name in SECRETS}
        self.variables |= {"ALLOWED_HOSTS": HOST, "PORTAL_DATA_KEYS": new_key("k1")}
        self.processes = {}

    def environment(self, service):
        given = {name: filled_in(value, self.variables) for name, value in SERVICES[service]["environment"].items()}
        assert urlsplit(given["DATABASE_URL"]).hostname == "db"
        assert urlsplit(given["REDIS_URL"]).hostname == "redis"
        given |= {"DATABASE_URL": self.database_url, "REDIS_URL": self.redis_url}
        return given | {  # what the image sets, and the way to the same programs
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "PORTAL_STATE_DIR": str(self.folder / "data"),
            "PORTAL_STATIC_ROOT": str(self.folder / "collected"),
        }

    def local(self, words):
        """A command line of the file with this machine's port and scratch folder."""
        swaps = (("8000", str(self.port)), ("/tmp/", f"{self.folder}/"))  # noqa: S108 -- the container's
        words = [filled_in(word, self.variables) for word in words]
        for old, new in swaps:
            words = [word.replace(old, new) for word in words]
        return words

    def run(self, service, words):
        """Run a command to its end; returns what it printed, fails with it."""
        done = subprocess.run(
            words, cwd=ROOT, env=self.environment(service), capture_output=True, text=True, timeout=300, check=False
        )
        assert done.returncode == 0, f"{words}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def start(self, service):
        log = (self.folder / f"{service}.log").open("w")
        command = self.local(SERVICES[service]["command"])
        self.processes[service] = subprocess.Popen(
            command, cwd=ROOT, env=self.environment(service), stdout=log, stderr=subprocess.STDOUT
        )

    def healthy(self, service, *, within):
        """The service's own health check turns green within so many seconds."""
        kind, *words = SERVICES[service]["healthcheck"]["test"]
        assert kind == "CMD"
        deadline = time.monotonic() + within
        while True:
            assert self.processes[service].poll() is None, self.log(service)
            done = subprocess.run(
                self.local(words), cwd=ROOT, env=self.environment(service), capture_output=True, text=True, check=False
            )
            if done.returncode == 0:
                return
            assert time.monotonic() < deadline, f"{service}: {done.stdout}{done.stderr}\n{self.log(service)}"
            time.sleep(1)

    def log(self, service):
        return (self.folder / f"{service}.log").read_text()[-4000:]

    def stop(self):
        """Ask all to stop as ``docker compose down`` does; returns their exit codes."""
        for process in self.processes.values():
            process.terminate()
        codes = {}
        for name, process in self.processes.items():
            try:
                codes[name] = process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                process.kill()
                codes[name] = "killed"
        self.processes = {}
        return codes

    def ask(self, method, path, **options):
        """A request as the HTTPS proxy would pass it on."""
        headers = {"Host": HOST, "X-Forwarded-Proto": "https"} | options.pop("headers", {})
        url = f"http://127.0.0.1:{self.port}{path}"
        answer = requests.request(method, url, headers=headers, timeout=20, allow_redirects=False, **options)
        assert answer.status_code < 500 or path == "/readyz", self.log("web")
        return answer

    def query(self, sql):
        connection = psycopg2.connect(self.database_url)
        with connection, connection.cursor() as cursor:
            cursor.execute(sql)
            rows = cursor.fetchall()
        connection.close()
        return rows


@pytest.fixture
def stack(tmp_path, database_url, redis_url):
    stack = Stack(tmp_path, database_url, redis_url)
    yield stack
    stack.stop()


PEOPLE = """
from communities.models import Community
from grids.models import IssueCategory
from suzhou_portal.accounts.roles import Role
from suzhou_portal.notices.services import enqueue
from tests import factories as make
import json
community = Community.objects.order_by("code").first()
category = IssueCategory.objects.exclude(parent=None).order_by("code").first()
make.make_user("community.1", Role.COMMUNITY, community)
enqueue(title="烟雾测试", url="/issues/", roles=[Role.COMMUNITY], place={"community": community.pk})
print(json.dumps([community.code, category.code]))
"""


def sign_in(stack):
    """Sign in through the page; returns the cookies of the session."""
    page = stack.ask("GET", "/login/")
    assert page.status_code == 200
    cookies = {"csrftoken": page.cookies["csrftoken"]}
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.text)[1]
    form = {"username": "community.1", "password": PASSWORD, "csrfmiddlewaretoken": token}
    headers = {"Referer": f"https://{HOST}/login/", "Cookie": f"csrftoken={cookies['csrftoken']}"}
    answer = stack.ask("POST", "/login/", data=form, headers=headers)
    assert answer.status_code == 302, answer.text
    session = next(cookie for cookie in answer.cookies if cookie.name == "sessionid")
    assert session.secure
    return f"sessionid={session.value}"


def report_issue(stack, place, category):
    """Report an issue through the REST API with a token; returns it."""
    keys = stack.ask("POST", "/api/v1/tokens/", json={"username": "community.1", "password": PASSWORD})
    assert keys.status_code == 201, keys.text
    issue = stack.ask(
        "POST",
        "/api/v1/issues/",
        json={"place": place, "category": category, "description": "小区门口路灯不亮"},
        headers={"Authorization": f"Bearer {keys.json()['token']}"},
    )
    assert issue.status_code == 201, issue.text
    return issue.json()


@pytest.mark.slow
def test_the_commands_work_together(stack):
    """Static files, migration, sign-in, an issue, a scheduled job, health, an orderly end."""
    build = re.search(
        r"^RUN (SECRET_KEY=\S+ PORTAL_DATA_KEYS=\S+) (python manage.py collectstatic.*)$",
        (ROOT / "Dockerfile").read_text(),
        re.M,
    )
    stack.run("migrate", ["env", *build[1].split(), *build[2].split()])
    stack.run("migrate", stack.local(SERVICES["migrate"]["command"]))
    place, category = json.loads(stack.run("web", ["python", "manage.py", "shell", "-c", PEOPLE]).splitlines()[-1])

    for service in ("web", "worker", "beat"):
        stack.start(service)
    stack.healthy("web", within=60)
    assert stack.ask("GET", "/", headers={"X-Forwarded-Proto": "http"}).status_code == 301, (
        "plain HTTP is sent to HTTPS"
    )

    cookie = sign_in(stack)
    home = stack.ask("GET", "/", headers={"Cookie": cookie})
    assert home.status_code == 200
    style = re.search(r'href="(/static/css/portal\.[^"]+\.css)"', home.text)[1]
    assert stack.ask("GET", style).status_code == 200, "the collected static files are served by their hashed names"

    issue = report_issue(stack, place, category)
    page = stack.ask("GET", f"/issues/{issue['number']}/", headers={"Cookie": cookie})
    assert page.status_code == 200
    assert issue["number"] in page.text

    stack.healthy("worker", within=60)
    stack.healthy("beat", within=60)
    ready = stack.ask("GET", "/readyz")
    assert (ready.status_code, set(ready.json().values())) == (200, {"ok"}), ready.text
    assert stack.query("SELECT count(*) FROM notices_outboxmessage WHERE delivered_at IS NULL") == [(0,)]
    assert "烟雾测试" in stack.ask("GET", "/inbox/", headers={"Cookie": cookie}).text
    assert stack.stop() == {"web": 0, "worker": 0, "beat": 0}
