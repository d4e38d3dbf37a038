"""Many made-up issues: drawn, run through their stories, numbered and written in bulk."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial
from itertools import islice
from random import Random

from django.conf import settings
from django.core.files.base import ContentFile
from django.db import transaction

from communities.directory.models import Community
from grids.clock.demo import Letters
from grids.clock.models import ClockRequest
from grids.entry.demo_pending import Plan, plans_of_waiting
from grids.entry.demo_photos import picture
from grids.entry.demo_roads import Road
from grids.issues.demo import Lately, in_community
from grids.issues.demo_numbers import Numbers
from grids.issues.demo_story import Story, pace_of
from grids.issues.demo_world import World, world_of
from grids.issues.models import Issue, IssueEvent, Severity, Source
from grids.places.finding import Place
from grids.searching.models import IssueText
from grids.searching.services import text_row
from grids.supervision.models import Supervision
from grids.supervision.workflow import SERIES
from grids.tallies.services import rebuild_tallies
from grids.visits.models import ReturnVisit
from suzhou_portal.accounts.models import User
from suzhou_portal.accounts.roles import Role
from suzhou_portal.files.models import Stage
from suzhou_portal.files.services import Upload, attach
from suzhou_portal.lib.demo.steps import BATCH, District, step
from suzhou_portal.lib.demo.times import midnight, report_times

LATE = 0.05
SEVERITIES = {Severity.NORMAL: 0.945, Severity.SERIOUS: 0.045, Severity.MAJOR: 0.01}
# Who reports: the grid leader, the community (itself, or for a hotline call or a meeting), the area leader, …
SOURCES = {
    Source.GRID: 0.52,
    Source.COMMUNITY: 0.21,
    Source.PATROL: 0.14,
    Source.HOTLINE: 0.06,
    Source.MEETING: 0.02,
    Source.DEPARTMENT: 0.02,
    Source.STREET: 0.025,
    Source.DISTRICT: 0.005,
}


@dataclass
class Plans:
    """Further issues of topics above, to be told among the others; kept for the step :func:`issues`."""

    more: list[Plan] = field(default_factory=list)


@step(order=120)
def issues(district: District) -> dict[str, int]:
    """A year of them."""
    more = district.once(Plans, Plans).more
    world, rng = world_of(district), district.random(1)
    written = write_issues(world, district.issues, today=district.today, rng=rng, progress=district.progress, more=more)
    return {"网格事件": written}


def grow(world: World, count: int, *, today: date, seed: int) -> int:
    """Write ``count`` more issues into a loaded district (benchmarks); returns how many."""
    written = write_issues(world, count, today=today, rng=Random(seed))
    rebuild_tallies()
    return written


def write_issues(
    world: World,
    count: int,
    *,
    today: date,
    rng: Random,
    progress: Callable[[int], object] = lambda written: None,
    more: Sequence[Plan] = (),
) -> int:
    """Write about ``count`` issues of the twelve months before ``today``; returns how many.

    At least the ones that wait for the demo accounts and ``more`` are written. ``progress`` is told
    the size of each batch. Tallies are not touched: call ``rebuild_tallies()`` afterwards.
    """
    waiting = [*plans_of_waiting(world, today, rng), *more]
    ordinary = report_times(max(count - len(waiting), 0), today, rng)
    plans = [*waiting, *((at, partial(tell_issue, world, midnight(today), rng)) for at in ordinary)]
    plans.sort(key=lambda plan: plan[0])
    numbers = Numbers(settings.ISSUE_NUMBER_PREFIX)
    letters: list[Supervision] = []
    stories = (make(at) for at, make in plans)
    written = 0
    while batch := list(islice(stories, BATCH)):
        _write(batch, numbers)
        letters += (letter for story in batch for letter in story.rows[Supervision])
        written += len(batch)
        progress(len(batch))
    numbers.store()
    _write_letters(letters)
    return written


def _pick(weights: dict[str, float], rng: Random) -> str:
    return rng.choices(list(weights), list(weights.values()))[0]


def tell_issue(world: World, until: datetime, rng: Random, at: datetime) -> Story:
    """One issue reported at ``at``, as far as it has come by ``until``."""
    saying = world.any_saying(at.month, rng)
    source = _pick(SOURCES, rng)
    if source == Source.PATROL and saying.category.pk not in world.patrolled:
        saying = world.patrol_saying(at.month, rng)
    place, reporter = reported_by(source, world, rng)
    story = Story.begin(
        saying,
        place,
        reporter,
        at,
        source=source,
        severity=_pick(SEVERITIES, rng),
        spot=world.spot(place, rng),
        rng=rng,
    )
    road = Road(story.issue, saying, world, rng)
    pace = pace_of(story, world.office, rng, on_the_spot=road.on_the_spot, late=rng.random() < LATE)
    story.run(road.steps(), pace, until, Letters(world, rng))
    return story


def reported_by(source: str, world: World, rng: Random) -> tuple[Place, User]:
    """A place, and who reports from ``source`` there; for a place without a leader's account, its community."""
    if source == Source.PATROL:
        area, groups = rng.choice(world.areas)
        return world.grid_below(rng.choice(groups), rng), world.users[Role.AREA, area.pk]
    grid = world.any_grid(rng)
    place: Place = grid if rng.random() < 0.9 else grid.community
    if source == Source.GRID and (leader := world.user(Role.GRID, world.group_of(grid))):
        return grid, leader  # a place without a leader speaks through its community
    if source == Source.DISTRICT:
        return grid.community, world.users[Role.DISTRICT, None]
    if source in (Source.STREET, Source.DEPARTMENT):
        return (place if rng.random() < 0.8 else grid.street), world.users[Role.STREET, grid.street_id]
    return place, world.users[Role.COMMUNITY, grid.community_id]


def _write_letters(letters: list[Supervision]) -> None:
    numbers = Numbers(SERIES)
    for letter in sorted(letters, key=lambda letter: letter.issued_at):
        letter.number = numbers.next(letter.issued_at)
    Supervision.objects.bulk_create(letters, batch_size=BATCH)  # unscoped: demo loader
    numbers.store()


@transaction.atomic
def _write(stories: list[Story], numbers: Numbers) -> None:
    for story in stories:
        story.issue.number = numbers.next(story.issue.created_at)
    issues = [story.issue for story in stories]
    Issue.objects.bulk_create(issues, batch_size=BATCH)  # unscoped: demo loader
    events: Iterator[IssueEvent] = (event for story in stories for event in story.events)
    IssueEvent.objects.bulk_create(list(events), batch_size=BATCH)  # unscoped: demo loader
    for model in (ReturnVisit, ClockRequest):
        rows = [row for story in stories for row in story.rows[model]]
        model.objects.bulk_create(rows, batch_size=BATCH)  # unscoped: demo loader
    texts = [text_row(story.issue, [event.note for event in story.events if event.note]) for story in stories]
    IssueText.objects.bulk_create(texts, batch_size=BATCH)  # unscoped: demo loader


@in_community(order=30)
def photograph(lately: Lately, community: Community, index: int) -> None:
    """Of some issues that wait there is a photo."""
    issue = lately.waiting(community)
    if issue is not None and index % 3 == 0:
        upload = Upload(ContentFile(picture(lately.rng), name="现场照片.jpg"), stage=Stage.BEFORE)
        attach(issue, upload, by=lately.secretary(community))
