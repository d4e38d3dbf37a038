"""Two leaders of one area at once, on PostgreSQL with real threads and connections."""

import pytest
from django.core.exceptions import ValidationError

from grids.checklists.models import PatrolChecklist
from grids.checklists.services import publish
from grids.findings.models import PatrolFinding
from grids.findings.workflow import FINDINGS
from grids.issues.workflow import WORKFLOW
from grids.patrols import services as patrolling
from grids.patrols.models import Patrol
from grids.patrols.services import start_patrol
from grids.patrols.workflow import PATROLS
from suzhou_portal.lib.rows.records import ActionNotPossible, StaleVersion
from tests import factories as make
from tests.grids.issues.test_concurrency import at_once
from tests.grids.rounds.test_patrols import CONTENT, found

pytestmark = [pytest.mark.usefixtures("on_postgresql")]


@pytest.fixture
def leaders(live_cast):
    publish(PatrolChecklist(starts=make.LONG_AGO, content=CONTENT), by=live_cast.district)
    return live_cast.area_leader, make.make_user("area.9", "area_leader", live_cast.area)


def test_both_begin_and_walk_the_same_patrol(live_cast, leaders):
    for _ in range(3):
        begun = at_once(*[lambda user=user: start_patrol(live_cast.area, by=user) for user in leaders])
        assert {patrol.pk for patrol in begun} == {Patrol.objects.get(status="open").pk}
        stop = begun[0].stops.get()
        looked = at_once(*[lambda user=user: patrolling.look(stop, by=user) for user in leaders])
        assert [row.version for row in looked] == [2, 2]
        PATROLS.apply(begun[0], "end", by=leaders[0])


def test_findings_of_both_are_kept_and_the_same_one_once(live_cast, leaders):
    patrol = start_patrol(live_cast.area, by=leaders[0])
    at_once(
        *[lambda user=user: found(live_cast, patrol, "handed", by=user, description=str(user)) for user in leaders],
        *[lambda: found(live_cast, patrol, description="同一处")] * 3,
    )
    assert sorted(PatrolFinding.objects.values_list("handling", flat=True)) == ["handed", "handed", "on_spot"]


def test_of_two_corrections_the_second_is_told(live_cast, leaders):
    patrol = start_patrol(live_cast.area, by=leaders[0])
    finding = found(live_cast, patrol)
    said = {"item": finding.item_id, "remedy": "清走"}
    results = at_once(
        *[
            lambda user=user: FINDINGS.apply(
                finding, "correct", by=user, version=1, inputs={**said, "description": f"{user}的说法"}
            )
            for user in leaders
        ]
    )
    assert sorted(type(result).__name__ for result in results) == ["PatrolFinding", "StaleVersion"]


def test_what_is_found_while_the_other_ends_the_patrol_is_stored_or_refused(live_cast, leaders):
    for number in range(4):
        patrol = start_patrol(live_cast.area, by=leaders[0])
        patrolling.look(patrol.stops.get(), by=leaders[0])
        before = PatrolFinding.objects.count()
        results = at_once(
            lambda patrol=patrol: PATROLS.apply(patrol, "end", by=leaders[0]),
            lambda patrol=patrol, number=number: found(live_cast, patrol, by=leaders[1], description=f"{number}"),
        )
        stored = PatrolFinding.objects.count() - before
        assert isinstance(results[1], ValidationError) == (not stored)


def test_a_withdrawal_and_an_acceptance_at_once_never_wait_for_each_other(live_cast, leaders):
    for number in range(4):
        patrol = start_patrol(live_cast.area, by=leaders[0])
        finding = found(live_cast, patrol, "handed", description=f"{number}")
        results = at_once(
            lambda finding=finding: FINDINGS.apply(finding, "withdraw", by=leaders[0], inputs={"note": "错了"}),
            lambda finding=finding: WORKFLOW.apply(
                finding.issue, "void", by=live_cast.secretary, inputs={"note": "无"}
            ),
        )
        expected = (PatrolFinding, ActionNotPossible, StaleVersion)
        assert isinstance(results[0], expected), results
        finding.issue.refresh_from_db()
        assert finding.issue.status == "void"
