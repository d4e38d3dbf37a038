"""Every page of every register, the home of every role and what else stands at fixed addresses: a new register or area
is measured without anybody adding it.
"""

import cProfile
import pstats
from collections.abc import Callable, Iterator
from typing import Any

from django.core.signals import request_finished, request_started
from django.db import close_old_connections, transaction

from grids.issues.models import Issue
from grids.issues.workflow import WORKFLOW
from suzhou_portal.accounts.models import User
from suzhou_portal.lib.registers.declaration import Register
from suzhou_portal.lib.registers.site import site
from suzhou_portal.navigation import AREAS
from tests.benchmarks import targets
from tests.benchmarks.scenarios import Portal, Scenario
from tests.benchmarks.wsgi import Answer

# Where signing in leads.
HOMES = {
    **dict.fromkeys(("district", "street.1", "community.1", "department.1", "unit.1"), "/"),
    **dict.fromkeys(("grid.1", "area.1"), "/my-grid/"),
    **dict.fromkeys(("auditor", "security", "system"), "/"),
}
# Who looks through a register: the first of these who may, and someone below, where the scope is another question.
ABOVE, BELOW = ("district", "security", "system", "auditor"), ("community.1", "unit.1")


def _first(usernames: tuple[str, ...], may: Callable[[Any], bool]) -> User | None:
    return next((user for name in usernames if may(user := User.objects.get(username=name))), None)


def _page(portal: Portal, username: str, address: str) -> Callable[[], Answer]:
    return lambda: portal.page(username, address)


def _api(portal: Portal, username: str, address: str) -> Callable[[], Answer]:
    return lambda: portal.api(username, address)


def _of(portal: Portal, register: Register, user: User, *, alone: bool) -> Iterator[Scenario]:
    """The pages of ``register`` as ``user`` opens them; ``alone``: nobody above has been measured."""
    name, who = register.name, user.username
    yield Scenario(f"list page, {name}, {who}", _page(portal, who, register.list_url), targets.REGISTER_PAGE)
    if register.in_api:
        address = f"/api/v1/{name}/?page_size=100"
        yield Scenario(f"list API, {name}, {who}", _api(portal, who, address), targets.REGISTER_API)
    row = register.rows(user).order_by("-pk").first()
    if row is not None and alone:
        yield Scenario(f"detail page, {name}, {who}", _page(portal, who, register.url_of(row)), targets.ROW_PAGE)
    if register.views.get("create") and register.may_create(user):
        yield Scenario(f"form, {name}, {who}", _page(portal, who, f"{register.list_url}new/"), targets.ROW_PAGE)
    elif row is not None and register.views.get("edit") and register.may_change(user, row):
        yield Scenario(f"form, {name}, {who}", _page(portal, who, f"{register.url_of(row)}edit/"), targets.ROW_PAGE)


def walk(portal: Portal) -> Iterator[Scenario]:
    """The scenarios: of each register list page, list API, a detail and a form, for two readers; homes by role."""
    for register in site.registers:
        above, below = _first(ABOVE, register.may_view), _first(BELOW, register.may_view)
        for user in filter(None, (above, below)):
            yield from _of(portal, register, user, alone=user is above or above is None)
    for username, address in HOMES.items():
        yield Scenario(f"home, {username}", _page(portal, username, address), targets.ROW_PAGE)
    for username in ("district", "community.1"):
        yield from _round(portal, username)
    yield from _action(portal, "community.1")


def _round(portal: Portal, username: str) -> Iterator[Scenario]:
    """Hubs, palette, dashboard and figures, as ``username`` opens them."""
    user = User.objects.get(username=username)
    for area in AREAS:
        if any(entry.is_for(user.verbs) for entry in area.entries):
            yield Scenario(f"hub, {area.code}, {username}", _page(portal, username, area.page), targets.ROW_PAGE)
    for asked in ("minzhu", "路灯"):
        address = f"/go/?q={asked}"
        yield Scenario(f"palette, {asked}, {username}", _page(portal, username, address), targets.ROW_PAGE)
    yield Scenario(f"dashboard, {username}", _page(portal, username, "/dashboard/"), targets.DASHBOARD)
    yield Scenario(f"figures, page, {username}", _page(portal, username, "/dashboard/other/"), targets.FIGURES)
    yield Scenario(f"figures, API, {username}", _api(portal, username, "/api/v1/figures/"), targets.FIGURES)


def _action(portal: Portal, username: str) -> Iterator[Scenario]:
    """A step of an issue that asks for nothing, taken in a transaction that is rolled back."""
    user = User.objects.get(username=username)
    for issue in Issue.objects.visible_to(user).open().order_by("-pk")[:200]:
        for step in WORKFLOW.available(issue, user):
            if all(not make(issue, user).required for make in step.inputs.values()):
                address = f"/api/v1/issues/{issue.pk}/actions/{step.action}/"
                portal.api(username, "/api/v1/me/")  # signs in, outside the transaction
                yield Scenario(f"action, issue, {username}", _undone(portal, username, address), targets.ACTION)
                return


def _undone(portal: Portal, username: str, address: str) -> Callable[[], Answer]:
    def send() -> Answer:
        signals = (request_started, request_finished)  # at which Django would close a connection inside a transaction
        for signal in signals:
            signal.disconnect(close_old_connections)
        try:
            with transaction.atomic():
                answer = portal.api(username, address, method="POST", data={})
                transaction.set_rollback(True)
        finally:
            for signal in signals:
                signal.connect(close_old_connections)
        return answer

    return send


def function_calls(send: Callable[[], object]) -> int:
    """How many functions the request calls. Send it before, so that everything that is kept between requests is there.

    The same on every machine, other than its time: what a test may hold a page to.
    """
    profile = cProfile.Profile()
    profile.runcall(send)
    return int(pstats.Stats(profile).total_calls)  # type: ignore[attr-defined]
