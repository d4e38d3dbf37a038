"""The compose file: what it promises, and its very commands run against real PostgreSQL and Redis."""

import json
import os
import re
from urllib.parse import urlsplit

import pytest
import redis
import yaml

from tests.stack import HOST, ROOT, SECRETS, SERVICES, Stack, scratch_database, unavailable

COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
OURS = ("migrate", "web", "worker", "beat")
REDIS = os.environ.get("PORTAL_TEST_REDIS_URL", "redis://127.0.0.1:6379/15")
PASSWORD = "Lantern-river-27"


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


def test_web_and_worker_see_the_same_attachments():
    for name in ("web", "worker"):
        assert "state:/data" in SERVICES[name]["volumes"]
        assert "PORTAL_FILES_ROOT" not in SERVICES[name]["environment"]
    assert "PORTAL_STATE_DIR=/data" in (ROOT / "Dockerfile").read_text()


def test_the_image_holds_what_runs_and_nothing_else():
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    kept = {line[1:] for line in lines if line.startswith("!")}
    assert "*" in lines
    assert all((ROOT / name).exists() for name in kept)
    assert {"suzhou_portal", "manage.py", "requirements.txt", "templates", "static", "grids"} <= kept
    assert not kept & {"tests", "var", ".git", ".venv", ".env"}


# --- The commands, run ------------------------------------------------------------------


@pytest.fixture
def database_url():
    """A scratch database on the real PostgreSQL."""
    with scratch_database() as url:
        yield url


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


class PoliteStack(Stack):
    """Nothing is broken here, so no answer may be an error of the server's."""

    def ask(self, method, path, **options):
        answer = super().ask(method, path, **options)
        assert answer.status_code < 500 or path == "/readyz", self.log("web")
        return answer


@pytest.fixture
def stack(tmp_path, database_url, redis_url):
    stack = PoliteStack(tmp_path, database_url, redis_url)
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
