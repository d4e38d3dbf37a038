"""Small tables that every request needs, kept by each process while the cache holds their token.

A saved change of a model that it is made ``of`` drops the token, so all processes read again; changes made past
``save()`` show when the token expires. A request asks for a token once: what it began with holds to its end, unless it
changes it itself.
"""

import threading
import uuid
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from django.core.cache import cache
from django.core.signals import request_finished, request_started
from django.db import transaction
from django.db.models.signals import post_delete, post_save

K = TypeVar("K")
T = TypeVar("T")
SECONDS = 60
MOST = 500
# The keys whose tokens this thread's request has asked for; None outside of requests, where every call asks.
_request = threading.local()


def _begin(**kwargs: Any) -> None:
    _request.asked = set()


def _end(**kwargs: Any) -> None:
    _request.asked = None


request_started.connect(_begin, dispatch_uid="lib.rows.kept")
request_finished.connect(_end, dispatch_uid="lib.rows.kept")


class Kept(Generic[T]):
    """What ``load()`` reads of the models ``of`` ("app.Model"), under the cache key ``key``; read again at the latest
    after ``seconds``.
    """

    def __init__(self, key: str, load: Callable[[], T], *, of: tuple[str, ...] = (), seconds: int = SECONDS) -> None:
        self.key, self._load, self._seconds = key, load, seconds
        self._token = ""
        self._value: T | None = None
        for label in of:
            for signal in (post_save, post_delete):
                signal.connect(self.forget, sender=label, dispatch_uid=f"{key}:{label}")

    def get(self) -> T:
        """The table as it stands; ``load()`` runs only when it is not kept."""
        asked: set[str] | None = getattr(_request, "asked", None)
        if asked is not None and self.key in asked and self._value is not None:
            return self._value
        if asked is not None:
            asked.add(self.key)
        token = cache.get(self.key)
        if token is None or token != self._token or self._value is None:
            token = token or uuid.uuid4().hex
            cache.add(self.key, token, self._seconds)
            self._value, self._token = self._load(), token
        return self._value

    def forget(self, **kwargs: Any) -> None:
        """Have all processes read again: now, and when the running change is committed (a signal receiver)."""
        if asked := getattr(_request, "asked", None):
            asked.discard(self.key)
        cache.delete(self.key)
        transaction.on_commit(lambda: cache.delete(self.key))


class KeptBy(Generic[K, T]):
    """The same for many small tables of the models ``of``, each under a key that holds all it depends on: whatever
    depends on a scope, the scope itself. The eldest goes when there are ``MOST``.
    """

    def __init__(self, key: str, *, of: tuple[str, ...]) -> None:
        self._tables: Kept[dict[K, T]] = Kept(key, dict, of=of)

    def get(self, key: K, load: Callable[[], T]) -> T:
        """The table under ``key``; ``load()`` runs only when it is not kept."""
        tables = self._tables.get()
        if key not in tables:
            tables[key] = load()
            self._bound(tables)
        return tables[key]

    def forget(self) -> None:
        """Have all processes read again, as :meth:`Kept.forget`."""
        self._tables.forget()

    def put(self, key: K, table: T) -> None:
        """Keep ``table`` under ``key``."""
        tables = self._tables.get()
        tables[key] = table
        self._bound(tables)

    @staticmethod
    def _bound(tables: dict[K, T]) -> None:
        while len(tables) > MOST:
            tables.pop(next(iter(tables)), None)
