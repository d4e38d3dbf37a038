"""``make test``, ``make lint``, ``make bench``: runs what this machine can run, says what was left out and why.

PostgreSQL is what the district runs on: there the whole suite runs, once. On SQLite (``make run`` without a server)
runs what is marked ``dialect``: what the two databases do each in their own way, and a walk through every page.
Without PostgreSQL the whole suite runs on SQLite.

``make anyday`` runs the fast tests on other days (``MOMENTS``; tests/moved_clock.py), on SQLite and without those that
start processes, drive a browser or measure: these would keep the real time.

Usage: suite.py [all|lint|bench|coverage|anyday [name of a moment, or time ...]].
PORTAL_REQUIRE=postgres,redis,browser,pdf makes a missing one an error instead of an omission.
Exit code 0: everything that ran is green.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ET
import zlib
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
DEFAULT_POSTGRES = "postgres://postgres@127.0.0.1:5432/suzhou_portal_ci"
DEFAULT_REDIS = "redis://127.0.0.1:6379/15"
PROCESSES = "2"
TOGETHER = ("-n", PROCESSES, "--dist", "worksteal", "-m")
SLOWEST = ("--durations=10", "--durations-min=1.0")
FAST = "not slow and not e2e and not bench"
ENOUGH = 90  # per cent
OWN_APPS = ["tests/core/test_tips.py", "tests/core/test_readme_case.py"]
# Days on which tests fell, or might: name → local time. The holiday library knows 2026 and not 2027.
MOMENTS = {
    "new-year-night": "2027-01-01T00:20",  # another year in Greenwich
    "leap-night": "2028-02-29T23:50",
    "month-end": "2026-10-31T23:50",
    "year-end": "2026-12-31T23:50",
    "national-day": "2026-10-03T10:00",  # amid a week without a working day
    "make-up-workday": "2026-10-10T10:00",  # a Saturday
    "noon": "2026-11-18T12:00",  # a Wednesday, at lunch
    "unknown-year": "2035-06-15T15:00",
}
# Variables of a running portal must not reach the tests: each stage sets what it needs.
FOREIGN = (
    "PORTAL_",
    "EMAIL_",
    "WEB_CONCURRENCY",
    "SECRET_KEY",
    "ALLOWED_HOSTS",
    "CSRF_",
    "DATABASE_URL",
    "REDIS_URL",
    "DEMO_",
)

# The longest first: two run at a time.
LINT = (
    ("mypy", ["mypy"]),
    ("djlint", ["djlint", "templates", "--lint", "--quiet"]),
    ("import-linter", ["lint-imports", "--no-logo"]),
    ("migrations", ["python", "manage.py", "makemigrations", "--check", "--dry-run", "--verbosity", "1"]),
    ("deploy checks", ["python", "manage.py", "check", "--deploy", "--fail-level", "ERROR"]),
    ("ruff", ["ruff", "check", "--quiet", "."]),
    ("ruff format", ["ruff", "format", "--check", "--quiet", "."]),
)


def clean_environment(**extra: str) -> dict[str, str]:
    """The environment without the variables of a portal, plus ``extra``."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
    # The processes of a stage, and those that its tests start, compile everything once.
    kept.pop("PYTHONDONTWRITEBYTECODE", None)
    return {**kept, "PYTHONUNBUFFERED": "1", **extra}


def listens(url: str, port: int) -> bool:
    """True when something accepts connections at the host of ``url``."""
    parts = urlsplit(url)
    try:
        with socket.create_connection((parts.hostname or "127.0.0.1", parts.port or port), timeout=3):
            return True
    except OSError:
        return False


def of_this_checkout(url: str) -> str:
    """``url`` with a database name of this folder's own: two checkouts may be tested on one server at once."""
    parts = urlsplit(url)
    return parts._replace(path=f"{parts.path}_{zlib.crc32(bytes(ROOT)):08x}").geturl()


def postgres_refusal(url: str) -> str:
    """Why no test database can be made at ``url``; "" when it can."""
    if not listens(url, 5432):
        return "no server at " + (urlsplit(url).hostname or "localhost")
    import psycopg2  # noqa: PLC0415 -- installed by requirements.txt; lint runs without a server

    try:
        psycopg2.connect(urlsplit(url)._replace(path="/postgres").geturl(), connect_timeout=5).close()
    except psycopg2.Error as error:
        return str(error).strip().splitlines()[0]
    return ""


def pdf_refusal() -> str:
    """Why no PDF can be written here; "" when it can. Asked of a process of its own: it may warn and print."""
    asking = "from suzhou_portal.lib.documents.rendering import pdf_problem as ask; print(ask())"
    done = subprocess.run(  # noqa: S603 -- ours
        [BIN / "python", "-c", asking], cwd=ROOT, text=True, capture_output=True, check=False
    )
    return done.stdout.strip() if done.returncode == 0 else done.stderr.strip().rpartition("\n")[2]


class Machine:
    """What this machine has for the tests, and why not."""

    def __init__(self) -> None:
        given = os.environ.get("DATABASE_URL", "")
        self.postgres = of_this_checkout(given if given.startswith("postgres") else DEFAULT_POSTGRES)
        self.redis = os.environ.get("REDIS_URL") or DEFAULT_REDIS
        self.browser = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser") or ""
        self.missing: dict[str, str] = {}
        if refusal := postgres_refusal(self.postgres):
            self.missing["postgres"] = refusal
        if not listens(self.redis, 6379):
            self.missing["redis"] = f"no server at {urlsplit(self.redis).hostname}"
        if not self.browser:
            self.missing["browser"] = "no chromium in the PATH"
        if refusal := pdf_refusal():
            self.missing["pdf"] = refusal

    def refuse_if_required(self) -> None:
        """End with code 1 when something is missing that PORTAL_REQUIRE asks for."""
        required = {name for name in os.environ.get("PORTAL_REQUIRE", "").replace(" ", "").split(",") if name}
        if unknown := required - {"postgres", "redis", "browser", "pdf"}:
            sys.exit(f"PORTAL_REQUIRE: unknown {', '.join(sorted(unknown))}")
        if absent := sorted(required & set(self.missing)):
            sys.exit("Required but missing: " + "; ".join(f"{name} ({self.missing[name]})" for name in absent))

    def test_environment(self, *, postgres: bool) -> dict[str, str]:
        """The variables for a run of the tests on SQLite or PostgreSQL."""
        extra = {
            "PORTAL_STATE_DIR": str(ROOT / "var" / "test"),
            "PORTAL_REQUIRE": os.environ.get("PORTAL_REQUIRE", ""),
            "PORTAL_TEST_REDIS_URL": self.redis,
            "PORTAL_TEST_POSTGRES_URL": "" if "postgres" in self.missing else self.postgres,
        }
        if self.browser:
            extra["CHROMIUM"] = self.browser
        if postgres:
            extra["DATABASE_URL"] = self.postgres
        return clean_environment(**extra)


def headline(text: str) -> None:
    """Print the title of a stage."""
    print(f"\n── {text} {'─' * max(0, 70 - len(text))}", flush=True)


def timed(seconds: float) -> str:
    """``3:05``: minutes and seconds."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02}"


def lint() -> list[str]:
    """Run the linters, two at a time; returns the names of those that complain."""
    headline("lint")
    failed = []
    with tempfile.TemporaryDirectory() as state, ThreadPoolExecutor(int(PROCESSES)) as pool:
        environment = clean_environment(PORTAL_DEBUG="1", PORTAL_STATE_DIR=state)

        def complaint(command: list[str]) -> tuple[str, float]:
            begun = time.monotonic()
            done = subprocess.run(  # noqa: S603 -- the table above
                [BIN / command[0], *command[1:]],
                cwd=ROOT, env=environment, text=True, capture_output=True, check=False,
            )  # fmt: skip
            said = (done.stdout + done.stderr).strip() or f"exit code {done.returncode}"
            return said if done.returncode else "", time.monotonic() - begun

        running = [(name, pool.submit(complaint, command)) for name, command in LINT]
        for name, done in running:
            said, seconds = done.result()
            print(f"{name:<16}{'FAILED' if said else 'ok':<8}{timed(seconds)}", flush=True)
            if said:
                print(said, flush=True)
                failed.append(name)
    return failed


class Results:
    """The outcomes of all tests over all stages; a test skipped in one stage may run in another."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.ran: set[str] = set()
        self.skipped: dict[str, str] = {}
        self.broken: list[str] = []
        self.stages: list[tuple[str, int, float]] = []  # title, tests that ran, seconds

    def add(self, report: Path) -> None:
        """Count the outcomes in a JUnit report."""
        for case in ET.parse(report).getroot().iter("testcase"):  # noqa: S314 -- pytest's own file
            name = f"{case.get('classname')}::{case.get('name')}"
            skip = case.find("skipped")
            if case.find("failure") is not None or case.find("error") is not None:
                self.counts["failed"] += 1
                self.ran.add(name)
            elif skip is not None:
                self.skipped[name] = skip.get("message", "")
            else:
                self.counts["passed"] += 1
                self.ran.add(name)

    def never_ran(self) -> Counter[str]:
        """Reason → how many tests were skipped in every stage."""
        return Counter(reason for name, reason in self.skipped.items() if name not in self.ran)


def pytest(results: Results, title: str, environment: dict[str, str], *arguments: str) -> None:
    """Run one stage of the tests and add its outcomes to ``results``."""
    headline(title)
    begun, before = time.monotonic(), results.counts.total()
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        command = [
            BIN / "python",
            "-m",
            "pytest",
            "-q",
            f"--junitxml={report}",
            "-o",
            "junit_family=xunit1",
            *SLOWEST,
            *arguments,
        ]
        code = subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode  # noqa: S603 -- ours
        if report.exists():
            results.add(report)
        if code not in {0, 5}:  # 5: no test has the stage's marks
            results.broken.append(title)
    results.stages.append((title, results.counts.total() - before, time.monotonic() - begun))
    print(f"{title}: {timed(results.stages[-1][2])} minutes", flush=True)


def test(machine: Machine) -> Results:
    """Run all stages that this machine can run, the fast ones first."""
    results = Results()
    postgres = "postgres" not in machine.missing
    main = "PostgreSQL" if postgres else "SQLite"
    marks, kinds = "(slow or e2e)", "slow and browser tests"
    if "browser" in machine.missing:
        marks, kinds = "slow and not e2e", "slow tests"
    stages = [(f"fast tests on {main}", postgres, FAST), (f"{kinds} on {main}", postgres, f"{marks} and not bench")]
    if postgres:
        stages.insert(1, ("tests of the dialect on SQLite", False, "dialect and not e2e and not bench"))
    for title, there, marked in stages:
        pytest(results, title, machine.test_environment(postgres=there), *TOGETHER, marked)
    return results


def anyday(machine: Machine, wanted: list[str]) -> int:
    """Run the fast tests at each moment (all, or those ``wanted``), print a table; returns the exit code."""
    moments = {name: MOMENTS.get(name, name) for name in wanted or MOMENTS}
    lines, code = [], 0
    for name, moment in moments.items():
        results, begun = Results(), time.monotonic()
        environment = machine.test_environment(postgres=False) | {"PORTAL_TEST_NOW": f"{moment}+08:00"}
        pytest(results, f"the fast tests at {moment}", environment, *TOGETHER, FAST)
        failed, skipped = results.counts["failed"], len(results.skipped)
        green = results.counts["passed"] and not failed and not results.broken
        code = code if green else 1
        lines.append(
            f"{name:<18}{moment:<19}{results.counts['passed']:6} passed {failed:4} failed {skipped:4} skipped "
            f"{time.monotonic() - begun:6.0f} s  {'ok' if green else 'FAILED'}"
        )
    headline("the fast tests on any day")
    print("\n".join(lines))
    return code


def bench(machine: Machine) -> int:
    """Run the benchmarks; returns pytest's exit code."""
    if "postgres" in machine.missing:
        sys.exit(f"make bench needs PostgreSQL: {machine.missing['postgres']}")
    environment = machine.test_environment(postgres=True)
    command = [BIN / "python", "-m", "pytest", "-q", "-s", "-m", "bench", "tests/benchmarks"]
    return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode  # noqa: S603 -- ours


def coverage(machine: Machine) -> int:
    """Run the fast tests, and the cases that live in an app of a test's own; print the branch coverage of what decides
    (pyproject.toml), and where it is low.
    """
    kept = {"COVERAGE_FILE": str(ROOT / "var" / "test" / "coverage")}
    postgres = "postgres" not in machine.missing
    stages = [("the fast tests", postgres, [*TOGETHER, FAST]), ("cases in an app of their own", postgres, OWN_APPS)]
    if postgres:
        stages.append(("the dialect on SQLite", False, [*TOGETHER, f"dialect and {FAST}"]))
    code = 0
    for number, (title, there, chosen) in enumerate(stages):
        headline(f"coverage: {title}")
        environment = machine.test_environment(postgres=there) | kept
        command = [BIN / "python", "-m", "pytest", "-q", "--cov", "--cov-branch", "--cov-report=", *chosen]
        command += ["--cov-append"] if number else []
        code = code or subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode  # noqa: S603 -- ours
    told = subprocess.run(  # noqa: S603 -- ours
        [BIN / "python", "-m", "coverage", "json", "-q", "-o", "-"],
        cwd=ROOT, env=environment, text=True, capture_output=True, check=False,
    )  # fmt: skip
    if told.returncode:
        sys.exit(told.stdout + told.stderr)
    found = json.loads(told.stdout)
    files = {name: file["summary"]["percent_covered"] for name, file in found["files"].items()}
    headline("coverage, lines and branches")
    print("\n".join(f"{share:6.1f} %  {name}" for name, share in sorted(files.items())))
    low = sorted((share, name) for name, share in files.items() if share < ENOUGH)
    print(f"\nunder {ENOUGH} %: {len(low)} of {len(files)}")
    print("\n".join(f"{share:6.1f} %  {name}" for share, name in low))
    print(f"together {found['totals']['percent_covered']:.1f} %")
    return code


def conclude(machine: Machine, complaints: list[str], results: Results, seconds: float) -> int:
    """Print what was left out and why, and the sum in the last line; returns the exit code."""
    headline("summary")
    for name, reason in machine.missing.items():
        print(f"left out: everything that needs {name} ({reason})")
    never_ran = results.never_ran()
    for reason, count in never_ran.most_common():
        print(f"skipped {count}: {reason}")
    for name in complaints:
        print(f"lint failed: {name}")
    for title in results.broken:
        print(f"stage failed: {title}")
    for title, count, took in results.stages:
        print(f"{timed(took):>7}  {title}: {count}")
    print(
        f"{results.counts['passed']} passed, {results.counts['failed']} failed, {never_ran.total()} skipped, "
        f"lint {'failed' if complaints else 'ok'}, in {timed(seconds)}"
    )
    return 1 if complaints or results.broken or results.counts["failed"] else 0


def main() -> int:
    """See the module."""
    task = sys.argv[1] if len(sys.argv) > 1 else "all"
    if task == "lint":
        return 1 if lint() else 0
    machine = Machine()
    machine.refuse_if_required()
    if task == "bench":
        return bench(machine)
    if task == "coverage":
        return coverage(machine)
    if task == "anyday":
        return anyday(machine, sys.argv[2:])
    begun = time.monotonic()
    complaints = lint()
    return conclude(machine, complaints, test(machine), time.monotonic() - begun)


if __name__ == "__main__":
    sys.exit(main())
