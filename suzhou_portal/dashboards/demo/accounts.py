"""The demo accounts, numbered from 1 in official order: ``community.1`` is the first community."""

import os
import secrets
from collections.abc import Iterable, Iterator
from datetime import date
from random import Random
from typing import Any

from django.contrib.auth.hashers import make_password

from suzhou_portal.accounts.models import Assignment, User
from suzhou_portal.accounts.roles import ROLE_TARGET, Role
from suzhou_portal.dashboards.demo.people import person

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
