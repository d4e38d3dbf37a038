"""What the demo district shows beside single stories, of the last office days: duplicates, parts, contacts, photos …

A few of each, made as users make them: through the portal's own services, at pretended moments. Each therefore has its
notices and its entries in the trail, as from the demo's people. Topics add their scenes, street by street and
community by community::

    @in_community(order=40)
    def split(lately: Lately, community: Community, index: int) -> None:
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

from django.db.models import Q, QuerySet

from communities.directory.models import Community
from grids.categories.models import IssueCategory, Level
from grids.issues.demo_world import World, world_of
from grids.issues.models import Issue, Status
from grids.places.models import Grid
from streets.hub.models import Street
from suzhou_portal.accounts.models import User
from suzhou_portal.accounts.roles import Role
from suzhou_portal.lib.demo.steps import District, step

RECENT = timedelta(days=5)


@dataclass
class Lately:
    """The last office days before ``until``."""

    world: World
    until: datetime
    rng: Random
    kept: dict[str, Any] = field(default_factory=dict)  # what a scene remembers

    def at(self, hours: float) -> datetime:
        """A moment some office hours before the end."""
        return self.world.office.at(self.world.office.position(self.until) - hours * 3600)

    def category(self, word: str, level: str) -> IssueCategory:
        """The one whose name has ``word``; any of that level where the district has none."""
        there = [row.category for row in self.world.sayings if row.category.start_level == level]
        return next((category for category in there if word in category.name), there[0])

    def secretary(self, community: Community) -> User:
        """Who acts for ``community``."""
        return self.world.users[Role.COMMUNITY, community.pk]

    def first_group(self, community: Community) -> Grid:
        """Its first resident group."""
        return next(grid for grid in self.world.all_grids if grid.community_id == community.pk and not grid.parent_id)

    def issues(self, community: Community) -> QuerySet[Issue]:
        """What was reported there of late."""
        # unscoped: demo loader
        return Issue.objects.filter(community=community, parent=None, created_at__gte=self.until - RECENT)

    def waiting(self, community: Community) -> Issue | None:
        """One that waits for the community, and started there, so that who reports it again reports it to the same
        keeper.
        """
        waiting = Q(status__in=[Status.REPORTED, Status.ACCEPTED], level=Level.COMMUNITY)
        waiting &= Q(category__start_level=Level.COMMUNITY, grid__isnull=False)
        return next(iter(self.issues(community).filter(waiting)[:1]), None)


InStreet = Callable[[Lately, Street], None]
InCommunity = Callable[[Lately, Community, int], None]
_scenes: dict[str, list[tuple[int, Any]]] = {"street": [], "community": []}


def in_street(*, order: int) -> Callable[[InStreet], InStreet]:
    """Declare a scene that happens in every street."""
    return lambda scene: _add("street", order, scene)


def in_community(*, order: int) -> Callable[[InCommunity], InCommunity]:
    """Declare a scene that may happen in every community, which it is told with its number from 0."""
    return lambda scene: _add("community", order, scene)


def _add(where: str, order: int, scene: Any) -> Any:
    _scenes[where].append((order, scene))
    _scenes[where].sort(key=lambda pair: pair[0])
    return scene


@step(order=140)
def scenes(district: District) -> dict[str, int]:
    """All of them, street by street, then community by community."""
    lately = Lately(world_of(district), district.until, district.random(2))
    before = Issue.objects.count()  # unscoped: demo loader
    for street in lately.world.streets:
        for _order, scene in _scenes["street"]:
            scene(lately, street)
    for index, community in enumerate(lately.world.communities):
        for _order, scene in _scenes["community"]:
            scene(lately, community, index)
    return {"网格事件": Issue.objects.count() - before}  # unscoped: demo loader
