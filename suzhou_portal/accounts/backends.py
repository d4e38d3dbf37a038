"""Signing in with the account name or the mobile number."""

from typing import Any

from django.contrib.auth.backends import BaseBackend
from django.db.models import Q
from django.http import HttpRequest

from suzhou_portal.accounts.models import User


class NameOrPhoneBackend(BaseBackend):
    """Finds the active user by ``username`` or ``phone`` and checks the password."""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **kwargs: Any
    ) -> User | None:
        """The user, or None; unknown names cost as much time as wrong passwords."""
        if not username or password is None:
            return None
        user = User.objects.filter(Q(username=username.strip()) | Q(phone=username.strip())).first()
        if user is None:
            User().set_password(password)
            return None
        return user if user.check_password(password) and user.is_active else None

    def get_user(self, user_id: int) -> User | None:
        """The active user with this key."""
        return User.objects.filter(pk=user_id, is_active=True).first()
