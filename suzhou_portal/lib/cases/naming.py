"""Rows by the addresses of their pages: what a reader calls that which a message is about."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import F

from suzhou_portal.lib.cases.waiting import sources

TEXT_LENGTH = 40


@dataclass(frozen=True)
class Called:
    """A row as its reader knows it: its ``kind``, its ``name`` (a number), what it is about."""

    kind: str
    name: str
    text: str


def called(urls: Iterable[str], user: Any) -> dict[str, Called]:
    """The rows at ``urls``, as far as ``user`` may see them now; one statement per kind of row."""
    wanted = {url: url.partition("#")[0].partition("?")[0] for url in urls}
    named: dict[str, Called] = {}
    for source in sources():
        if source.may_view(user):
            keys = {key: path for path in wanted.values() if (key := _key(path, source.pages))}
            named |= {keys[key]: one for key, one in _called(source, keys, user).items()} if keys else {}
    return {url: named[path] for url, path in wanted.items() if path in named}


def _key(path: str, pages: str) -> str:
    """The key of a row whose page has the address ``path`` below ``pages``; "" for others."""
    key = path.removeprefix(pages).removesuffix("/") if path.startswith(pages) and path.endswith("/") else ""
    return key if "/" not in key else ""


def _called(source: Any, keys: Iterable[str], user: Any) -> dict[str, Called]:
    wanted = list(keys)
    if source.key == "pk":
        wanted = [key for key in wanted if key.isascii() and key.isdecimal() and len(key) < 19]
    told = defaultdict(str, source.told)
    columns = {f"called_{name}": F(told[name]) for name in ("name", "text") if told[name]}
    rows = (
        source.seen(user).filter(**{f"{source.key}__in": wanted}).order_by().values(called_key=F(source.key), **columns)
    )
    return {
        str(row["called_key"]): Called(
            source.title, str(row.get("called_name") or ""), str(row.get("called_text") or "")[:TEXT_LENGTH]
        )
        for row in rows
    }
