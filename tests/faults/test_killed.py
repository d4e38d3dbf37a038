"""A worker killed at the worst moments: between the inbox and its commit, and while the gateway has the message."""

import subprocess

import pytest

from tests.faults.gateway import Gateway
from tests.stack import ROOT, eventually

pytestmark = pytest.mark.slow

TELL = """
from suzhou_portal.accounts.roles import Role
from suzhou_portal.notices import preferences
from suzhou_portal.notices.models import Kind
from suzhou_portal.notices.services import enqueue
from tests import factories as make
user = make.make_user("district", Role.DISTRICT, phone="13800000001")
preferences.keep(user, preferences.Choices(office_hours=False))
enqueue(title="x", url="/", users=[user], kind=Kind.ASSIGNED)
"""
# Stops where everything is written and nothing committed.
DELIVER_AND_STOP = """
import sys, time
from suzhou_portal.notices import services
whole = services._send_out
def stop(*told):
    whole(*told)
    print("written", flush=True)
    time.sleep(300)
services._send_out = stop
services.deliver_waiting()
"""
DELIVER = "from suzhou_portal.notices.tasks import deliver_outbox; print(deliver_outbox())"
SEND = "from suzhou_portal.notices.tasks import send_deliveries; print(send_deliveries())"
INBOX = "SELECT count(*) FROM notices_notice"
UNDERWAY = "SELECT state, attempts FROM notices_delivery"


@pytest.fixture
def gateway():
    """The first message that it takes is never answered."""
    with Gateway(stuck={1}) as gateway:
        yield gateway


@pytest.fixture
def process(stack):
    """``process(code)`` → Python running in the portal, killed at the end at the latest."""
    started = []

    def start(code):
        command = ["python", "manage.py", "shell", "--no-imports", "-c", code]
        running = subprocess.Popen(
            command, cwd=ROOT, env=stack.environment("worker"), stdout=subprocess.PIPE, text=True
        )
        started.append(running)
        return running

    yield start
    for running in started:
        running.kill()
        running.communicate()


def test_a_worker_killed_in_the_middle_loses_nothing_and_tells_nothing_twice(stack, gateway, process):
    stack.shell(TELL)
    worker = process(DELIVER_AND_STOP)
    assert worker.stdout.readline() == "written\n"
    worker.kill()
    worker.wait()
    assert stack.query(INBOX) == [(0,)]
    assert stack.shell(DELIVER).split() == ["1"]
    assert stack.shell(DELIVER).split() == ["0"]
    assert (stack.query(INBOX), stack.query(UNDERWAY)) == ([(1,)], [("waiting", 0)])

    sender = process(SEND)
    eventually(lambda: gateway.received, within=60)
    sender.kill()
    sender.wait()
    assert stack.query(UNDERWAY) == [("sending", 1)]
    assert stack.shell(SEND).split() == ["0"], "another's claim is respected"
    stack.query("UPDATE notices_delivery SET next_at = now() RETURNING 1")  # and ends by itself
    assert stack.shell(SEND).split() == ["1"]
    assert stack.query(UNDERWAY) == [("sent", 2)]
    assert list(gateway.received.values()) == [2], "twice, under one id: the gateway can tell"
    assert gateway.forged == []
    assert stack.query(INBOX) == [(1,)]
