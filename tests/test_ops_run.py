"""``run_portal``, as ``make run`` starts it: one machine, no PostgreSQL, no Redis, nothing prepared."""

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from suzhou_portal.lib.rows.crypto import new_key

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def start(tmp_path, port):
    """``start()`` → the running command, its output in ``tmp_path/log``."""
    started = []
    strange = ("DATABASE_URL", "REDIS_URL", "PORTAL_", "WEB_CONCURRENCY", "ALLOWED_HOSTS")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(strange)}
    environment |= {"PORTAL_STATE_DIR": str(tmp_path / "state"), "SECRET_KEY": "x" * 40, "PORT": str(port)}
    environment["PORTAL_DATA_KEYS"] = new_key("k1")

    def run():
        with (tmp_path / "log").open("w") as log:
            process = subprocess.Popen(
                [sys.executable, "manage.py", "run_portal"], cwd=ROOT, env=environment, stdout=log, stderr=log
            )
        started.append(process)
        return process

    yield run
    for process in started:
        if process.poll() is None:
            process.terminate()
            process.wait(timeout=60)


def ask(port, path):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)
    except OSError:
        return 0, {}


def wait_for(condition, process, log, within):
    deadline = time.monotonic() + within
    while not condition():
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.5)


def heartbeat(state):
    with sqlite3.connect(f"file:{state / 'portal.sqlite3'}?mode=ro", uri=True) as connection:
        return connection.execute("SELECT at FROM notices_heartbeat WHERE name = 'worker'").fetchone()


def test_jobs_run_on_schedule_without_redis_and_ctrl_c_ends_it(start, port, tmp_path):
    process, log, state = start(), tmp_path / "log", tmp_path / "state"
    wait_for(lambda: ask(port, "/healthz")[0] == 200, process, log, within=180)
    wait_for(lambda: ask(port, "/readyz")[0] == 200, process, log, within=90)
    first = heartbeat(state)
    wait_for(lambda: heartbeat(state) != first, process, log, within=60)
    waiting = list((state / "queue" / "messages").iterdir())
    assert len(waiting) <= 3, "what has run does not stay in the queue"
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=60) == 0, log.read_text()
    assert "已停止。" in log.read_text()
    assert ask(port, "/healthz")[0] == 0


def test_a_taken_port_is_told_before_anything_is_done(start, port, tmp_path):
    with socket.socket() as other:
        other.bind(("127.0.0.1", port))
        other.listen()
        process = start()
        assert process.wait(timeout=60) == 1
    assert f"端口 {port} 不能使用" in (tmp_path / "log").read_text()
    assert not (tmp_path / "state" / "portal.sqlite3").exists()
