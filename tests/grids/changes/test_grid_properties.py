"""Whatever is done to the grid, in whatever order: constraints, scope, past figures hold; open issues have a place."""

from collections import Counter
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count, F, Q
from django.utils import timezone
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from communities.models import Community
from grids.changes import services as grid_changes
from grids.changes.services import Allotment, Part
from grids.five_ones.models import FiveOne, FiveOneRecord
from grids.issues.models import OPEN_Q, Issue
from grids.issues.workflow import WORKFLOW
from grids.places.models import Area, Grid, GridPost
from grids.places.succession import successor_of
from grids.routing.models import RoutingRule
from grids.tallies.measures import MEASURES, counted
from grids.tallies.services import append_difference
from suzhou_portal.accounts.models import Assignment, User
from suzhou_portal.accounts.roles import Role
from tests import factories as make
from tests.grids.changes.test_grid_changes import close, recomputed, tallied

pytestmark = pytest.mark.dialect
STEPS = ("split", "merge", "transfer", "far", "close", "leader", "report", "finish", "reopen")
LAST_MONTH = timedelta(days=40)


@pytest.fixture
def world(cast):
    """The cast with terms, issues of last month (half of them closed), a rule, five-ones."""
    slot = make.saved(FiveOne(code="1", name="一处服务阵地", starts=make.LONG_AGO))
    for number in (2, 3):
        make.make_grid(cast.c1, number)
    make.make_grid(cast.compound, 2)
    for grid in Grid.objects.all():
        post = GridPost(grid=grid, community=grid.community, street=grid.street, name=f"长{grid.code}")
        post.starts, post.user = make.LONG_AGO, cast.leader if grid == cast.g1 else None
        make.saved(post)
        for _ in range(2):
            issue = make.make_issue(cast.district, grid, cast.lamp)
            before = counted(issue)
            moment = timezone.now() - LAST_MONTH
            Issue.objects.filter(pk=issue.pk).update(created_at=moment)
            shift(issue, before)
        done = close(Issue.objects.get(pk=issue.pk), cast.district)
        before = counted(done)
        Issue.objects.filter(pk=done.pk).update(closed_at=moment, due_at=moment + timedelta(days=1))
        shift(done, before)
        if grid.kind == "resident_group":
            make.saved(FiveOneRecord(grid=grid, community=grid.community, street=grid.street, slot=slot))
    make.saved(RoutingRule(category=cast.litter, grid=cast.g1, organisation=cast.law))
    return cast


def shift(issue, before):
    """Tally again what a test moved into the past."""
    issue.refresh_from_db()
    append_difference(issue, before, counted(issue))


def past():
    """Every measure of last month, of the district and of every community, from the tallies."""
    last = timezone.localdate() - timedelta(days=30)
    found = Counter()
    for issue in Issue.objects.select_related("community"):
        for (day, measure, *_rest), n in counted(issue).items():
            if day <= last:
                found["district", measure] += n
                found[issue.community.code, measure] += n
    return found


def settled_past():
    """What ended last month: measures of closed issues, grid by grid."""
    last = timezone.localdate() - timedelta(days=30)
    rows = Issue.objects.filter(MEASURES["closed"].within(last - timedelta(days=60), last))
    return Counter(rows.order_by().values_list("grid", "community"))


def step(data, cast):
    """One random operation, as the district would do it; what is refused changes nothing. Returns what was done."""
    kind = data.draw(st.sampled_from(STEPS))
    grids = list(Grid.objects.current().select_related("community", "parent").order_by("code"))
    grid = data.draw(st.sampled_from(grids))
    try:
        with transaction.atomic():
            DO[kind](data, cast, grid, grids)
    except ValidationError:
        event(f"{kind} refused")
        return "refused"
    event(kind)
    return kind


def split(data, cast, grid, grids):
    parts = data.draw(st.integers(2, 3))
    index = st.integers(0, parts - 1)
    issues = Issue.objects.filter(OPEN_Q, grid=grid).values_list("pk", flat=True)
    posts = grid.posts.filter(ends=None).values_list("pk", flat=True)
    grid_changes.split(
        grid,
        parts=[Part(f"{grid.name[:20]}{n}") for n in range(parts)],
        allotment=Allotment(
            children={child.pk: data.draw(index) for child in grid_changes.current_children(grid)},
            issues={key: data.draw(index) for key in issues},
            posts={key: data.draw(st.one_of(st.none(), index)) for key in posts},
        ),
        heir=data.draw(index),
        by=cast.district,
    )


def merge(data, cast, grid, grids):
    others = data.draw(st.lists(st.sampled_from(grids), min_size=1, max_size=3))
    grid_changes.merge([grid, *others], name="合并后", by=cast.district)


def transfer(data, cast, grid, grids):
    parent = data.draw(st.sampled_from([row for row in grids if row.community_id == grid.community_id]))
    grid_changes.transfer(grid, community=parent.community, parent=parent, by=cast.district)


def far(data, cast, grid, grids):
    community = data.draw(st.sampled_from(list(Community.objects.order_by("code"))))
    grid_changes.transfer(grid, community=community, by=cast.district)


def dissolve(data, cast, grid, grids):
    grid_changes.dissolve(grid, by=cast.district)


def leader(data, cast, grid, grids):
    grid_changes.change_leader(grid, name="新任", by=cast.district)


def report(data, cast, grid, grids):
    make.make_issue(cast.district, grid, cast.lamp)


def finish(data, cast, grid, grids):
    issue = Issue.objects.filter(OPEN_Q, grid=grid, status__in=["reported", "accepted"]).first()
    if issue is not None:
        close(issue, cast.district)


def reopen(data, cast, grid, grids):
    issue = Issue.objects.filter(status="closed").order_by("pk").first()
    if issue is not None:
        WORKFLOW.apply(issue, "reopen", by=cast.district, inputs={"note": "又坏了"})


DO = {
    "split": split,
    "merge": merge,
    "transfer": transfer,
    "far": far,
    "close": dissolve,
    "leader": leader,
    "report": report,
    "finish": finish,
    "reopen": reopen,
}


def check_constraints():
    """The grid is a tree in force, with one leader a grid, nothing in office on what has ended."""
    current = Grid.objects.current()
    for grid in Grid.objects.all():
        grid.full_clean(exclude=["parent"] if grid.ends else None)
    assert not current.exclude(parent=None).exclude(parent__ends=None).exists()  # nothing hangs on an ended grid
    assert not current.exclude(parent=None).exclude(parent__community=F("community")).exists()
    today = timezone.localdate()
    ended = Q(grid__ends__lte=today)
    assert not GridPost.objects.current().filter(ended).exists()
    assert not RoutingRule.objects.filter(ended, is_active=True).exists()
    assert not Assignment.objects.filter(ended, ends=None).exists()
    offices = GridPost.objects.current().values("grid", "kind").annotate(n=Count("pk"))
    assert not offices.filter(n__gt=1).exists()
    for area in Area.objects.all():
        assert {grid.street_id for grid in area.grids.filter(ends=None)} <= {area.street_id}


def check_issues():
    """Every open issue is at exactly one grid in force, of its own community and street, or at its community."""
    for issue in Issue.objects.filter(OPEN_Q).select_related("grid", "community"):
        if issue.grid is not None:
            assert issue.grid.in_force
            assert issue.grid.community_id == issue.community_id
        assert issue.community.street_id == issue.street_id


def check_scope(cast):
    """Everybody sees the issues of their places as these are now; a leader what took over their grid, no more."""
    for user in (cast.secretary, cast.sibling, cast.officer, cast.other_officer):
        fresh = User.objects.get(pk=user.pk)
        post = fresh.assignments.get()
        name = "street" if post.street_id else "community"
        wanted = Issue.objects.filter(**{name: getattr(post, name)})
        assert set(Issue.objects.visible_to(fresh)) == set(wanted), user
    for user in (cast.leader, cast.sibling_leader):
        fresh = User.objects.get(pk=user.pk)
        held = Assignment.objects.current().filter(user=user, role=Role.GRID)
        below = Grid.objects.descendants_of({post.grid_id for post in held})
        reach = frozenset().union(*below.values())
        assert fresh.scope_for().grids == reach
        assert len({post.grid_id for post in held if post.grid.in_force}) <= 1
    led = GridPost.objects.current().filter(user=cast.leader, kind="leader").first()
    held = Assignment.objects.current().filter(user=cast.leader, grid__ends=None).first()
    if led is not None:
        assert held.grid_id == led.grid_id  # the sign-in is where the term is


def check_lineage():
    """Whatever became of a grid is in force, or there is nothing."""
    for grid in Grid.objects.filter(ends__isnull=False):
        heir = successor_of(grid)
        assert heir is None or heir.in_force


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_any_sequence_of_changes_keeps_the_rules(world, data):
    with transaction.atomic():
        done, figures, settled = [], past(), settled_past()
        for _ in range(data.draw(st.integers(1, 6))):
            done.append(step(data, world))
        check_constraints()
        check_issues()
        check_scope(world)
        check_lineage()
        assert tallied() == recomputed()
        if "reopen" not in done:
            # What was solved stays where it was solved, grid by grid.
            assert settled_past() == settled
            now = past()
            assert {key: n for key, n in now.items() if key[0] == "district"} == {
                key: n for key, n in figures.items() if key[0] == "district"
            }
            if "far" not in done:
                # Nothing left its community: every figure of last month is what it was.
                assert now == figures
        transaction.set_rollback(True)


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_a_preview_tells_exactly_what_happens(world, data):
    with transaction.atomic():
        grid = data.draw(st.sampled_from(list(Grid.objects.current().filter(kind="compound"))))
        children = {child.pk: data.draw(st.integers(0, 1)) for child in grid_changes.current_children(grid)}

        def operate():
            parts, allotment = [Part("东"), Part("西")], Allotment(children=children)
            return grid_changes.split(grid, parts=parts, allotment=allotment, by=world.district)

        def told(outcome):
            issues = sorted((issue.number, target.code) for issue, _before, target in outcome.issues)
            return outcome.counts, [row.code for _old, row in outcome.begun], issues

        rows = (Grid.objects.count(), Assignment.objects.count(), tallied())
        looked = told(grid_changes.preview(operate))
        assert (Grid.objects.count(), Assignment.objects.count(), tallied()) == rows
        assert told(operate()) == looked
        transaction.set_rollback(True)
