"""The cache on Redis, which the portal can do without: an unreachable one is an empty one.

What is cached can always be had again (kept tables, counters of throttling), so a request
must not fail because Redis restarts. While it is away, tables are read from the database
and the throttle of signing in counts nothing; the lock of an account after failures stands
in the database and holds.
"""

import logging
from collections.abc import Callable
from typing import Any

from django.core.cache.backends import redis as backend
from redis.exceptions import RedisError

log = logging.getLogger(__name__)
# Seconds to wait for an answer: longer than any healthy Redis takes, short enough for a page.
TIMEOUT = 1.0


class RedisCache(backend.RedisCache):
    """Django's, except that an unreachable server finds nothing and keeps nothing."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        timeouts = {"socket_connect_timeout": TIMEOUT, "socket_timeout": TIMEOUT}
        super().__init__(server, {**params, "OPTIONS": {**timeouts, **params.get("OPTIONS", {})}})

    def _tried(self, act: Callable[..., Any], otherwise: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return act(*args, **kwargs)
        except RedisError as error:
            log.warning("cache unreachable: %s", type(error).__name__)
            return otherwise

    def add(self, *args: Any, **kwargs: Any) -> Any:
        """True, as if it had been kept: nobody else keeps it either."""
        return self._tried(super().add, True, *args, **kwargs)

    def get(self, key: Any, default: Any = None, version: Any = None) -> Any:
        """``default``."""
        return self._tried(super().get, default, key, default, version)

    def set(self, *args: Any, **kwargs: Any) -> Any:
        """Nothing."""
        return self._tried(super().set, None, *args, **kwargs)

    def touch(self, *args: Any, **kwargs: Any) -> Any:
        """False."""
        return self._tried(super().touch, False, *args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> Any:
        """False."""
        return self._tried(super().delete, False, *args, **kwargs)

    def get_many(self, *args: Any, **kwargs: Any) -> Any:
        """Nothing."""
        return self._tried(super().get_many, {}, *args, **kwargs)

    def has_key(self, *args: Any, **kwargs: Any) -> Any:
        """False."""
        return self._tried(super().has_key, False, *args, **kwargs)
