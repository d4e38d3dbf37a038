"""Sessions in the database, as Django keeps them; the one question of every request is compiled once."""

from typing import Any

from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.db.models.functions import Now

from suzhou_portal.lib.rows.prepared import Prepared

STORED = Prepared(
    lambda key: Session.objects.filter(session_key=key, expire_date__gt=Now()).values_list("session_data"), "0" * 32
)


class SessionStore(db.SessionStore):
    """Django's, read by :data:`STORED`."""

    @classmethod
    def get_model_class(cls) -> Any:
        """See Django."""
        return Session

    def load(self) -> dict[str, Any]:
        """What the session holds; nothing, and another key, where it is unknown or over."""
        found = STORED(self.session_key)
        if not found:
            self._session_key = None
            return {}
        return dict(self.decode(found[0][0]))
