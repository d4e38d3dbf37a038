"""Sessions in the database, as Django keeps them; the one question of every request is compiled once."""

from datetime import UTC
from typing import Any

from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.utils import timezone

from suzhou_portal.lib.rows.prepared import Prepared

STORED = Prepared(
    lambda key: Session.objects.filter(session_key=key).values_list("session_data", "expire_date"), "0" * 32
)


class SessionStore(db.SessionStore):
    """Django's, read by :data:`STORED`."""

    @classmethod
    def get_model_class(cls) -> Any:
        """See Django."""
        return Session

    def load(self) -> dict[str, Any]:
        """What the session holds; nothing, and another key, where it is unknown or over."""
        for data, until in STORED(self.session_key):
            # SQLite's driver gives the time in Greenwich without saying so.
            ends = until if until.tzinfo else until.replace(tzinfo=UTC)
            if ends > timezone.now():
                return dict(self.decode(data))
        self._session_key = None
        return {}
