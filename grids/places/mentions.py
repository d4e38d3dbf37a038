"""The place that a text names: ``嘉和小区3号楼二单元门口…`` is the building, where it is in force and in scope."""

import re
from collections.abc import Iterable
from typing import Any

from django.db.models import F, Q, TextField, Value

from communities.directory.models import Community
from grids.places.finding import Place
from grids.places.models import Grid
from suzhou_portal.lib.rows.scope import ScopedQuerySet
from suzhou_portal.lib.text.search import fold

MOST = 100
SHORTEST = 3
LONGEST = 200  # a place stands at the beginning of what people type; further on it is a story
# Before a name they make it that of another place.
OTHER = "新老东西南北"
DIGITS = "零一二三四五六七八九"
_SUFFIXES = ("号楼", "栋", "幢", "#楼", "#")
_NUMBER = re.compile(f"(?<![0-9a-z{DIGITS}十百])([0-9]{{1,3}}|[{DIGITS}十]{{1,3}})(?:{'|'.join(_SUFFIXES)})")


def place_mentioned(text: str, user: Any, verb: str) -> Place | None:
    """The one building, else compound, resident group or community in scope that ``text`` names; None where it names
    none, or cannot tell which. At most three queries.
    """
    told = "".join(fold(text[:LONGEST]).split())
    communities = _called(Community.objects.select_related("street"), told, user, verb)
    named = _longest(told, [*communities, *_groups(told, user, verb)])
    lies_in = {(type(place), place.pk) for place in named}

    def support(place: Place) -> int:
        return len(set(_above(place)) & lies_in)

    # What another named one lies in tells only which of several it is.
    upper = {key for place in named for key in _above(place)}
    lowest = [place for place in named if (type(place), place.pk) not in upper]
    best = [place for place in lowest if support(place) == max(map(support, lowest))]
    if len(best) > 1:
        return None
    compound = best[0] if best else None
    buildings = _buildings(told, compound, user, verb)
    return buildings[0] if len(buildings) == 1 else compound


def _called(rows: ScopedQuerySet, told: str, user: Any, verb: str) -> list[Any]:
    """Those of ``rows`` in scope whose name stands in ``told``."""
    rows = rows.visible_to(user, verb).annotate(told=Value(told, output_field=TextField()))
    return list(rows.filter(told__contains=F("name")).order_by("code")[:MOST])


def _groups(told: str, user: Any, verb: str) -> list[Grid]:
    rows = Grid.objects.current().exclude(kind=Grid.Kind.BUILDING)
    return _called(rows.select_related("community", "street", "parent"), told, user, verb)


def _longest(told: str, places: Iterable[Any]) -> list[Any]:
    """Without those whose name is only a part of a longer one, in scope or not: 嘉和小区 in 新嘉和小区, 1号小区 in
    21号小区.
    """
    found, left = [], told
    by_name: dict[str, list[Any]] = {}
    for place in places:
        by_name.setdefault(fold(place.name), []).append(place)
    for name in sorted(by_name, key=len, reverse=True):
        pattern = re.compile(f"(?<![{'0-9' if name[:1].isdigit() else OTHER}]){re.escape(name)}")
        if len(name) >= SHORTEST and pattern.search(left):
            found += by_name[name]
            left = pattern.sub("\n", left)
    return found


def _above(place: Place) -> list[tuple[type, int]]:
    """What ``place`` lies in, as far as texts may name it."""
    if not isinstance(place, Grid):
        return []
    keys = [(Grid, place.parent_id)] if place.parent_id else []
    return [*keys, (Community, place.community_id)]


def _buildings(told: str, within: Place | None, user: Any, verb: str) -> list[Grid]:
    """The buildings whose number ``told`` names, at most two: in ``within``, or in the whole scope."""
    numbers = {_value(number) for number in _NUMBER.findall(told)}
    if len(numbers) != 1:
        return []
    number = numbers.pop()
    names = [f"{written}{suffix}" for written in (str(number), _in_words(number)) for suffix in _SUFFIXES]
    rows = Grid.objects.current().filter(kind=Grid.Kind.BUILDING, name__in=names).visible_to(user, verb)
    if isinstance(within, Community):
        rows = rows.filter(community=within)
    elif isinstance(within, Grid):
        rows = rows.filter(Q(parent=within) | Q(parent__parent=within))
    return list(rows.select_related("community", "street", "parent").order_by("code")[:2])


def _value(written: str) -> int:
    """``十二`` → 12."""
    if written.isdigit() and written.isascii():
        return int(written)
    tens, ten, ones = written.rpartition("十")
    value = DIGITS.find(ones[-1:]) if ones else 0
    return value + (10 * (DIGITS.find(tens[-1:]) if tens else 1) if ten else 0)


def _in_words(number: int) -> str:
    """12 → ``十二``; from 100 on nobody writes words."""
    tens, ones = divmod(number, 10)
    if not 0 < number < 100:
        return str(number)
    return f"{(DIGITS[tens] if tens > 1 else '') + '十' if tens else ''}{DIGITS[ones] if ones else ''}"
