"""Patrols and the dated changes of grids: routes go on with what became of a grid, and findings into its hands."""

from datetime import timedelta

import pytest
from django.utils import timezone

from grids.changes import services as grid_changes
from grids.changes.services import Part
from grids.findings.workflow import FINDINGS
from grids.issues.workflow import WORKFLOW
from grids.patrols import plans as patrol_plans
from grids.patrols.models import PatrolPlan
from tests import factories as make
from tests.grids.rounds.test_patrols import checklist, found, patrol  # noqa: F401 -- fixtures


@pytest.fixture
def plan(cast):
    return patrol_plans.establish(PatrolPlan(area=cast.area, rhythm=7, starts=make.LONG_AGO), by=cast.officer)


def waited_for():
    return set(patrol_plans.stops_in_force().values_list("grid__name", "community__code"))


def test_a_route_goes_on_with_the_parts_of_a_split_grid(cast, plan):
    grid_changes.split(cast.g1, parts=[Part("东区"), Part("西区")], by=cast.officer)
    assert waited_for() == {("东区", cast.c1.code), ("西区", cast.c1.code)}
    plan.refresh_from_db()
    assert [line.split()[1] for line in plan.route.splitlines()] == ["东区", "西区"]


def test_a_route_goes_on_with_a_grid_that_was_merged_or_transferred_and_names_it_once(cast, plan):
    beside = make.make_grid(cast.c1, 2)
    cast.area.grids.add(beside)
    patrol_plans.change(plan, {"route": ""}, by=cast.officer)
    merged = grid_changes.merge([cast.g1, beside], name="中区", by=cast.officer).successors[0]
    assert waited_for() == {("中区", cast.c1.code)}
    grid_changes.transfer(merged, community=cast.c2, by=cast.officer)
    assert waited_for() == {("中区", cast.c2.code)}


def test_a_grid_of_another_street_leaves_the_route(cast, plan):
    beside = make.make_grid(cast.c1, 2)
    cast.area.grids.add(beside)
    patrol_plans.change(plan, {"route": ""}, by=cast.officer)
    grid_changes.transfer(beside, community=cast.c3, by=cast.district)
    assert waited_for() == {(cast.g1.name, cast.c1.code)}


def test_a_new_grid_waits_since_it_began(cast, plan):
    stop = patrol_plans.stops_in_force().filter(patrol_plans.overdue()).get()
    assert patrol_plans.days_since(stop) == (timezone.localdate() - make.LONG_AGO).days
    grid_changes.split(cast.g1, parts=[Part("东区"), Part("西区")], by=cast.officer)
    late = patrol_plans.stops_in_force()
    assert not late.filter(patrol_plans.overdue()).exists()
    soon = timezone.localdate() + timedelta(days=8)
    stops = late.filter(patrol_plans.overdue(soon)).select_related("grid", "plan")
    assert [patrol_plans.days_since(stop, soon) for stop in stops] == [8, 8]


def test_a_patrol_under_way_goes_on_to_the_parts(cast, patrol):  # noqa: F811
    grid_changes.split(cast.g1, parts=[Part("东区"), Part("西区")], by=cast.officer)
    assert {stop.grid.name for stop in patrol.stops.all()} == {"东区", "西区"}


@pytest.mark.parametrize("looked", [True, False])
def test_what_is_found_in_a_grid_that_moved_meanwhile_is_handed_to_who_keeps_it_now(cast, patrol, looked):  # noqa: F811
    if looked:
        found(cast, patrol)
    grid_changes.transfer(cast.g1, community=cast.c2, by=cast.officer)
    issue = found(cast, patrol, handling="handed", description="电动车堵住通道").issue
    assert issue.grid.in_force
    assert issue.community == cast.c2


def test_a_finding_is_handed_over_again_to_who_keeps_the_grid_now(cast, patrol):  # noqa: F811
    finding = found(cast, patrol, handling="handed")
    grid_changes.transfer(cast.g1, community=cast.c2, by=cast.officer)
    finding.issue.refresh_from_db()
    WORKFLOW.apply(finding.issue, "void", by=cast.sibling, inputs={"note": "误报"})
    again = FINDINGS.apply(finding, "rehand", by=cast.area_leader, inputs={})
    assert again.issue.grid.in_force
    assert again.issue.community == cast.c2
