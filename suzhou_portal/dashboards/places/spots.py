"""The place that a dashboard is about: what it is called, where it lies, what lies below it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.http import Http404
from django.utils import timezone

from grids.issues.models import Issue
from grids.places.models import Area, Grid
from grids.places.names import Named, names
from suzhou_portal.accounts.roles import ROLE_VERBS, Verb
from suzhou_portal.lib.rows.scope import ScopedQuerySet

SEVERAL = "我的范围"


@dataclass(frozen=True)
class Below:
    """A place one level down: what its dashboard is called with, and which grids are its own."""

    pk: int
    code: str
    name: str
    grids: frozenset[int] = frozenset()

    @property
    def keys(self) -> list[tuple[str, int]]:
        """(level, primary key) of what belongs to the place: itself, or a grid's members."""
        if self.grids:
            return [("grid", pk) for pk in self.grids]
        return [("street" if len(self.code) == 9 else "community", self.pk)]


@dataclass(frozen=True)
class Spot:
    """A place as dashboards see it.

    ``level``: district, street, community, grid, or scope (all that a user sees where that is
    no single place: an area leader's grids). ``query``: the parameters with which lists of
    issues show the rows of this place. ``ways``: the places above, from the top, as (code, name);
    the code is empty where the user sees no figures.
    """

    level: str
    code: str
    name: str
    pk: int = 0
    query: dict[str, str] = field(default_factory=dict)
    ways: tuple[tuple[str, str], ...] = ()
    below: tuple[Below, ...] = ()
    grids: frozenset[int] = frozenset()

    @property
    def below_word(self) -> str:
        """What the places one level down are called."""
        return {"district": "街道", "street": "社区"}.get(self.level, "网格")

    @property
    def rest_word(self) -> str:
        """What the rows are called that lie in the place but in none below it."""
        return {"district": "区本级", "street": "街道本级", "community": "未落到现有网格"}.get(self.level, "本网格")

    @property
    def tallied(self) -> bool:
        """True where the measures are tallied; else they are counted from the rows."""
        return self.level in {"district", "street", "community"}

    @property
    def keys(self) -> dict[str, frozenset[int]]:
        """Level → primary keys of what :attr:`query` names; empty where it names nothing."""
        return {level: self.grids if level == "grid" else frozenset({self.pk}) for level in self.query}

    def rows(self, user: Any) -> ScopedQuerySet:
        """The issues of the place that ``user`` may list: the rows behind every figure."""
        rows = Issue.objects.visible_to(user, Verb.ISSUES_VIEW)
        if self.level in {"street", "community"}:
            return rows.filter(**{self.level: self.pk})
        return rows.filter(grid__in=self.grids) if self.grids else rows


def find(code: str, user: Any) -> Spot:
    """The place with this code; Http404 when there is none in the places where ``user`` sees figures."""
    if code == settings.DISTRICT_CODE and user.scope_for(Verb.FIGURES_VIEW).district:
        return _district()
    if not code.isdecimal() or len(code) not in {9, 12, 15, 18, 21}:
        raise Http404
    if len(code) > 12:
        return _grid(user, code=code)
    known, scope = names(), user.scope_for(Verb.FIGURES_VIEW)
    for pk, row in (known.streets if len(code) == 9 else known.communities).items():
        street, community = (pk, None) if len(code) == 9 else (row.upper, pk)
        if row.code == code and scope.holds(street=street, community=community, grid=None):
            return _street(row, user) if community is None else _community(row, user)
    raise Http404


def own(user: Any) -> Spot:
    """The place that ``user``'s posts stand on; where these are several, or an area: all that they see."""
    scope = user.scope_for(Verb.FIGURES_VIEW)
    posts = [post for post in user.posts if Verb.FIGURES_VIEW in ROLE_VERBS[post.role]]
    if scope.district:
        return _district()
    if len(posts) == 1:
        post, known = posts[0], names()
        if post.street_id in known.streets:
            return find(known.streets[post.street_id].code, user)
        if post.community_id in known.communities:
            return find(known.communities[post.community_id].code, user)
        if post.grid_id:
            return _grid(user, pk=post.grid_id)
    return _scope(user)


def _district() -> Spot:
    below = tuple(Below(row.pk, row.code, row.name) for row in names().streets.values())
    return Spot("district", settings.DISTRICT_CODE, settings.DISTRICT_NAME, below=below)


def _ways(user: Any, *above: tuple[frozenset[int], Any]) -> tuple[tuple[str, str], ...]:
    """The way down to a place: the district, then ``above`` as (keys where the user sees figures, place)."""
    scope = user.scope_for(Verb.FIGURES_VIEW)
    is_open = scope.district
    found = [(settings.DISTRICT_CODE if is_open else "", settings.DISTRICT_NAME)]
    for keys, place in above:
        is_open = is_open or place.pk in keys
        found.append((place.code if is_open else "", place.name))
    return tuple(found)


def _street(street: Named, user: Any) -> Spot:
    below = tuple(Below(row.pk, row.code, row.name) for row in names().communities.values() if row.upper == street.pk)
    return Spot("street", street.code, street.name, street.pk, {"street": street.code}, _ways(user), below)


def _community(community: Named, user: Any) -> Spot:
    below = tuple(Below(row.pk, row.code, row.name) for row in names().grids.values() if row.upper == community.pk)
    street = names().streets[community.upper]
    ways = _ways(user, (user.scope_for(Verb.FIGURES_VIEW).streets, street))
    query = {"community": community.code}
    return Spot("community", community.code, community.name, community.pk, query, ways, below)


def _grid(user: Any, **key: Any) -> Spot:
    """The grid with this ``code`` or ``pk`` and all below it, ended grids included: they keep their
    rows. One query; Http404 outside the user's scope.
    """
    (name, wanted) = next(iter(key.items()))
    family = {
        grid.pk: grid
        for grid in Grid.objects.visible_to(user, Verb.FIGURES_VIEW)
        .filter(Q(**{name: wanted}) | Q(**{f"parent__{name}": wanted}) | Q(**{f"parent__parent__{name}": wanted}))
        .select_related("community", "street", "parent__parent")
        .order_by("code")
    }
    grid = next((row for row in family.values() if getattr(row, name) == wanted), None)
    if grid is None:
        raise Http404
    members = _members(family)
    scope = user.scope_for(Verb.FIGURES_VIEW)
    upper = [row for row in (grid.parent and grid.parent.parent, grid.parent) if row is not None]
    above = [(scope.streets, grid.street), (scope.communities, grid.community), *((scope.grids, row) for row in upper)]
    ways = _ways(user, *above)
    children = [row for row in family.values() if row.parent_id == grid.pk]
    query = {"grid": grid.code}
    return Spot(
        "grid", grid.code, grid.name, grid.pk, query, tuple(ways), _current(children, members), members[grid.pk]
    )


def _current(grids: Iterable[Grid], members: dict[int, frozenset[int]]) -> tuple[Below, ...]:
    today = timezone.localdate()
    return tuple(
        Below(grid.pk, grid.code, grid.name, members[grid.pk])
        for grid in grids
        if grid.ends is None or grid.ends > today
    )


def _members(family: dict[int, Grid]) -> dict[int, frozenset[int]]:
    """Grid id → itself and all below it, within ``family``."""
    found: dict[int, set[int]] = {pk: {pk} for pk in family}
    for pk, grid in family.items():
        upper = family.get(grid.parent_id)
        while upper is not None:
            found[upper.pk].add(pk)
            upper = family.get(upper.parent_id)
    return {pk: frozenset(members) for pk, members in found.items()}


def _scope(user: Any) -> Spot:
    """All that ``user`` sees, where that is several places; below: the topmost grids or the places themselves."""
    scope = user.scope_for(Verb.FIGURES_VIEW)
    known = names()
    rows = [known.streets[pk] for pk in known.streets if pk in scope.streets]
    rows += [row for pk, row in known.communities.items() if pk in scope.communities]
    below = [Below(row.pk, row.code, row.name) for row in rows]
    if scope.grids:
        grids = Grid.objects.visible_to(user, Verb.FIGURES_VIEW).filter(pk__in=scope.grids).order_by("code")
        family = {grid.pk: grid for grid in grids}
        below += _current((grid for grid in grids if grid.parent_id not in family), _members(family))
    return Spot("scope", "", _scope_name(user), below=tuple(below))


def _scope_name(user: Any) -> str:
    """The area of an area leader who has no other post; 我的范围 for several places."""
    posts = [post for post in user.posts if Verb.FIGURES_VIEW in ROLE_VERBS[post.role]]
    if len(posts) == 1 and posts[0].area_id:
        area = Area.objects.visible_to(user).filter(pk=posts[0].area_id).values_list("name", flat=True).first()
        return area or SEVERAL
    return SEVERAL
