"""Two people at once, on PostgreSQL with real threads and connections."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, connections
from django.utils import timezone

from grids.issues.models import Issue
from grids.issues.workflow import WORKFLOW
from grids.parts.workflow import is_done
from grids.tallies.measures import counted
from grids.tallies.models import IssueDayTally, IssueDelta
from grids.tallies.services import fold_deltas
from suzhou_portal.lib.rows.records import ActionForbidden, ActionNotPossible, StaleVersion
from tests import factories as make

pytestmark = [pytest.mark.usefixtures("on_postgresql")]


def at_once(*calls):
    """Run the calls together, each with a connection of its own; their results or exceptions in order."""
    barrier = Barrier(len(calls))

    def run(call):
        barrier.wait()
        try:
            return call()
        except Exception as error:  # the test looks at what each one met
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def test_of_two_actions_on_one_issue_one_wins(live_cast):
    cast = live_cast
    for _ in range(5):
        issue = make.make_issue(cast.secretary, cast.c1, cast.lamp)
        results = at_once(
            lambda: WORKFLOW.apply(issue, "take", by=cast.secretary, version=1),
            lambda: WORKFLOW.apply(issue, "dispatch", by=cast.officer, version=1, inputs={"organisation": cast.law.pk}),
        )
        assert sorted(type(result).__name__ for result in results) == ["Issue", "StaleVersion"]
        issue.refresh_from_db()
        assert issue.version == 2
        assert issue.events.count() == 2


def test_numbers_of_a_burst_are_unique_and_without_gaps(live_cast):
    cast = live_cast
    issues = at_once(*[lambda: make.make_issue(cast.secretary, cast.c1, cast.lamp) for _ in range(8)])
    assert sorted(issue.number[-6:] for issue in issues) == [f"{n:06d}" for n in range(1, 9)]


def test_one_submission_sent_many_times_at_once_is_one_issue(live_cast):
    cast = live_cast
    key = "7c3f9a52-6d0e-4f4b-9c37-0a5f6c7d8e9f"
    issues = at_once(*[lambda: make.make_issue(cast.secretary, cast.c1, cast.lamp, submission_key=key)] * 6)
    assert {issue.pk for issue in issues} == {Issue.objects.get().pk}


def test_random_actions_at_once_keep_to_the_table_and_the_tallies(live_cast):
    cast = live_cast
    issues = [make.make_issue(cast.leader, cast.building, cast.lamp) for _ in range(4)]
    people = [cast.secretary, cast.officer, cast.district, cast.liaison]
    # A unit: all of them may dispatch to it, and the street may whistle for it.
    inputs = {"note": "说明", "organisation": cast.unit_org.pk, "organisations": [cast.unit_org.pk], "parts": "一\n二"}
    inputs |= {"into": issues[0].number, "demand": "", "promised_on": ""}
    inputs |= {"amount": 3, "unit": "hours", "until": timezone.localdate() + timedelta(days=9)}
    inputs |= {"reached": "true", "responded": "true", "resolved": "false", "satisfaction": "fairly"}

    WORKFLOW.apply(issues[3], "whistle", by=cast.officer, inputs=inputs)  # so that there are parts, come what may

    def storm(user, offset):
        def run():
            for step in range(24):
                keys = list(Issue.objects.order_by("id").values_list("pk", flat=True))
                issue = Issue.objects.get(pk=keys[(step * 5 + offset) % len(keys)])
                actions = WORKFLOW.available(issue, user)
                if actions:
                    action = actions[(step * 7 + offset) % len(actions)].action
                    try:
                        WORKFLOW.apply(issue, action, by=user, version=issue.version, inputs=inputs)
                    except (StaleVersion, ActionNotPossible, ActionForbidden):
                        pass
                    except ValidationError:
                        # into itself or into what has ended; nothing to correct; inputs that others ask for
                        if action not in {"merge", "correct", "to_mediation", "ask_units"}:
                            raise
                if step % 8 == offset:
                    fold_deltas()

        return run

    assert at_once(*[storm(user, offset) for offset, user in enumerate(people)]) == [None] * 4
    for issue in Issue.objects.all():
        status = ""
        for event in issue.events.all():
            assert event.from_status == status
            if event.action not in {"report", "call", "part"}:
                transition = WORKFLOW.by_action[event.action]
                assert event.from_status in transition.source
                if transition.target is None or isinstance(transition.target, str):
                    assert event.to_status == (transition.target or status)
            status = event.to_status
        assert status == issue.status
        open_parts = sum(not is_done(part) for part in issue.parts.all())
        assert issue.open_parts == open_parts, issue.number
        assert (issue.holder == "parts") == bool(open_parts)
        assert issue.events.count() == issue.version
        assert issue.clock_requests.filter(decision="").exists() == bool(issue.asked_level)
        running = issue.clock_requests.filter(kind="suspension", decision="granted", ended_at=None)
        assert running.exists() == (issue.suspended_at is not None)
    assert Issue.objects.exclude(parent=None).exists()
    while fold_deltas():
        pass
    assert not IssueDelta.objects.exists()
    expected = Counter()
    for issue in Issue.objects.all():
        for (_day, measure, *_rest), n in counted(issue).items():
            expected[measure] += n
    found = Counter()
    for tally in IssueDayTally.objects.filter(place_code="620902"):
        for measure in expected:
            found[measure] += getattr(tally, measure)
    assert found == expected
    assert connection.vendor == "postgresql"
