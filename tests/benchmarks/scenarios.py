"""The requests that are measured: who asks for what."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore

from grids.categories.models import IssueCategory
from grids.places.models import Grid
from suzhou_portal.accounts.models import User
from tests.benchmarks import targets
from tests.benchmarks.targets import Target
from tests.benchmarks.wsgi import Answer, App, call

BACKEND = "suzhou_portal.accounts.backends.NameOrPhoneBackend"


@dataclass(frozen=True)
class Scenario:
    """A request that can be repeated; ``grows`` is the target for its cost at many rows ÷ at few."""

    name: str
    send: Callable[[], Answer]
    target: Target
    status: int = 200
    grows: Target | None = None


@dataclass
class Portal:
    """The application with some signed-in users."""

    app: App
    password: str
    tokens: dict[str, str] = field(default_factory=dict)
    cookies: dict[str, str] = field(default_factory=dict)

    def api(self, username: str, path: str, **options: object) -> Answer:
        """An API request with a bearer token."""
        if username not in self.tokens:
            asked = {"username": username, "password": self.password}
            answer = call(self.app, "/api/v1/tokens/", method="POST", data=asked)
            self.tokens[username] = answer.json()["token"]
        return call(self.app, path, headers={"Authorization": f"Bearer {self.tokens[username]}"}, **options)

    def page(self, username: str, path: str) -> Answer:
        """A page request with a session."""
        if username not in self.cookies:
            self.cookies[username] = _session(User.objects.get(username=username))
        return call(self.app, path, headers={"Cookie": f"sessionid={self.cookies[username]}"})


def _session(user: User) -> str:
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = BACKEND
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return str(session.session_key)


def api_list(portal: Portal, username: str, rows: int = 100, more: str = "") -> Callable[[], Answer]:
    """The newest issues through the API."""
    return lambda: portal.api(username, f"/api/v1/issues/?page_size={rows}{more}")


def create(portal: Portal) -> Callable[[], Answer]:
    """Three inputs make an issue; each call another one. In a community that nothing else measures."""
    category = IssueCategory.objects.get(code="0201").code
    grid = Grid.objects.filter(community__code="620902006005", kind="building").order_by("code").first()

    def send() -> Answer:
        issue = {"place": grid.code, "category": category, "description": f"垃圾桶满溢，有异味 {uuid.uuid4().hex[:6]}"}
        return portal.api("community.19", "/api/v1/issues/", method="POST", data=issue)

    return send


def deep_page(portal: Portal, username: str, pages: int) -> Callable[[], Answer]:
    """The page that ``next`` leads to after ``pages`` steps (or the last but one)."""
    path = "/api/v1/issues/?page_size=100&from=2000-01-01"
    for _ in range(pages):
        following = portal.api(username, path).json()["next"]
        if not following:
            break
        path = following.partition("://")[2].partition("/")[2].join(("/", "")) if "://" in following else following
    return lambda: portal.api(username, path)


def scenarios(portal: Portal) -> list[Scenario]:
    """Everything with a target of its own. Creating comes last: it adds rows."""
    found = [
        Scenario("issue list API, 100 rows, community", api_list(portal, "community.1"), targets.API_LIST),
        Scenario("issue list API, 100 rows, street", api_list(portal, "street.1"), targets.API_LIST),
        Scenario("issue list API, 100 rows, district", api_list(portal, "district"), targets.API_LIST),
    ]
    for username, words in (("community.1", "community"), ("street.1", "street"), ("district", "district")):
        for queue in ("todo", "all"):
            found.append(
                Scenario(
                    f"issue list page, 50 rows, {words}, {queue}",
                    lambda username=username, queue=queue: portal.page(username, f"/issues/?queue={queue}"),
                    targets.PAGE_LIST,
                )
            )
    for username in ("community.1", "district"):
        found.append(
            Scenario(
                f"dashboard, {username.partition('.')[0]}",
                lambda username=username: portal.page(username, "/dashboard/"),
                targets.DASHBOARD,
                grows=targets.DASHBOARD_GROWTH,
            )
        )
    found = [
        Scenario(s.name, s.send, s.target, s.status, s.grows or (targets.LIST_GROWTH if "list" in s.name else None))
        for s in found
    ]
    return [*found, Scenario("create an issue", create(portal), targets.CREATE, status=201)]
