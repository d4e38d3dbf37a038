"""A burst of reports while the worker is killed, Redis restarts and connections to the database are cut.

What was acknowledged is there, once; who was to be told is told, once in the inbox, and at
least once at the gateway with one and the same id.
"""

import json
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor, wait

import pytest
import requests

from tests.stack import eventually

pytestmark = pytest.mark.slow

REPORTS = 500
REPORTERS = 8
PHONE = "13800000001"
PEOPLE = """
import json
from communities.models import Community
from grids.models import IssueCategory
from suzhou_portal.accounts.roles import Role
from suzhou_portal.accounts.tokens import issue_token
from suzhou_portal.notices import preferences
from suzhou_portal.rules.models import Parameter
from tests import factories as make
community = Community.objects.order_by("code").first()
category = IssueCategory.objects.exclude(parent=None).order_by("code").first()
reporter = make.make_user("community.1", Role.COMMUNITY, community)
officer = make.make_user("street.1", Role.STREET, community.street, phone="13800000001")
make.make_user("street.2", Role.STREET, community.street)
preferences.keep(officer, preferences.Choices(office_hours=False))
Parameter.objects.filter(code="notices.retry_after").update(value=1)
Parameter.objects.update_or_create(code="notices.gathering", defaults={"value": 0})
print(json.dumps([issue_token(user=reporter, by=reporter)[1], community.code, category.code]))
"""


class Burst:
    """500 reports by several reporters at once, each repeated under its key until it is acknowledged."""

    def __init__(self, stack, token, place, category):
        self.stack, self.place, self.category = stack, place, category
        self.headers = {"Authorization": f"Bearer {token}"}
        self.acknowledged: dict[str, str] = {}
        self.answers = Counter()
        self.deadline = time.monotonic() + 240

    def report(self, number):
        """Report until a 201 comes back; whatever else comes back is counted."""
        key = f"report-{number}"
        body = {
            "place": self.place,
            "category": self.category,
            "description": f"第{number}件：路面积水",
            "severity": "major",  # goes to the street, whose officers are told
        }
        while key not in self.acknowledged:
            assert time.monotonic() < self.deadline, f"{key}: {self.answers}"
            try:
                answer = self.stack.ask(
                    "POST", "/api/v1/issues/", json=body, headers={**self.headers, "Idempotency-Key": key}
                )
            except requests.RequestException as error:
                self.answers[type(error).__name__] += 1
                threading.Event().wait(0.2)
                continue
            self.answers[answer.status_code] += 1
            if answer.status_code == 201:
                self.acknowledged[key] = answer.json()["number"]
            else:
                assert answer.status_code >= 500, answer.text
                threading.Event().wait(0.2)  # as Retry-After asks, only sooner

    def run(self, faults):
        """Report everything while ``faults`` happen: (after so many reports, what)."""
        with ThreadPoolExecutor(REPORTERS) as pool:
            reports = [pool.submit(self.report, number) for number in range(REPORTS)]
            for count, fault in faults:
                eventually(
                    lambda count=count: (
                        len(self.acknowledged) >= count or any(f.done() and f.exception() for f in reports)
                    ),
                    within=240,
                    why=lambda: f"{len(self.acknowledged)} reports, {self.answers}",
                )
                fault()
            wait(reports)
        for report in reports:
            report.result()


def restart(stack, service):
    stack.kill(service)
    stack.start(service)


@pytest.fixture
def running(stack):
    """The portal, started and well; what :class:`Burst` needs."""
    stack.run("migrate", ["python", "manage.py", "load_reference"])
    told = json.loads(stack.shell(PEOPLE).splitlines()[-1])
    for service in ("web", "worker", "beat"):
        stack.start(service)
    stack.healthy("web", within=60)
    return told


def test_nothing_is_lost_and_nothing_told_twice(stack, gateway, running):
    burst = Burst(stack, *running)
    cut = []
    burst.run(
        [
            (40, lambda: cut.append(stack.cut_connections())),
            (80, lambda: stack.kill("worker")),
            (120, lambda: stack.start("worker")),
            (160, lambda: cut.append(stack.cut_connections())),
            (200, stack.redis.kill),
            (240, lambda: cut.append(stack.cut_connections())),
            (280, stack.redis.start),
            (320, lambda: restart(stack, "worker")),
            (360, lambda: cut.append(stack.cut_connections())),
            (420, lambda: cut.append(stack.cut_connections())),
        ]
    )
    assert sum(cut) > 0
    eventually(lambda: gateway.received, within=60, why=lambda: stack.log("worker"))
    restart(stack, "worker")  # while it sends
    stack.cut_connections()

    def unfinished():
        return stack.query(
            "SELECT (SELECT count(*) FROM notices_outboxmessage WHERE delivered_at IS NULL),"
            " (SELECT count(*) FROM notices_delivery WHERE state <> 'sent')"
        )

    eventually(
        lambda: unfinished() == [(0, 0)],
        within=180,
        why=lambda: f"{unfinished()}, {len(gateway.received)} sent\n{stack.log('worker')}",
    )
    assert 500 not in burst.answers, f"{burst.answers}\n{stack.log('web')}"
    every_report_is_there_once(stack, burst)
    everybody_was_told_once(stack, gateway)
    for service in ("web", "beat", "worker"):
        assert stack.processes[service].poll() is None, stack.log(service)
    eventually(lambda: stack.ask("GET", "/readyz").status_code == 200, within=60, why=lambda: stack.log("worker"))


def every_report_is_there_once(stack, burst):
    assert len(burst.acknowledged) == len(set(burst.acknowledged.values())) == REPORTS
    assert stack.query("SELECT count(*), count(DISTINCT description) FROM grids_issue") == [(REPORTS, REPORTS)]
    kept = stack.query("SELECT key, answer->>'number' FROM accounts_idempotentrequest")
    assert dict(kept) == burst.acknowledged
    for table in ("grids_issueevent WHERE action = 'report'", "audit_auditentry WHERE action = 'issue.report'"):
        assert stack.query(f"SELECT count(*) FROM {table}") == [(REPORTS,)]
    tallied = (
        "SELECT (SELECT coalesce(sum(reported), 0) FROM grids_issuedaytally WHERE place_code = '620902')"
        " + (SELECT coalesce(sum(n), 0) FROM grids_issuedelta WHERE measure = 'reported')"
    )
    assert stack.query(tallied) == [(REPORTS,)]


def everybody_was_told_once(stack, gateway):
    inboxes = stack.query(
        "SELECT u.username, count(*), count(DISTINCT m.url) FROM notices_notice n"
        " JOIN accounts_user u ON u.id = n.user_id JOIN notices_outboxmessage m ON m.id = n.message_id"
        " GROUP BY u.username ORDER BY 1"
    )
    assert inboxes == [("street.1", REPORTS, REPORTS), ("street.2", REPORTS, REPORTS)]
    # What waited together went out as one message, under the key of the first; nothing hangs on another that hangs.
    sent = stack.query("SELECT key::text, lead_id FROM notices_delivery WHERE state = 'sent'")
    assert len(sent) == REPORTS
    assert set(gateway.received) == {key for key, lead in sent if lead is None}
    leads = "SELECT id FROM notices_delivery WHERE lead_id IS NULL"
    assert stack.query(f"SELECT count(*) FROM notices_delivery WHERE lead_id NOT IN ({leads})") == [(0,)]
    assert gateway.forged == []
    assert Counter(gateway.people[PHONE]).most_common(1)[0][1] == 1
