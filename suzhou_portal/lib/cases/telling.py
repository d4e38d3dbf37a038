"""Telling people of cases. What stands above ``lib`` and can tell (``suzhou_portal.notices``) connects itself.

``tell`` takes what ``notices.services.enqueue`` takes: a title without personal words, the roles at a place or the
users who are told, a kind. In the transaction of its cause. Inside :func:`together` whoever is told the same of several
rows is told once.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.db import models

from suzhou_portal.lib.cases import secrecy
from suzhou_portal.lib.registers.site import site
from suzhou_portal.lib.rows.scope import is_confidential

Told = tuple[Any, str, dict[str, Any]]
_tellers: list[Callable[..., Any]] = []
_gathered: ContextVar[list[Told] | None] = ContextVar("gathered messages", default=None)


def connect(teller: Callable[..., Any]) -> None:
    """Let ``teller(**message)`` put messages into the outbox."""
    if teller not in _tellers:
        _tellers.append(teller)


def tell(row: Any, words: str, **audience: Any) -> None:
    """Tell ``audience`` that ``row`` (which has a page) ``words``: "TJ-2026-000003 请受理". Of a confidential row those
    alone who may know of it, and without words.
    """
    if is_confidential(row):
        audience["about"], words = row, secrecy.words_of(row, words)
    gathered = _gathered.get()
    if gathered is not None:
        gathered.append((row, words, audience))
    else:
        _send(f"{getattr(row, 'number', row)} {words}", row.get_absolute_url(), audience)


def _send(title: str, url: str, audience: dict[str, Any]) -> None:
    for teller in _tellers:
        teller(title=title, url=url, **audience)


@contextmanager
def together() -> Iterator[None]:
    """Keep what is told inside the block until its end: "TJ-2026-000003 等 5 件纠纷 请受理", which opens the list.
    Inside the transaction of all its causes.
    """
    told: list[Told] = []
    token = _gathered.set(told)
    try:
        yield
    finally:
        _gathered.reset(token)
    groups: dict[str, list[Told]] = {}
    for one in told:
        groups.setdefault(_sameness(one), []).append(one)
    for (row, words, audience), *others in groups.values():
        name, url = str(getattr(row, "number", row)), row.get_absolute_url()
        if others:
            register = site.of(type(row))
            name = f"{name} 等 {len(others) + 1} 件{row._meta.verbose_name}"
            url = register.list_url if register else url
        _send(f"{name} {words}", url, audience)


@contextmanager
def unless_refused() -> Iterator[None]:
    """Forget what was told inside the block, of a step whose transaction went back, if it ends with an error."""
    gathered = _gathered.get()
    before = len(gathered or ())
    try:
        yield
    except Exception:
        if gathered is not None:
            del gathered[before:]
        raise


def _sameness(told: Told) -> str:
    """What two messages have in common that can be one: words, audience, kind of row. Of secret rows each is its own;
    of open ones that may become secret the first stands for all, which alone is named.
    """
    row, words, audience = told
    secret = row.pk if words == secrecy.UNTOLD else None
    audience = {name: value for name, value in audience.items() if name != "about"}

    def plain(value: Any) -> Any:
        if isinstance(value, models.Model):
            return f"{value._meta.label}:{value.pk}"
        if isinstance(value, dict):
            return sorted((name, plain(item)) for name, item in value.items())
        return [plain(item) for item in value] if isinstance(value, (list, tuple, set, frozenset)) else str(value)

    return repr((row._meta.label, secret, words, plain(audience)))
