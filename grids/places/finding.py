"""Places by code, name or pinyin, in a user's scope: what every form and filter uses; and what lies there."""

import re
from collections.abc import Iterable
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Q

from communities.directory.models import Community
from grids.places.models import Grid
from streets.hub.models import Street
from suzhou_portal.accounts.roles import ROLE_VERBS
from suzhou_portal.lib.rows.scope import ScopedQuerySet
from suzhou_portal.lib.rows.stretches import stretch
from suzhou_portal.lib.text.canonical import named

Place = Street | Community | Grid
NUMBER_BEGINS = re.compile(r"(?<=[^\W\d])(?=\d)")


def place_named(code: str, user: Any, verb: str | None = None) -> Place | None:
    """The place with this code in ``user``'s scope (9, 12, or 15–21 digits), or None."""
    if not (code.isascii() and code.isdigit()):
        return None
    rows: ScopedQuerySet
    if len(code) == 9:
        rows = Street.objects
    elif len(code) == 12:
        rows = Community.objects.select_related("street")
    else:
        rows = Grid.objects.current().select_related("community", "street", "parent")
    return next(iter(stretch(rows.visible_to(user, verb).filter(code=code).order_by(), 0, 1)), None)


def _named(word: str, path: str = "") -> Q:
    """The place (or, with ``path``, what it lies in) is called ``word``, by name or pinyin."""
    return named(word, f"{path}name", f"{path}pinyin")


def _matching(rows: ScopedQuerySet, words: list[str], uppers: tuple[str, ...]) -> ScopedQuerySet:
    """``rows`` whose own name matches the last word, and they or what they lie in every other word."""
    *others, last = words
    rows = rows.filter(_named(last))
    for word in others:
        rows = rows.filter(reduce(or_, (_named(word, upper) for upper in uppers), _named(word)))
    return rows


def locate(issue: Any, place: Place) -> None:
    """Set the issue's street, community and grid from its most specific place."""
    if isinstance(place, Grid):
        issue.grid, issue.community, issue.street = place, place.community, place.street
    elif isinstance(place, Community):
        issue.grid, issue.community, issue.street = None, place, place.street
    else:
        issue.grid, issue.community, issue.street = None, None, place


def find_places(query: str, user: Any, *, verb: str | None = None, limit: int = 20) -> list[Place]:
    """Places in scope whose name contains ``query`` or whose pinyin begins with it, upper levels first.

    Of several words the last names the place and the others what it lies in (``民主街 3号楼``,
    also as :func:`describe` writes it); where nothing is called so, a number begins a word
    (``嘉和小区3号楼``, ``jhxq3``). An empty query gives the topmost places. Three or six queries.
    """
    query = query.replace("\x00", "").lower()
    spaced = NUMBER_BEGINS.sub(" ", query)
    return _find(query, user, verb, limit) or (_find(spaced, user, verb, limit) if spaced != query else [])


def _find(query: str, user: Any, verb: str | None, limit: int) -> list[Place]:
    words = query.split()[-4:]
    found: list[Place] = []
    sources: Iterable[tuple[ScopedQuerySet, tuple[str, ...]]] = (
        (Street.objects.all(), ()),
        (Community.objects.select_related("street"), ("street__",)),
        (
            Grid.objects.current().select_related("community", "street", "parent"),
            ("street__", "community__", "parent__", "parent__parent__"),
        ),
    )
    for source, uppers in sources:
        rows = source.visible_to(user, verb)
        if words:
            rows = _matching(rows, words, uppers)
        found.extend(rows.order_by("code")[: limit - len(found)])
        if len(found) >= limit:
            break
    return found


def describe(place: Place) -> str:
    """A place with what it lies in: ``东北街街道 民主街社区 2号小区 3号楼``.

    A compound is named without its resident group: people know the compound, not the group.
    """
    if isinstance(place, Grid):
        return f"{place.street.name} {place.community.name} {place.full_name}"
    if isinstance(place, Community):
        return f"{place.street.name} {place.name}"
    return place.name


def place_words(issue: Any) -> str:
    """The place of ``issue`` as :func:`describe` writes it, from the levels that the issue names itself."""
    places = (issue.street.name, issue.community.name if issue.community else "")
    return " ".join(filter(None, (*places, issue.grid.full_name if issue.grid else "")))


def local_words(row: Any) -> str:
    """Where ``row`` lies, for whoever knows the district: its community (else its street) and grid."""
    return " ".join(filter(None, (str(row.community or row.street), row.grid.full_name if row.grid else "")))


def own_place(user: Any, verb: str) -> Place | None:
    """Where ``user`` works: the place of their first current post that holds ``verb``; None for
    the district, for areas and for organisations. One query.
    """
    for post in user.posts:
        if verb not in ROLE_VERBS[post.role]:
            continue
        for model, key in ((Grid, post.grid_id), (Community, post.community_id), (Street, post.street_id)):
            if key:
                rows: ScopedQuerySet = model.objects.visible_to(user, verb)
                if model is not Street:
                    rows = rows.select_related("street")
                if model is Grid:
                    rows = rows.select_related("community", "parent")
                return rows.filter(pk=key).first()
    return None
