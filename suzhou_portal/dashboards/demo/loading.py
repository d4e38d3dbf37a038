"""Loading the demo district: places, people, accounts, then issues; all or nothing."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Any

from django.db import models, transaction

from communities.directory.models import Community
from grids.five_ones.models import FiveOneRecord
from grids.issues.models import Issue
from grids.places.models import Area, Grid, GridPost
from grids.routing.models import RoutingRule
from grids.routing.rules import forget as forget_rules
from grids.tallies.services import rebuild_tallies
from streets.organisations.models import Organisation
from suzhou_portal.accounts.models import Assignment, User
from suzhou_portal.accounts.roles import Role
from suzhou_portal.audit import trail
from suzhou_portal.dashboards.demo.accounts import make_accounts
from suzhou_portal.dashboards.demo.asked import link_needs, plans_of
from suzhou_portal.dashboards.demo.covenants import Covenants
from suzhou_portal.dashboards.demo.issues import write_issues
from suzhou_portal.dashboards.demo.mediations import write_mediations
from suzhou_portal.dashboards.demo.organisations import make_organisations
from suzhou_portal.dashboards.demo.patrols import Patrols
from suzhou_portal.dashboards.demo.places import make_areas, make_grids, make_posts, settle
from suzhou_portal.dashboards.demo.rules import make_rules
from suzhou_portal.dashboards.demo.teams import make_five_ones, make_new_places
from suzhou_portal.dashboards.demo.times import YEAR, midnight
from suzhou_portal.dashboards.demo.together import Together
from suzhou_portal.dashboards.demo.world import World, read_world
from suzhou_portal.lib.rows.reference import load_reference

ISSUES = 20_000
# Deadlines of late reports may lie weeks ahead.
AHEAD = timedelta(days=120)
KINDS = (Grid.Kind.RESIDENT_GROUP, Grid.Kind.COMPOUND, Grid.Kind.BUILDING)


class NotEmpty(Exception):
    """The database already holds grids or accounts that the demo district would collide with."""


@dataclass(frozen=True)
class Wish:
    """What to load: ``scale`` 1 is the article's district with a year of about 20,000 issues.

    The scale multiplies the issues only: the places, their leaders and units are the district's.
    """

    scale: float
    seed: int
    today: date

    @property
    def issues(self) -> int:
        """How many issues are wished for."""
        return round(ISSUES * self.scale)


def is_loaded() -> bool:
    """True when there are issues already: nothing made up may be added to them."""
    return Issue.objects.exists()  # unscoped: demo loader


@transaction.atomic
def load(wish: Wish, *, password: str, progress: Callable[[int], object] = lambda written: None) -> dict[str, int]:
    """Write the demo district into a database without issues; returns rows written by Chinese name.

    Raises :class:`NotEmpty` where grids or accounts with the demo's names exist. One audit
    entry tells of the whole: entries per made-up row would claim things that nobody did.
    """
    load_reference()
    if Grid.objects.exists() or User.objects.filter(username="district").exists():  # unscoped: demo loader
        raise NotEmpty
    counts = _load_district(Random(wish.seed), password, wish.today)
    world = read_world(wish.today - timedelta(days=YEAR + 1), wish.today + AHEAD)
    covenants = Covenants(world, midnight(wish.today), Random(wish.seed + 5))
    counts |= covenants.write()
    asked = plans_of(covenants.asked, world, midnight(wish.today), Random(wish.seed + 6))
    counts["网格事件"] = write_issues(
        world, wish.issues, today=wish.today, rng=Random(wish.seed + 1), progress=progress, more=asked
    )
    link_needs(covenants.asked)
    counts["网格事件"] += Together(world, midnight(wish.today), Random(wish.seed + 2)).write()
    counts |= Patrols(world, wish.today, Random(wish.seed + 3)).write()
    counts["调处化解"] = write_mediations(world, wish.today, Random(wish.seed + 4))
    rebuild_tallies()
    changes = {"rows": counts, "scale": wish.scale, "seed": wish.seed, "today": wish.today.isoformat()}
    trail.record("demo.load", None, by=None, changes=changes, reason="载入演示数据")
    return counts


def _load_district(rng: Random, password: str, today: date) -> dict[str, int]:
    communities = list(Community.objects.select_related("street").order_by("code"))  # unscoped: demo loader
    grids = make_grids(settle(communities, rng), rng)
    new = make_new_places(grids, today, Random(rng.random()))
    for kind in KINDS:
        _store(Grid, [grid for grid in (*grids, *new) if grid.kind == kind])
    groups = [grid for grid in grids if grid.kind == Grid.Kind.RESIDENT_GROUP]
    every_group = [*groups, *(grid for grid in new if grid.kind == Grid.Kind.RESIDENT_GROUP)]
    five_ones = _store(FiveOneRecord, make_five_ones(every_group, today, Random(rng.random())))
    areas = make_areas(sorted(every_group, key=lambda grid: grid.code))
    _store(Area, [area for area, _members in areas])
    for area, members in areas:
        area.grids.set(members)
    organisations = _store(Organisation, make_organisations(communities))
    rules = _store(RoutingRule, make_rules(communities, organisations))
    forget_rules()
    accounts = make_accounts(_targets(communities, groups, areas, organisations), password, rng)
    users = _store(User, [user for user, _post in accounts])
    _store(Assignment, [post for _user, post in accounts])
    leaders = {post.grid_id: user for user, post in accounts if post.role == Role.GRID}
    posts = make_posts(grids, rng)
    for post in posts:
        if post.kind == GridPost.Kind.LEADER and (user := leaders.get(post.grid_id)):
            post.user, post.name = user, user.name
    _store(GridPost, posts)
    return {
        "网格": len(grids) + len(new),
        "五个一": len(five_ones),
        "网格长任职": len(posts),
        "片区": len(areas),
        "单位": len(organisations),
        "路由规则": len(rules),
        "账号": len(users),
    }


def _targets(
    communities: list[Community], groups: list[Grid], areas: list[Any], organisations: list[Organisation]
) -> dict[Role, list[Any]]:
    """Who gets an account: every street, community, resident group, area and department; of the
    units, per community its first property company and its first other unit, then all others.
    """
    companies = [row for row in organisations if row.is_property and row.is_unit]
    first_units = {row.community_id: row for row in reversed(organisations) if row.is_unit and not row.is_property}
    first = [*companies, *(first_units[community.pk] for community in communities)]
    streets = {community.street.pk: community.street for community in communities}
    return {
        Role.STREET: sorted(streets.values(), key=lambda street: street.code),
        Role.COMMUNITY: communities,
        Role.GRID: groups,
        Role.AREA: [area for area, _members in areas],
        Role.DEPARTMENT: [row for row in organisations if row.is_department],
        Role.UNIT: [*first, *(row for row in organisations if row.is_unit and row not in first)],
    }


def _store(model: type[models.Model], rows: list[Any]) -> list[Any]:
    return model._default_manager.bulk_create(rows, batch_size=1000)  # unscoped: demo loader


def grow(world: World, count: int, *, today: date, seed: int) -> int:
    """Write ``count`` more issues into a loaded district (benchmarks); returns how many."""
    written = write_issues(world, count, today=today, rng=Random(seed))
    rebuild_tallies()
    return written
