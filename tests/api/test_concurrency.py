"""Two programs at once, on PostgreSQL: one effect, two clear answers."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from grids.issues.models import Issue, IssueEvent
from suzhou_portal.accounts.models import IdempotentRequest
from tests import factories as make

pytestmark = pytest.mark.usefixtures("on_postgresql")


def at_once(*calls):
    """The results of ``calls``, all begun in the same moment, each on a connection of its own."""
    start = Barrier(len(calls))

    def run(call):
        try:
            start.wait(timeout=10)
            return call()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return [future.result() for future in [pool.submit(run, call) for call in calls]]


def test_the_same_key_sent_at_once_makes_one_issue(live_cast, api):
    body = {"place": live_cast.c1.code, "category": "0102", "description": "路灯不亮"}
    client = api(live_cast.secretary)
    answers = at_once(*[lambda: client.post("issues/", body, idempotency_key="k")] * 4)
    assert [answer.status_code for answer in answers] == [201] * 4
    assert all(answer.json() == answers[0].json() for answer in answers)
    assert [answer.get("Idempotency-Replayed") for answer in answers].count("true") == 3
    assert (Issue.objects.count(), IdempotentRequest.objects.count()) == (1, 1)


def test_two_actions_at_once_on_the_same_version_are_one_step_and_one_conflict(live_cast, api):
    issue = make.make_issue(live_cast.secretary, live_cast.c1, live_cast.lamp)
    secretary, officer = api(live_cast.secretary), api(live_cast.officer)
    url = f"issues/{issue.pk}/actions"
    answers = at_once(
        lambda: secretary.post(f"{url}/take/", {"version": 1}),
        lambda: officer.post(f"{url}/dispatch/", {"version": 1, "organisation": "D01"}),
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    lost = next(answer.json() for answer in answers if answer.status_code == 409)
    won = next(answer.json() for answer in answers if answer.status_code == 200)
    assert lost["current"]["status"] == won["status"]
    assert lost["code"] == "stale_version"
    issue.refresh_from_db()
    assert issue.version == 2
    assert IssueEvent.objects.filter(issue=issue).count() == 2


def test_many_reports_at_once_all_get_their_own_number(live_cast, api):
    body = {"place": live_cast.c1.code, "category": "0102", "description": "路灯不亮"}
    client = api(live_cast.secretary)
    answers = at_once(*[lambda: client.post("issues/", body)] * 6)
    assert [answer.status_code for answer in answers] == [201] * 6
    assert len({answer.json()["number"] for answer in answers}) == 6
