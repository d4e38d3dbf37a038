"""Signing in with the account name or the mobile number."""

from typing import Any

from django.contrib.auth.backends import BaseBackend
from django.db.models import Q
from django.db.models.functions import Lower
from django.http import HttpRequest

from suzhou_portal.accounts.models import User
from suzhou_portal.lib.rows.prepared import Prepared
from suzhou_portal.lib.text import canonical

# Longer input is no name and no password, and hashing it would be work for an attacker to give.
LONGEST = 200
# Asked by every request with a session: keys, texts and flags, in the order of the model; these come from the driver
# as they are, but flags on SQLite.
WANTED = {"id", "version", "username", "name", "phone", "email", "password", "must_change_password", "is_active"}
COLUMNS = [field.attname for field in User._meta.concrete_fields if field.attname in WANTED]
FLAGS = [COLUMNS.index(name) for name in ("is_active", "must_change_password")]
SIGNED_IN = Prepared(
    lambda key: User.objects.filter(pk=key, is_active=True).order_by().values_list(*COLUMNS), 987_654_321
)


def storable(text: str) -> bool:
    """True when ``text`` can be looked up or hashed at all: not too long, no NUL, valid UTF-8."""
    if len(text) > LONGEST or "\0" in text:
        return False
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def account_named(typed: str | None) -> User | None:
    """The account, active or not, that somebody means by a name or a mobile number; None for none.

    A name goes before a phone number, should one account be called like another's number.
    """
    name = (typed or "").strip()
    if not name or not storable(name):
        return None
    alike = Q(alike=canonical.number(name).lower())
    rows = User.objects.alias(alike=Lower("username")).filter(alike | Q(phone=name))
    found = {user.username.lower() == canonical.number(name).lower(): user for user in rows}
    return found.get(True) or found.get(False)


class NameOrPhoneBackend(BaseBackend):
    """Finds the active user by ``username`` or ``phone`` and checks the password."""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **kwargs: Any
    ) -> User | None:
        """The user, or None; unknown names cost as much time as wrong passwords."""
        if not isinstance(username, str) or not isinstance(password, str) or not storable(password):
            return None
        user = account_named(username)
        if user is None:
            User().set_password(password)
            return None
        return user if user.check_password(password) and user.is_active else None

    def get_user(self, user_id: int) -> User | None:
        """The active user with this key. What requests seldom ask of a user (times) loads when it is read."""
        found = SIGNED_IN(user_id)
        if not found:
            return None
        values = list(found[0])
        for flag in FLAGS:
            values[flag] = bool(values[flag])
        return User.from_db("default", COLUMNS, values)
