"""Issues of the demo district that a community could not solve alone: each became a need, a unit took it up
in a covenant, and what it delivered closed the issue; the reporter was asked afterwards.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from random import Random

from django.utils import timezone

from communities.directory.models import Community
from covenants.agreements.demo_agreement import Talks
from covenants.agreements.models import Side
from covenants.lists.models import Need
from covenants.matching.taking_up import take_up
from grids.categories.models import Level
from grids.entry.demo import Plans
from grids.entry.demo_pending import Plan
from grids.issues.demo import Lately, in_community
from grids.issues.demo_story import Pace, Step, Story
from grids.issues.demo_world import Saying, World, world_of
from grids.issues.models import Issue, Severity, Source
from grids.issues.services import Report, report_issue
from grids.issues.workflow import WORKFLOW as ISSUES
from grids.visits.demo import calls
from suzhou_portal.accounts.roles import Role
from suzhou_portal.lib.demo.steps import District, step
from suzhou_portal.lib.time import moments

# The clock stands while the unit is at it: as long as one suspension may last, and a little less.
STANDS = timedelta(days=88)
WAITS = "已转为共建需求，由共建单位按协议办理"
GRANTED = "同意，向反映人做好解释"
RESUMED = "共建单位已上门办理"
CHECKED = "已现场核查，共建单位办理到位"
LAMPS = "路灯"
NEEDS_HELP = "{0}自管楼院楼道灯多处不亮，无物业，社区没有电工"
HELP = {"kind": "skills", "title": "请电工检修楼道照明"}


@dataclass
class Asked:
    """A need that began as an issue of the category ``code``, and the covenant that meets it."""

    need: Need
    agreement: Talks
    code: str
    taken_at: datetime | None = None
    issue: Issue | None = None

    def follow(self) -> None:
        """Learn from the covenant when the unit stood behind the need."""
        for event in self.agreement.events:
            if event.side == Side.UNIT and event.action in ("begin", "amend", "accept"):
                self.taken_at = max(event.at, self.need.created_at)
                return

    @property
    def is_story(self) -> bool:
        """It ends, or still stands, within the time that the clock may stand."""
        end = self.need.met_at or self.agreement.until
        return self.taken_at is not None and end < self.need.created_at + STANDS - timedelta(days=3)


@dataclass
class AskedNeeds:
    """The needs of covenants that began as issues; kept until the issues are stored."""

    asked: list[Asked]


@step(order=110)
def plan(district: District) -> None:
    """The issues behind them are told among the others."""
    asked = district.kept[AskedNeeds].asked
    district.once(Plans, Plans).more += plans_of(asked, world_of(district), district.until, district.random(6))


@step(order=130)
def link(district: District) -> None:
    """The needs learn which issue they were."""
    link_needs(district.kept[AskedNeeds].asked)


@in_community(order=50)
def ask_units(lately: Lately, community: Community, index: int) -> None:
    """What the community cannot do alone becomes a need of co-building; the unit next door takes some of them up."""
    if index % 5 != 0:
        return
    secretary, grid = lately.secretary(community), lately.first_group(community)
    category = lately.category(LAMPS, Level.COMMUNITY)
    with moments.pretend(lately.at(30)):
        issue = report_issue(Report(grid, category, NEEDS_HELP.format(grid.name)), by=secretary)
    with moments.pretend(lately.at(26)):
        ISSUES.apply(issue, "ask_units", by=secretary, inputs={**HELP, "description": issue.description})
    unit = lately.world.units[community.pk][0]
    liaison = lately.world.user(Role.UNIT, unit)
    need = Need.objects.get(issue=issue)  # unscoped: demo loader
    if liaison and index % 2 == 0:
        with moments.pretend(lately.at(8)):
            take_up(need, unit, by=liaison)


def plans_of(asked: Sequence[Asked], world: World, until: datetime, rng: Random) -> list[Plan]:
    """When the issues behind ``asked`` are reported, and how each is made."""
    sayings = {saying.category.code: saying for saying in world.sayings}
    told = []
    for one in asked:
        if one.is_story and one.code in sayings:
            before = world.office.position(one.need.created_at) - rng.uniform(1, 4) * 3600
            made = partial(_tell, one, sayings[one.code], world, until, rng)
            told.append((world.office.at(before), made))
    return told


def link_needs(asked: Sequence[Asked]) -> None:
    """Tell the needs which issue they were, once that is stored."""
    needs = []
    for one in asked:
        if one.issue is not None:
            one.need.issue, one.need.grid = one.issue, one.issue.grid
            needs.append(one.need)
    Need.objects.bulk_update(needs, ["issue", "grid"])  # unscoped: demo loader


def _tell(one: Asked, saying: Saying, world: World, until: datetime, rng: Random, at: datetime) -> Story:
    need = one.need
    grid = next(grid for grid in world.all_grids if grid.community_id == need.community_id and not grid.parent_id)
    place = world.grid_below(grid, rng)
    secretary = world.users[Role.COMMUNITY, need.community_id]
    # What would start in the grid is serious, so that the community keeps it.
    severity = Severity.SERIOUS if saying.category.start_level == Level.GRID else Severity.NORMAL
    spot = world.spot(place, rng)
    story = Story.begin(saying, place, secretary, at, spot=spot, rng=rng, source=Source.HOTLINE, severity=severity)
    one.issue = story.issue
    name = f"{need.number} {need.title}"
    story.tell(Step("ask_units", secretary, name), max(need.created_at, story.now))
    _suspend(story, world, rng, timezone.localdate(need.created_at + STANDS))
    if one.taken_at is not None and one.taken_at < until:
        story.tell(Step("need_take", None, name, need.organisation), max(one.taken_at, story.now))
    if need.met_at is None or need.met_at >= until:
        return story
    story.take(Step("resume", secretary, RESUMED), max(need.met_at - timedelta(minutes=20), story.now))
    story.take(Step("need_meet", None, name, need.organisation), max(need.met_at, story.now))
    pace = Pace(world.office, world.office.position(story.now) + rng.uniform(1, 6) * 3600, rng)
    story.run(_ending(story, world, rng), pace, until)
    return story


def _suspend(story: Story, world: World, rng: Random, until: object) -> None:
    keeper = world.at_level(story.issue, story.issue.level)
    asked = world.office.at(world.office.position(story.now) + 600)
    story.take(Step("ask_suspension", keeper, WAITS, more={"until": until}), max(asked, story.now))
    decider = world.at_level(story.issue, story.issue.asked_level)
    granted = world.office.at(world.office.position(story.now) + rng.uniform(0.1, 0.5) * 3600)
    story.take(Step("grant", decider, GRANTED), max(granted, story.now))


def _ending(story: Story, world: World, rng: Random) -> Iterator[Step]:
    yield Step("close", world.at_level(story.issue, Level.COMMUNITY), CHECKED)
    yield from calls(story.issue, world, rng)
