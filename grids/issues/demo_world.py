"""The demo district as the stories see it: who answers where, what can happen, how it is told."""

import tomllib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import accumulate
from pathlib import Path
from random import Random
from typing import Any

from django.apps import apps

from communities.directory.models import Community
from grids.categories.models import IssueCategory
from grids.issues.models import Holder, Issue
from grids.places.demo import ROADS
from grids.places.models import Area, Grid
from streets.hub.models import Street
from streets.organisations.models import Organisation
from suzhou_portal.accounts.models import Assignment, User
from suzhou_portal.accounts.roles import ROLE_TARGET, Role
from suzhou_portal.lib.demo.steps import District
from suzhou_portal.lib.demo.times import YEAR, OfficeTime
from suzhou_portal.rules.calendars import calendar

SAYINGS = Path(__file__).with_name("demo_sayings.toml")
SEASON = 3
# Deadlines of late reports may lie weeks ahead.
AHEAD = timedelta(days=120)
PROPERTY = "物业"
WHEN = ("早上", "昨晚", "中午", "傍晚", "夜间", "周末")
SIDES = ("东门", "西门", "北侧", "南侧", "中心花园旁", "车棚旁", "垃圾点旁", "健身场地旁")
BUILDING_SPOTS = ("楼下", "一单元", "二单元", "三单元", "地下室入口", "楼前", "楼后", "四楼平台", "顶层")
STREET_SPOTS = ("路口", "沿街商铺前", "公交站旁", "人行道", "十字西南角", "巷口", "菜市场门口")


@dataclass(frozen=True)
class Saying:
    """What is said about one category of issues; see the head of ``demo_sayings.toml``."""

    category: IssueCategory
    weight: float
    to: str
    texts: Sequence[str]
    results: Sequence[str]
    months: Sequence[int] = ()
    winter_only: bool = False

    def weight_in(self, month: int) -> float:
        """How often it is reported in ``month``."""
        if month in self.months:
            return self.weight * SEASON
        return 0.0 if self.winter_only else self.weight


@dataclass
class World:
    """The stored district. ``users`` finds the account of a role at a place or organisation by key."""

    users: dict[tuple[str, int | None], User]
    streets: list[Street]
    communities: list[Community]
    grids: dict[int, Grid]
    areas: list[tuple[Area, list[Grid]]]
    departments: dict[str, Organisation]
    property_companies: dict[int, list[Organisation]]
    units: dict[int, list[Organisation]]
    sayings: list[Saying]
    office: OfficeTime
    patrolled: frozenset[int] = frozenset()  # keys of the categories that the patrols' checklist knows
    _monthly: dict[int, list[float]] = field(default_factory=dict)
    _below: dict[int, list[Grid]] = field(default_factory=lambda: defaultdict(list))
    _reach: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.all_grids = list(self.grids.values())
        for grid in self.all_grids:
            self._below[self.group_of(grid).pk].append(grid)
        self._reach = list(accumulate(grid.households + 3 for grid in self.all_grids))

    # --- who ----------------------------------------------------------------------

    def user(self, role: Role, target: Any = None) -> User | None:
        """The account that holds ``role`` at ``target`` (a row, or None for the district)."""
        return self.users.get((role, target.pk if target else None))

    def group_of(self, grid: Grid) -> Grid:
        """The resident group that ``grid`` is or lies in."""
        while grid.parent_id:
            grid = self.grids[grid.parent_id]
        return grid

    def leader(self, issue: Issue) -> User | None:
        """The leader of the issue's resident group; None without a grid."""
        return self.user(Role.GRID, self.group_of(issue.grid)) if issue.grid else None

    def at_level(self, issue: Issue, level: str) -> User:
        """Who acts for ``level`` (or, as holder, for the organisation) on ``issue``."""
        if level == Holder.GRID and (leader := self.leader(issue)):
            return leader
        if level in (Holder.GRID, Holder.COMMUNITY) and issue.community:
            return self.users[Role.COMMUNITY, issue.community_id]
        if level == Holder.ORGANISATION and (liaison := self.liaison(issue.organisation)):
            return liaison
        if level == Holder.DISTRICT:
            return self.users[Role.DISTRICT, None]
        return self.users[Role.STREET, issue.street_id]

    def liaison(self, organisation: Organisation) -> User | None:
        """The account of an organisation, if it has one."""
        return self.user(Role.DEPARTMENT, organisation) or self.user(Role.UNIT, organisation)

    # --- where --------------------------------------------------------------------

    def any_grid(self, rng: Random) -> Grid:
        """A grid of any level; where many live, much happens."""
        return rng.choices(self.all_grids, cum_weights=self._reach)[0]

    def grid_below(self, group: Grid, rng: Random) -> Grid:
        """A grid of the resident group ``group``, itself included."""
        return rng.choice(self._below[group.pk])

    def spot(self, place: Street | Community | Grid, rng: Random) -> str:
        """Words for a spot in ``place``."""
        if isinstance(place, Grid) and place.kind == Grid.Kind.BUILDING:
            return f"{self.grids[place.parent_id].name}{place.name}{rng.choice(BUILDING_SPOTS)}"
        if isinstance(place, Grid) and place.kind == Grid.Kind.COMPOUND:
            return f"{place.name}{rng.choice(SIDES)}"
        return f"{rng.choice(ROADS)}{rng.choice(STREET_SPOTS)}"

    # --- what ---------------------------------------------------------------------

    def any_saying(self, month: int, rng: Random) -> Saying:
        """Something that is reported in ``month``, by its frequency."""
        if month not in self._monthly:
            self._monthly[month] = list(accumulate(saying.weight_in(month) for saying in self.sayings))
        return rng.choices(self.sayings, cum_weights=self._monthly[month])[0]

    def patrol_saying(self, month: int, rng: Random) -> Saying:
        """Something that an area leader sees along the checklist; anything where it knows no category."""
        seen = [saying for saying in self.sayings if saying.category.pk in self.patrolled and saying.weight_in(month)]
        if not seen:
            return self.any_saying(month, rng)
        return rng.choices(seen, [saying.weight_in(month) for saying in seen])[0]

    def handler(self, saying: Saying, issue: Issue, rng: Random) -> Organisation | None:
        """The organisation in the issue's place that such issues go to; None when there is none."""
        if saying.to != PROPERTY:
            return self.departments[saying.to]
        companies = self.property_companies.get(issue.community_id, [])
        return rng.choice(companies) if companies else None


def tell(template: str, spot: str, rng: Random) -> str:
    """A description or result with its blanks filled."""
    return template.format(spot=spot, when=rng.choice(WHEN), n=rng.randint(2, 6))


def world_of(district: District) -> World:
    """The stored places, people and organisations of ``district``; read when they are all there."""
    today = district.today
    return district.once(World, lambda: read_world(today - timedelta(days=YEAR + 1), today + AHEAD))


def read_world(first: date, last: date) -> World:
    """The stored district, for stories between the two days.

    Categories that the district removed or renumbered are left out.
    """
    grids = {grid.pk: grid for grid in Grid.objects.order_by("code")}  # unscoped: demo loader
    streets = {street.pk: street for street in Street.objects.order_by("code")}  # unscoped: demo loader
    communities = {row.pk: row for row in Community.objects.order_by("code")}  # unscoped: demo loader
    for community in communities.values():
        community.street = streets[community.street_id]
    for grid in grids.values():
        grid.community, grid.street = communities[grid.community_id], streets[grid.street_id]
    organisations = list(Organisation.objects.order_by("code"))  # unscoped: demo loader
    return World(
        users=_users(),
        streets=list(streets.values()),
        communities=list(communities.values()),
        grids=grids,
        areas=[
            (area, [grids[grid.pk] for grid in area.grids.all()])
            for area in Area.objects.prefetch_related("grids")  # unscoped: demo loader
        ],
        departments={row.short_name: row for row in organisations if row.is_department},
        property_companies=_by_community(row for row in organisations if row.is_property),
        units=_by_community(row for row in organisations if row.is_unit and not row.is_property),
        sayings=_sayings(),
        office=OfficeTime(first, last, calendar()),
        patrolled=frozenset(_patrolled()),
    )


def _patrolled() -> Iterable[int]:
    """The categories that the patrols' checklist, which stands above issues, knows."""
    items = apps.get_model("grids.PatrolItem")._default_manager  # unscoped: demo loader
    found: Iterable[int] = items.exclude(category=None).values_list("category_id", flat=True)
    return found


def _users() -> dict[tuple[str, int | None], User]:
    users = {}
    for post in Assignment.objects.select_related("user").order_by("id"):  # unscoped: demo loader
        wanted = ROLE_TARGET[Role(post.role)]
        users.setdefault((post.role, getattr(post, f"{wanted}_id") if wanted else None), post.user)
    return users


def _by_community(organisations: Any) -> dict[int, list[Organisation]]:
    found: dict[int, list[Organisation]] = defaultdict(list)
    for row in organisations:
        if row.community_id:
            found[row.community_id].append(row)
    return dict(found)


def _sayings() -> list[Saying]:
    with SAYINGS.open("rb") as file:
        told = tomllib.load(file)
    usable = {row.code: row for row in IssueCategory.objects.usable()}  # unscoped: demo loader
    return [Saying(category=usable[code], **entry) for code, entry in sorted(told.items()) if code in usable]
