"""Telling people of cases. What stands above ``lib`` and can tell (``suzhou_portal.notices``) connects itself.

``tell`` takes what ``notices.services.enqueue`` takes: a title without personal words, the roles at a place or the
users who are told, a kind. In the transaction of its cause.
"""

from collections.abc import Callable
from typing import Any

from suzhou_portal.lib.cases import secrecy
from suzhou_portal.lib.rows.scope import is_confidential

_tellers: list[Callable[..., Any]] = []


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
    for teller in _tellers:
        teller(title=f"{getattr(row, 'number', row)} {words}", url=row.get_absolute_url(), **audience)
