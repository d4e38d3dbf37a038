"""Many made-up issues: drawn, run through their stories, numbered and written in bulk."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from functools import partial
from itertools import islice
from random import Random

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from grids.clock.models import ClockRequest
from grids.issues.models import Issue, IssueEvent, NumberSequence, Severity, Source
from grids.places.finding import Place
from grids.searching.models import IssueText
from grids.searching.services import text_row
from grids.supervision.models import Supervision
from grids.supervision.workflow import SERIES
from grids.visits.models import ReturnVisit
from suzhou_portal.accounts.models import User
from suzhou_portal.accounts.roles import Role
from suzhou_portal.dashboards.demo import pending
from suzhou_portal.dashboards.demo.letters import Letters
from suzhou_portal.dashboards.demo.roads import Road
from suzhou_portal.dashboards.demo.stories import Story, pace_of
from suzhou_portal.dashboards.demo.times import midnight, report_times
from suzhou_portal.dashboards.demo.world import World

BATCH = 1000
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


def write_issues(
    world: World,
    count: int,
    *,
    today: date,
    rng: Random,
    progress: Callable[[int], object] = lambda written: None,
    more: Sequence[pending.Plan] = (),
) -> int:
    """Write about ``count`` issues of the twelve months before ``today``; returns how many.

    At least the ones that wait for the demo accounts and ``more`` are written. ``progress`` is told
    the size of each batch. Tallies are not touched: call ``rebuild_tallies()`` afterwards.
    """
    waiting = [*pending.plans(world, today, rng), *more]
    ordinary = report_times(max(count - len(waiting), 0), today, rng)
    plans = [*waiting, *((at, partial(tell_issue, world, midnight(today), rng)) for at in ordinary)]
    plans.sort(key=lambda plan: plan[0])
    numbers = Numbers(settings.ISSUE_NUMBER_PREFIX)
    letters: list[Supervision] = []
    stories = (make(at) for at, make in plans)
    written = 0
    while batch := list(islice(stories, BATCH)):
        _write(batch, numbers)
        letters += (letter for story in batch for letter in story.letters)
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


class Numbers:
    """Numbers in a row from where a series stands; :meth:`store` moves the series on."""

    def __init__(self, series: str) -> None:
        self.series = series
        rows = NumberSequence.objects.filter(series=self.series)  # unscoped: demo loader
        self.last: Counter[int] = Counter(dict(rows.values_list("year", "last")))

    def next(self, at: datetime) -> str:
        """The next number of the local year of ``at``."""
        year = timezone.localdate(at).year
        self.last[year] += 1
        return f"{self.series}-{year}-{self.last[year]:06d}"

    def store(self) -> None:
        """Write where the series now stands."""
        for year, last in self.last.items():
            NumberSequence.objects.update_or_create(  # unscoped: demo loader
                series=self.series, year=year, defaults={"last": last}
            )


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
    visits = [visit for story in stories for visit in story.visits]
    ReturnVisit.objects.bulk_create(visits, batch_size=BATCH)  # unscoped: demo loader
    requests = [request for story in stories for request in story.requests]
    ClockRequest.objects.bulk_create(requests, batch_size=BATCH)  # unscoped: demo loader
    texts = [text_row(story.issue, [event.note for event in story.events if event.note]) for story in stories]
    IssueText.objects.bulk_create(texts, batch_size=BATCH)  # unscoped: demo loader
