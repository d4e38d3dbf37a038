"""The demo accounts, numbered from 1 in official order: ``community.1`` is the first community."""

import os
import secrets
from collections.abc import Iterable, Iterator
from datetime import date
from random import Random
from typing import Any

from django.contrib.auth.hashers import make_password

from communities.directory.models import Community
from grids.places.demo import Places
from streets.organisations.models import Organisation
from suzhou_portal.accounts.models import Assignment, User
from suzhou_portal.accounts.roles import ROLE_TARGET, Role
from suzhou_portal.lib.demo.people import person
from suzhou_portal.lib.demo.steps import District, step

SINCE = date(2020, 3, 1)
SINGLE = {
    "district": Role.DISTRICT,
    "auditor": Role.AUDITOR,
    "security": Role.SECURITY,
    "system": Role.SYSTEM,
}


def demo_password() -> str:
    """The password of all demo accounts: ``DEMO_PASSWORD``, else a new random one."""
    return os.environ.get("DEMO_PASSWORD") or secrets.token_urlsafe(9)


@step(order=70)
def accounts(district: District) -> dict[str, int]:
    """Of everybody who has something to do."""
    made = make_accounts(_targets(district.kept[Places]), district.password, district.rng)
    users = district.store(User, [user for user, _post in made])
    district.store(Assignment, [post for _user, post in made])
    return {"账号": users}


def _targets(places: Places) -> dict[Role, list[Any]]:
    """Who gets an account: every street, community, resident group, area and department; of the
    units, per community its first property company and its first other unit, then all others.
    """
    communities = list(Community.objects.select_related("street").order_by("code"))  # unscoped: demo loader
    organisations = list(Organisation.objects.order_by("pk"))  # unscoped: demo loader
    companies = [row for row in organisations if row.is_property and row.is_unit]
    first_units = {row.community_id: row for row in reversed(organisations) if row.is_unit and not row.is_property}
    first = [*companies, *(first_units[community.pk] for community in communities)]
    streets = {community.street.pk: community.street for community in communities}
    return {
        Role.STREET: sorted(streets.values(), key=lambda street: street.code),
        Role.COMMUNITY: communities,
        Role.GRID: places.groups,
        Role.AREA: places.areas,
        Role.DEPARTMENT: [row for row in organisations if row.is_department],
        Role.UNIT: [*first, *(row for row in organisations if row.is_unit and row not in first)],
    }


def make_accounts(targets: dict[Role, Iterable[Any]], password: str, rng: Random) -> list[tuple[User, Assignment]]:
    """The unsaved accounts, each with its post.

    ``targets``: per role the places or organisations, in official order, that get an account.
    One hash serves them all: Argon2 is slow on purpose, and the password is no secret.
    """
    hashed = make_password(password)

    def account(username: str) -> User:
        return User(username=username, name=person(rng), password=hashed, must_change_password=False)

    return [(user := account(name), _post(user, role, target)) for name, role, target in _posts(targets)]


def _posts(targets: dict[Role, Iterable[Any]]) -> Iterator[tuple[str, Role, Any]]:
    for name, role in SINGLE.items():
        yield name, role, None
    for role, places in targets.items():
        prefix = role.value.partition("_")[0]
        for number, place in enumerate(places, 1):
            yield f"{prefix}.{number}", role, place


def _post(user: User, role: Role, target: Any) -> Assignment:
    wanted = ROLE_TARGET[role]
    return Assignment(user=user, role=role, starts=SINCE, **({wanted: target} if wanted else {}))
