"""Several processes run as one."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SLEEPER = "import time; time.sleep(60)"
# A program that answers SIGTERM by finishing its work first.
POLITE = (
    "import signal, sys, time\n"
    "signal.signal(signal.SIGTERM, lambda *_: (print('finished', flush=True), sys.exit(0)))\n"
    "sys.stdout.write('up\\n')\n"  # at once: print() writes the line's end apart
    "sys.stdout.flush()\n"
    "time.sleep(60)\n"
)
SCRIPT = """
import sys
from suzhou_portal.supervisor import Program, Supervisor
programs = [Program(f"p{number}", [sys.executable, "-c", code]) for number, code in enumerate(sys.argv[1:])]
code, who = Supervisor(programs).run()
print("ended", code, who, flush=True)
sys.exit(code)
"""


@pytest.fixture
def supervise():
    """``supervise(code, …)`` → the running supervisor of these Python programs."""
    started = []

    def start(*programs):
        environment = {**os.environ, "PORTAL_DEBUG": "1"}
        process = subprocess.Popen(
            [sys.executable, "-c", SCRIPT, *programs], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def wait_until_up(process, count):
    for _ in range(count):
        assert process.stdout.readline() == "up\n"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_all_in_peace(supervise, number):
    process = supervise(POLITE, POLITE)
    wait_until_up(process, 2)
    process.send_signal(number)
    output, _ = process.communicate(timeout=20)
    assert output.count("finished") == 2
    assert output.endswith("ended 0 \n")
    assert process.returncode == 0


@pytest.mark.parametrize(("code", "expected"), [(3, 3), (0, 1)])
def test_when_one_ends_the_others_end_and_the_code_says_so(supervise, code, expected):
    begun = time.monotonic()
    process = supervise(POLITE, f"import time, sys; time.sleep(1); sys.exit({code})")
    output, _ = process.communicate(timeout=20)
    assert process.returncode == expected
    assert output.splitlines()[-1] == f"ended {expected} p1"
    assert time.monotonic() - begun < 15


def gone(number, within=10):
    """The process of that id ends within so many seconds."""
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        try:
            if Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except FileNotFoundError:
            return True
        time.sleep(0.1)
    return False


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_what_a_program_left_behind_ends_too(supervise):
    fork = f"import subprocess, sys, time; print(subprocess.Popen([sys.executable, '-c', {SLEEPER!r}]).pid, flush=True)"
    process = supervise(fork)
    child = int(process.stdout.readline())
    process.communicate(timeout=30)
    assert gone(child)


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's parent-death signal is Linux's")
def test_a_killed_supervisor_leaves_no_orphans(supervise):
    process = supervise(f"import os; print(os.getpid(), flush=True); {SLEEPER}")
    child = int(process.stdout.readline())
    process.kill()
    process.wait()
    assert gone(child)
