"""The figures of the patrols equal their rows, whatever was found, withdrawn, closed, confirmed or sent back."""

from collections import Counter
from datetime import timedelta

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grids.checklists.models import PatrolChecklist, PatrolItem
from grids.checklists.services import publish
from grids.findings.models import PatrolFinding
from grids.findings.services import Found, record_finding
from grids.findings.workflow import FINDINGS
from grids.issues.workflow import WORKFLOW
from grids.patrols.services import start_patrol
from suzhou_portal.dashboards.figures import of_rows as counted
from suzhou_portal.dashboards.places import spots
from suzhou_portal.lib.registers import figures as row_figures
from suzhou_portal.lib.time import periods
from tests import factories as make
from tests.grids.rounds.test_patrols import CONTENT, closed, found

CODES = ("patrol_findings", "fixed_on_spot_rate", "patrol_confirmed_rate", "patrol_overdue_share")
FATES = ("fixed", "corrected", "withdrawn", "open", "waiting", "confirmed", "returned", "void", "reopened")


def figures_of(user, days=None):
    period = periods.named("month")
    found = {value.figure.code: value for value in counted.count_rows(spots.own(user), period, user)}
    return {code: (found[code].numerator, found[code].denominator) for code in CODES}


@pytest.fixture
def checklist(cast):
    return publish(PatrolChecklist(starts=make.LONG_AGO, content=CONTENT), by=cast.district)


def let_happen(cast, finding, fate):
    """Lead a new finding to its ``fate``."""
    leader, secretary = cast.area_leader, cast.secretary
    if fate == "corrected":
        said = {"item": finding.item_id, "description": f"{finding.description}！", "remedy": "清走"}
        FINDINGS.apply(finding, "correct", by=leader, inputs=said)
    if fate == "withdrawn":
        FINDINGS.apply(finding, "withdraw", by=leader, inputs={"note": "错了"})
    if fate == "void":
        WORKFLOW.apply(finding.issue, "void", by=secretary, inputs={"note": "没找到"})
    if fate in ("waiting", "confirmed", "returned", "reopened"):
        closed(finding, secretary)
        if fate == "confirmed":
            FINDINGS.apply(finding, "confirm", by=leader)
        if fate == "returned":
            FINDINGS.apply(finding, "return", by=leader, inputs={"note": "没清完"})
        if fate == "reopened":
            FINDINGS.apply(finding, "confirm", by=leader)
            finding.issue.refresh_from_db()
            WORKFLOW.apply(finding.issue, "reopen", by=secretary, inputs={"note": "又来了"})


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(stories=st.lists(st.sampled_from(FATES), max_size=8))
def test_figures_equal_the_rows_after_any_findings(cast, checklist, stories):
    PatrolFinding.objects.all().delete()
    patrol = start_patrol(cast.area, by=cast.area_leader)
    fates: Counter = Counter()
    for number, fate in enumerate(stories):
        on_spot = fate in ("fixed", "corrected") or (fate == "withdrawn" and number % 2)
        finding = found(cast, patrol, "on_spot" if on_spot else "handed", description=f"问题{number}")
        let_happen(cast, finding, fate)
        fates[fate] += 1
    kept = len(stories) - fates["withdrawn"]
    spot = fates["fixed"] + fates["corrected"]
    for user in (cast.district, cast.officer, cast.secretary, cast.area_leader):
        told = figures_of(user)
        assert told["patrol_findings"] == (kept, None)
        assert told["fixed_on_spot_rate"] == (spot, kept)
        assert told["patrol_confirmed_rate"] == (fates["confirmed"], kept - spot)
    for user in (cast.other_officer, cast.sibling):
        assert set(figures_of(user).values()) <= {(0, None), (0, 0)}


def test_a_click_on_a_figure_lists_its_rows_for_every_reader(cast, checklist, sign_in):
    patrol = start_patrol(cast.area, by=cast.area_leader)
    for number, handling in enumerate(("on_spot", "on_spot", "on_spot", "handed")):
        found(cast, patrol, handling, description=f"问题{number}")
    PatrolFinding.objects.filter(description="问题0").update(found_on=timezone.localdate() - timedelta(days=400))
    for user in (cast.district, cast.officer, cast.secretary, cast.sibling, cast.area_leader):
        client = sign_in(user)
        for value in counted.count_rows(spots.own(user), periods.named("month"), user):
            if value.figure.code in CODES:
                rows = client.get(value.rows_page)
                assert len(rows.context["table"].rows) == value.numerator, value.figure.code
                assert len(client.get(value.rows_endpoint).json()["results"]) == value.numerator
    assert figures_of(cast.officer)["fixed_on_spot_rate"] == (2, 3)


def test_every_figure_says_what_it_counts():
    told = {figure.code: figure for figure in row_figures.row_figures()}
    assert all("÷" in told[code].definition for code in CODES[1:])


def test_the_grid_filter_reaches_the_grids_below(cast, checklist, sign_in):
    patrol = start_patrol(cast.area, by=cast.area_leader)
    item = PatrolItem.objects.get(checklist=checklist, position=1)
    record_finding(Found(patrol.stops.get(), item, "楼上", "on_spot", "已改", place=cast.building), by=cast.area_leader)
    client = sign_in(cast.secretary)
    for grid, count in ((cast.g1, 1), (cast.compound, 1), (cast.building, 1)):
        answer = client.get(f"/api/v1/patrol-findings/?grid={grid.code}").json()
        assert len(answer["results"]) == count
