"""Telling people of rows. What stands above ``lib`` and can tell (``suzhou_portal.notices``) connects itself.

``tell`` takes what ``notices.services.enqueue`` takes: a title without personal words, the roles at a place or the
users who are told, a kind; ``except_user`` is who did it, whom the message names. In the transaction of its cause.
Whoever is told the same of several rows within a short time gets one message outside the portal; what is taken back
before it was sent is not sent (``notices.sending``, ``notices.withdrawing``).
"""

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from suzhou_portal.lib.cases import secrecy
from suzhou_portal.lib.rows.scope import is_confidential

TakerBack = Callable[[str, Collection[str]], dict[str, Any]]
_tellers: list[Callable[..., Any]] = []
_takers_back: list[TakerBack] = []
_cause: ContextVar[str] = ContextVar("the step that can be taken back", default="")


def connect(teller: Callable[..., Any], taker_back: TakerBack) -> None:
    """Let ``teller(**message)`` put messages into the outbox, and ``taker_back(url, causes)`` take them
    back, which answers with the audience of those who know already ({}: nobody)."""
    if teller not in _tellers:
        _tellers.append(teller)
        _takers_back.append(taker_back)


def tell(row: Any, words: str, *, then: str = "", gathered: str = "", url: str = "", **audience: Any) -> None:
    """Tell ``audience`` that ``row`` (which has a page) ``words``, and what comes ``then``: "TJ-2026-000003 受理，
    请调处". Of a confidential row those alone who may know of it, and without words.

    ``gathered``: what is said of several such rows at once, where ``words`` are of this row alone; ``url``: another
    page.
    """
    name = str(getattr(row, "number", row))
    said, together = (_with(one, then) for one in (words, gathered or words))
    kept = {"subject": name[:60], "noun": str(row._meta.verbose_name), "gathered": together[:200]}
    if is_confidential(row):
        audience["about"], said = row, secrecy.words_of(row, said)
        kept = {} if said == secrecy.UNTOLD else kept
    for teller in _tellers:
        teller(title=f"{name} {said}", url=url or row.get_absolute_url(), cause=_cause.get(), **kept, **audience)


def _with(words: str, then: str) -> str:
    return f"{words}，{then}" if then and then not in words else words


@contextmanager
def caused_by(step: str) -> Iterator[None]:
    """What is told inside the block is told of ``step``, which can be taken back ("": it cannot)."""
    token = _cause.set(step)
    try:
        yield
    finally:
        _cause.reset(token)


def take_back(row: Any, steps: Collection[str], words: str, **told: Any) -> None:
    """Take back what was told of ``row`` when one of ``steps`` was taken; whoever knows of it already is told
    ``words``. They may not open the row any longer: the message opens the list that it stands in.
    """
    url = row.get_absolute_url()
    for taker in _takers_back:
        if known := taker(url, steps):
            tell(row, words, url=f"{url.rstrip('/').rpartition('/')[0]}/", **known, **told)
