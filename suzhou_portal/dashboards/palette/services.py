"""去哪儿: pages, jobs and rows by a number, a name, two letters of pinyin; all as far as the user may see them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from grids.issues.models import Issue
from suzhou_portal.accounts.models import Preference
from suzhou_portal.accounts.roles import Role, Verb
from suzhou_portal.lib.registers import Register, site
from suzhou_portal.lib.text.canonical import named, pinyin_key
from suzhou_portal.lib.text.search import fold
from suzhou_portal.navigation import AREA_BAR, AREAS, FIELD_BAR, FIRST, OWN, Entry, page_url

KEY = "palette"
RECENT, PINNED = 5, 2
PAGES, ROWS = 6, 4
ISSUE = re.compile(r"^/issues/(?P<number>[A-Za-z]{2}-[0-9-]+)/$")
NUMBER = re.compile(r"^[a-z]{2}-?[0-9][0-9-]*$")


@dataclass(frozen=True)
class Found:
    """A place to go: ``kind`` says what it is, ``text`` names it, ``hint`` tells it from others; ``pinned`` stays."""

    kind: str
    text: str
    url: str
    hint: str = ""
    pinned: bool = False

    @property
    def is_place(self) -> bool:
        """It can be pinned: a search cannot."""
        return "?" not in self.url


# --- pages and jobs ----------------------------------------------------------------------------


def _entries() -> Iterator[tuple[str, Entry]]:
    yield from (("页面", entry) for entry in (*FIRST, *OWN))
    yield from ((area.label, entry) for area in AREAS for entry in area.entries)


def pages_of(user: Any) -> list[Found]:
    """Every page of the navigation that ``user`` may open."""
    field = FIELD_BAR if Role.GRID in user.roles else AREA_BAR if Role.AREA in user.roles else ()
    entries = (*(("页面", entry) for entry in field), *_entries())
    shown = ((area, entry) for area, entry in entries if entry.is_for(user.verbs))
    return [
        Found(area, entry.label, url, entry.about) for area, entry in shown if (url := page_url(entry.page)) is not None
    ]


def jobs_of(user: Any) -> list[Found]:
    """What ``user`` may begin: the forms of new rows."""
    return [
        Found("办理", way.label, way.url)
        for register in site.registers
        if register.may_view(user)
        for way in register.begins(user)
    ]


@lru_cache(maxsize=400)
def _sounds(text: str) -> tuple[str, str]:
    initials, _blank, whole = pinyin_key(text).partition(" ")
    return initials, whole


def _is_called(found: Found, word: str) -> bool:
    """The words of a page or job hold ``word``, or begin with it in pinyin."""
    return word in fold(f"{found.text} {found.hint}") or any(word in sound for sound in _sounds(found.text))


# --- rows ---------------------------------------------------------------------------------------


def _is_meant(register: Register, word: str) -> bool:
    """``word`` says which register is meant: 协议, 网格长."""
    return len(word) > 1 and word in fold(register.title)


def _rows_of(register: Register, user: Any, words: list[str]) -> list[Found]:
    """Rows that are called by ``words``, of which some may say which register is meant."""
    rows = register.rows(user)
    for word in [word for word in words if not _is_meant(register, word)] or words:
        rows = rows.filter(named(word, *register.found_by))
    return [_row(register, row) for row in rows[:ROWS]]


def _row(register: Register, row: Any) -> Found:
    return Found(register.title, register.describe(row), register.url_of(row))


def _issues(user: Any, word: str) -> list[Found]:
    """The issue of a number, or those whose numbers begin so."""
    rows = Issue.objects.visible_to(user, Verb.ISSUES_VIEW).filter(number__startswith=word.upper())
    return [_issue(row) for row in rows.select_related("category").order_by("number")[:ROWS]]


def _issue(row: Issue) -> Found:
    return Found("网格事件", f"{row.number} {row.category.name}", row.get_absolute_url(), row.description[:30])


def find(user: Any, query: str) -> list[Found]:
    """Where ``query`` leads, the likeliest first; the last one searches all issues for it."""
    words = fold(query).split()
    if not words:
        return []
    found: list[Found] = []
    query_word = fold(query)
    sees_issues = user.can(Verb.ISSUES_VIEW)
    if len(words) == 1 and NUMBER.fullmatch(words[0]) and sees_issues:
        found += _issues(user, words[0])
    called = [page for page in (*pages_of(user), *jobs_of(user)) if all(_is_called(page, word) for word in words)]
    found += sorted(called, key=lambda page: (fold(page.text) != query_word, words[0] not in fold(page.text)))[:PAGES]
    looked = [register for register in site.registers if register.found_by and register.may_view(user)]
    for register in sorted(looked, key=lambda one: not any(_is_meant(one, word) for word in words)):
        found += _rows_of(register, user, words)
    if sees_issues:
        asked = urlencode({"queue": "all", "q": query})
        found.append(Found("网格事件", f"搜索“{query}”", f"/issues/?{asked}"))
    return list({one.url: one for one in reversed(found)}.values())[::-1]


# --- what was used lately -----------------------------------------------------------------------


def at(user: Any, url: str) -> Found | None:
    """The page or row at ``url`` as ``user`` may see it now, or None."""
    for page in (*pages_of(user), *jobs_of(user)):
        if page.url == url:
            return page
    if (issue := ISSUE.match(url)) is not None:
        rows = Issue.objects.visible_to(user, Verb.ISSUES_VIEW).select_related("category")
        row = rows.filter(number=issue["number"]).first()
        return _issue(row) if row is not None else None
    for register in site.registers:
        key = url.removeprefix(register.list_url).removesuffix("/")
        if url.startswith(register.list_url) and key and "/" not in key and register.may_view(user):
            row = register.find(user, key)
            return _row(register, row) if row is not None else None
    return None


def _kept(user: Any) -> dict[str, list[str]]:
    kept = Preference.objects.filter(user=user, key=KEY).first()
    return {name: list((kept.value if kept else {}).get(name, ())) for name in ("recent", "pinned")}


def _keep(user: Any, **value: list[str]) -> None:
    Preference.objects.update_or_create(user=user, key=KEY, defaults={"value": value})


def remember(user: Any, url: str) -> None:
    """Keep ``url`` as gone to just now; nothing where it leads nowhere for ``user``."""
    if at(user, url) is None:
        return
    kept = _kept(user)
    _keep(user, pinned=kept["pinned"], recent=[url, *(old for old in kept["recent"] if old != url)][:RECENT])


def pin(user: Any, url: str) -> None:
    """Pin ``url``, the oldest making room for it; one that is pinned is let go."""
    kept = _kept(user)
    if url in kept["pinned"]:
        pinned = [old for old in kept["pinned"] if old != url]
    elif at(user, url) is not None:
        pinned = [*kept["pinned"], url][-PINNED:]
    else:
        return
    _keep(user, recent=kept["recent"], pinned=pinned)


def usual(user: Any) -> list[Found]:
    """What is shown before anything is typed: pinned places, then the last ones."""
    kept = _kept(user)
    pinned = [replace(found, pinned=True) for url in kept["pinned"] if (found := at(user, url)) is not None]
    recent = [found for url in kept["recent"] if url not in kept["pinned"] and (found := at(user, url)) is not None]
    return [*pinned, *recent]
