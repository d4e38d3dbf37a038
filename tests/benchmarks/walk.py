"""Every page of every register, and the home of every role: a new register is measured without anybody adding it."""

import cProfile
import pstats
from collections.abc import Callable, Iterator
from typing import Any

from suzhou_portal.accounts.models import User
from suzhou_portal.lib.registers.declaration import Register
from suzhou_portal.lib.registers.site import site
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


def function_calls(send: Callable[[], object]) -> int:
    """How many functions the request calls, once everything that is kept between requests is there.

    The same on every machine, other than its time: what a test may hold a page to.
    """
    send()
    send()
    profile = cProfile.Profile()
    profile.runcall(send)
    return int(pstats.Stats(profile).total_calls)  # type: ignore[attr-defined]
