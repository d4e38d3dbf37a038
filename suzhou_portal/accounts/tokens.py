"""Keys for programs: issued once, stored as a digest, revocable at any time."""

import hashlib
import secrets
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from suzhou_portal.accounts.models import ApiToken, User
from suzhou_portal.audit import trail

PREFIX = "szp_"


def digest_of(key: bytes) -> str:
    """What is stored of a token. A plain SHA-256 suffices: tokens are random and long."""
    return hashlib.sha256(key).hexdigest()


def new_key() -> str:
    """A fresh random token text."""
    return PREFIX + secrets.token_urlsafe(32)


@transaction.atomic
def issue_token(*, user: User, by: Any, key: str = "") -> tuple[ApiToken, str]:
    """A token of ``user`` for ``API_TOKEN_DAYS`` days, audited: (its row, its text, shown only now).

    ``key`` is the text to use; without it a random one is made.
    """
    key = key or new_key()
    token = ApiToken(
        user=user,
        digest=digest_of(key.encode()),
        expires_at=timezone.now() + timedelta(days=settings.API_TOKEN_DAYS),
    )
    token.full_clean()
    token.save(force_insert=True)
    trail.record("token.create", token, by=by, changes=trail.diff({}, trail.snapshot(token)))
    return token, key


@transaction.atomic
def revoke_token(*, token: ApiToken, by: Any, reason: str = "") -> None:
    """Make ``token`` useless from now on, audited. Revoking twice changes nothing."""
    row = ApiToken.objects.select_for_update().get(pk=token.pk)
    if row.revoked_at is not None:
        return
    before = trail.snapshot(row)
    row.revoked_at = timezone.now()
    row.save(update_fields=["revoked_at"])
    trail.record("token.revoke", row, by=by, changes=trail.diff(before, trail.snapshot(row)), reason=reason)


@transaction.atomic
def revoke_all_tokens(*, user: User, by: Any, reason: str = "") -> int:
    """Revoke every valid token of ``user`` (deactivation, lost device); returns how many."""
    tokens = list(ApiToken.objects.filter(user=user, revoked_at=None, expires_at__gt=timezone.now()))
    for token in tokens:
        revoke_token(token=token, by=by, reason=reason)
    return len(tokens)
