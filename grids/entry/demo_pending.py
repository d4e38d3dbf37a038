"""Issues that wait for somebody: so that every demo account finds something in 待我办理."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from random import Random

from communities.directory.models import Community
from grids.categories.models import Level
from grids.entry.demo_roads import CLIMB_REASONS
from grids.issues.demo_story import Pace, Step, Story
from grids.issues.demo_world import PROPERTY, Saying, World
from grids.issues.models import Issue, Source
from grids.places.models import Grid
from streets.hub.models import Street
from streets.organisations.models import Organisation
from suzhou_portal.accounts.models import User
from suzhou_portal.accounts.roles import Role
from suzhou_portal.lib.demo.times import midnight

Plan = tuple[datetime, Callable[[datetime], Story]]
Road = Callable[[Issue, Saying, World, Random], Iterator[Step]]


@dataclass(frozen=True)
class Wait:
    """Somebody reports at ``place``, and the steps of ``road`` leave it in the right hands."""

    place: Grid
    reporter: User
    level: str
    road: Road
    to: str = ""
    source: str = ""
    ago: tuple[float, float] = (2, 12)  # reported so many office hours ago
    settled: bool = False  # over within hours of the report, and long before the present


def plans_of_waiting(world: World, today: date, rng: Random) -> list[Plan]:
    """When the waiting issues of the last office days are reported, and how each is made."""
    until = midnight(today)
    end = world.office.position(until)
    return [
        (world.office.at(end - rng.uniform(*wait.ago) * 3600), partial(_tell, wait, world, until, rng))
        for wait in _waits(world, rng)
    ]


def _tell(wait: Wait, world: World, until: datetime, rng: Random, at: datetime) -> Story:
    month = at.month
    fitting = [
        saying
        for saying in world.sayings
        if saying.category.start_level == wait.level and saying.weight_in(month) and wait.to in ("", saying.to)
    ]
    # Its own field where it has one, else anything of that level.
    saying = rng.choice(fitting or [row for row in world.sayings if row.category.start_level == Level.COMMUNITY])
    spot = world.spot(wait.place, rng)
    story = Story.begin(saying, wait.place, wait.reporter, at, spot=spot, rng=rng, source=wait.source)
    end = world.office.position(at) + rng.uniform(1, 3) * 3600 if wait.settled else world.office.position(until) - 60
    pace = Pace(world.office, end, rng)
    story.run(wait.road(story.issue, saying, world, rng), pace, until)
    return story


def _waits(world: World, rng: Random) -> Iterator[Wait]:
    """One or two for each account that handles issues, in the order of the accounts."""
    groups: dict[int, list[Grid]] = {}
    for grid in world.all_grids:
        if grid.kind == Grid.Kind.RESIDENT_GROUP:
            groups.setdefault(grid.community_id, []).append(grid)
    for community in world.communities:
        yield from _in_community(community, groups[community.pk], world, rng)
    for street in world.streets:
        yield from _in_street(street, groups, world, rng)
    for department in world.departments.values():
        community = rng.choice(world.communities)
        place = world.grid_below(rng.choice(groups[community.pk]), rng)
        officer = world.users[Role.STREET, community.street_id]
        yield Wait(place, officer, _level_for(department, world), partial(_sent_to, department), department.short_name)


def _level_for(department: Organisation, world: World) -> str:
    """The highest level at which issues of the department's field start."""
    levels = [saying.category.start_level for saying in world.sayings if saying.to == department.short_name]
    return Level.STREET if Level.STREET in levels else Level.COMMUNITY


def _in_community(community: Community, groups: list[Grid], world: World, rng: Random) -> Iterator[Wait]:
    secretary = world.users[Role.COMMUNITY, community.pk]
    leader = world.users[Role.GRID, groups[0].pk]
    first, second = (world.grid_below(groups[index], rng) for index in (0, 1))
    yield Wait(first, leader, Level.COMMUNITY, _nothing)
    yield Wait(second, secretary, Level.COMMUNITY, _answered_by_property, PROPERTY)
    yield Wait(first, secretary, Level.GRID, _left_to_the_grid)
    for place in (first, second):
        yield Wait(place, secretary, Level.COMMUNITY, _closed, source=Source.HOTLINE, ago=(4, 26), settled=True)
    for company in world.property_companies[community.pk][:1]:
        yield Wait(second, secretary, Level.COMMUNITY, partial(_sent_by_community, company), PROPERTY)
    for unit in world.units.get(community.pk, [])[:1]:
        yield Wait(second, secretary, Level.COMMUNITY, partial(_sent_by_community, unit))


def _in_street(street: Street, groups: dict[int, list[Grid]], world: World, rng: Random) -> Iterator[Wait]:
    members = [community for community in world.communities if community.street_id == street.pk]
    for level, road in ((Level.COMMUNITY, _climbed), (Level.STREET, _nothing), (Level.STREET, _climbed_on)):
        community = rng.choice(members)
        place = world.grid_below(rng.choice(groups[community.pk]), rng)
        yield Wait(place, world.users[Role.COMMUNITY, community.pk], level, road)


# --- roads that end before the issue does ---------------------------------------------


def _nothing(issue: Issue, saying: Saying, world: World, rng: Random) -> Iterator[Step]:
    yield from ()


def _left_to_the_grid(issue: Issue, saying: Saying, world: World, rng: Random) -> Iterator[Step]:
    yield Step("assign_grid", issue.reporter, "请现场查看后处理")


def _closed(issue: Issue, saying: Saying, world: World, rng: Random) -> Iterator[Step]:
    """By the community; its reporter is yet to be called."""
    yield Step("take", issue.reporter)
    yield Step("answer", issue.reporter, rng.choice(saying.results))
    yield Step("close", issue.reporter, "已现场核查")


def _sent_to(organisation: Organisation, issue: Issue, saying: Saying, world: World, rng: Random) -> Iterator[Step]:
    yield Step("dispatch", world.at_level(issue, Level.STREET), "请于今日内处理并反馈", organisation)


def _sent_by_community(
    organisation: Organisation, issue: Issue, saying: Saying, world: World, rng: Random
) -> Iterator[Step]:
    yield Step("dispatch", issue.reporter, "请协助处理", organisation)


def _answered_by_property(issue: Issue, saying: Saying, world: World, rng: Random) -> Iterator[Step]:
    company = world.property_companies[issue.community_id][0]
    yield from _sent_by_community(company, issue, saying, world, rng)
    yield Step("answer", world.at_level(issue, issue.holder), rng.choice(saying.results))


def _climbed(issue: Issue, saying: Saying, world: World, rng: Random) -> Iterator[Step]:
    yield Step("escalate", world.at_level(issue, issue.level), rng.choice(CLIMB_REASONS[Level(issue.level)]))


def _climbed_on(issue: Issue, saying: Saying, world: World, rng: Random) -> Iterator[Step]:
    yield Step("accept", world.at_level(issue, issue.level))
    yield from _climbed(issue, saying, world, rng)
