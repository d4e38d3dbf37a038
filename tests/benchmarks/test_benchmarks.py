"""The benchmarks run, and no request sends more queries than it may, however many rows there are, nor calls more
functions or has more kilobytes than the ceiling of its page (``ceilings.json``). Time is measured, and fails only
``make bench``.

``PORTAL_REWRITE_CEILINGS=1 pytest tests/benchmarks -m slow`` writes the ceilings anew, a margin above what is called.
"""

import fcntl
import json
import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from zlib import crc32

import psycopg2
import pytest
from django.conf import settings

from suzhou_portal.lib.rows.crypto import new_key

ROOT = Path(settings.BASE_DIR)
NAME = "portal_benchmarks"
CEILINGS = Path(__file__).with_name("ceilings.json")
# What is called depends a little on the day: how many rows are due, whose turn it is.
MARGIN = 1.25
FEW, MANY = 300, 600
PARTS = 3


class Bench:
    """Runs the benchmarks like production, on databases of their own."""

    def __init__(self, state):
        self.parts, self.state = urlsplit(settings.DATABASE_URL), state

    def server(self, *statements):
        server = psycopg2.connect(urlunsplit(self.parts._replace(path="/postgres", query="")))
        server.autocommit = True
        with server.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
        server.close()

    def run(self, database, *arguments, **more):
        environment = {
            "PATH": os.environ["PATH"],
            "DATABASE_URL": urlunsplit(self.parts._replace(path=f"/{database}")),
            "SECRET_KEY": "only-for-a-benchmark-on-made-up-data",
            "PORTAL_DATA_KEYS": new_key("k1"),
            "PORTAL_DEMO": "1",
            "PORTAL_STATE_DIR": str(self.state),
            "DEMO_PASSWORD": "only-for-a-benchmark",
            **more,
        }
        # Its output goes where pytest's goes: on the screen with -s, into the report of a failure.
        done = subprocess.run([sys.executable, *arguments], cwd=ROOT, env=environment, check=False)
        assert done.returncode == 0, arguments


@pytest.fixture
def prepared(on_postgresql, tmp_path, tmp_path_factory, worker_id):
    """``prepared(sizes, part)``: what the quick run finds, in a copy of a database with :data:`FEW` issues.

    Filling one costs more than what is measured in it, so the processes of a test run fill one together; the last of
    those that have begun takes it away.
    """
    shared = tmp_path_factory.getbasetemp()
    shared = shared if worker_id == "master" else shared.parent
    base = f"{NAME}_{crc32(str(shared).encode()):08x}"
    mine = f"{base}_{os.getpid()}_{crc32(str(tmp_path).encode()):08x}"
    quick = {"DJANGO_SETTINGS_MODULE": "tests.benchmarks.quick_settings"}
    bench = Bench(shared)
    keys = shared / "benchmark-keys"
    with (shared / "benchmark-lock").open("a+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not keys.exists():
            quick["PORTAL_DATA_KEYS"] = new_key("k1")
            bench.server(f'CREATE DATABASE "{base}"')
            bench.run(base, "manage.py", "migrate", "-v0", **quick)
            fill = f"from tests.benchmarks.__main__ import fill; fill({FEW}, 'only-for-a-benchmark')"
            bench.run(base, "-c", fill, **quick)
            keys.write_text(quick["PORTAL_DATA_KEYS"])
        quick["PORTAL_DATA_KEYS"] = keys.read_text()
        bench.server(f'CREATE DATABASE "{mine}" TEMPLATE "{base}"')

    def measure(sizes, part):
        target = tmp_path / "found.json"
        bench.run(mine, "-m", "tests.benchmarks", "--sizes", sizes, "--quick", part, "--json", str(target), **quick)
        return json.loads(target.read_text())

    users = shared / "benchmark-users"
    _count(users, 1)
    try:
        yield measure
    finally:
        bench.server(f'DROP DATABASE "{mine}" WITH (FORCE)')
        if not _count(users, -1):
            with (shared / "benchmark-lock").open("a+") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                bench.server(f'DROP DATABASE IF EXISTS "{base}" WITH (FORCE)')
                keys.unlink(missing_ok=True)


def _count(path, step):
    """Add ``step`` to the number in the file ``path``, under its lock; the sum."""
    with path.open("a+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        number = int(file.read() or 0) + step
        file.truncate(0)
        file.write(str(number))
    return number


def check_queries(found):
    """No request sends a statement more often for more rows.

    Whether a statement is needed at all may be a matter of the rows: notes are read only where a search finds
    no word in the texts, and what is made up for today is another thing tomorrow.
    """
    sizes = [size for size in found if size.isdigit()]
    for name, row in found[sizes[-1]].items():
        if "queries" not in row:
            continue
        measured = [found[size][name] for size in sizes if name in found[size]]
        counts = [one["queries"] for one in measured]
        assert max(counts) <= row["most_queries"], f"{name}: {counts} queries"
        sent = [one["statements"] for one in measured]
        for statement in set().union(*sent):
            often = [statements.get(statement, 0) for statements in sent]
            assert len(set(often)) == 1 or max(often) == 1, (
                f"{name} sends more often for more rows: {often} {statement}"
            )


def kind_of(name):
    return name.partition(",")[0]


def rewrite_ceilings(found):
    """Write what each page of the walk calls and how many bytes it has, with the margin."""
    walked = {name: row for name, row in found.items() if row.get("walked")}
    kept = json.loads(CEILINGS.read_text()) | {
        name: [-int(-row["calls"] * MARGIN // 100) * 100, -int(-row["kilobytes"] * MARGIN // 1)]
        for name, row in walked.items()
    }
    lines = (f" {json.dumps(name, ensure_ascii=False)}: {json.dumps(kept[name])}" for name in sorted(kept))
    CEILINGS.write_text("{\n" + ",\n".join(lines) + "\n}\n")


def check_ceilings(found, ceilings):
    """No page calls more functions or has more kilobytes than its ceiling; one that is new here, than the highest of
    its kind.
    """
    highest = {}
    for name, pair in ceilings.items():
        highest[kind_of(name)] = [*map(max, pair, highest.get(kind_of(name), pair))]
    over = {}
    for name, row in found.items():
        if row.get("walked"):
            counted, ceiling = (
                [row["calls"], row["kilobytes"]],
                ceilings.get(name) or highest.get(kind_of(name), [0, 0]),
            )
            if any(number > most for number, most in zip(counted, ceiling, strict=True)):
                over[name] = (counted, ceiling)
    assert not over, f"these call more functions or are longer than they may: {over}"


def test_a_page_is_held_to_its_ceiling_and_a_new_one_to_the_highest_of_its_kind():
    ceilings = {"list page, a": [100, 9], "list page, b": [300, 5], "form, a": [900, 9]}

    def found(name, calls, kilobytes=5):
        return {name: {"walked": True, "calls": calls, "kilobytes": kilobytes}, "otherwise": {"calls": 10_000}}

    check_ceilings(found("list page, a", 100), ceilings)
    check_ceilings(found("list page, new", 300, 9), ceilings)
    for name, calls, kilobytes in (
        ("list page, a", 101, 5),
        ("list page, a", 100, 9.1),
        ("list page, new", 301, 5),
        ("list API, new", 1, 1),
    ):
        with pytest.raises(AssertionError, match=name):
            check_ceilings(found(name, calls, kilobytes), ceilings)


@pytest.mark.parametrize(
    ("few", "many", "well"),
    [
        ({"rows": 1}, {"rows": 1}, True),
        ({"rows": 1}, {"rows": 1, "notes": 1}, True),
        ({"rows": 1, "notes": 1}, {"rows": 1}, True),
        ({"rows": 2}, {"rows": 2}, True),
        ({"rows": 1, "notes": 2}, {"rows": 1, "notes": 3}, False),
        ({"rows": 1}, {"rows": 1, "notes": 2}, False),
        ({"rows": 1}, {"rows": 1, "notes": 1, "files": 1, "events": 1}, False),
    ],
)
def test_a_statement_may_be_needed_or_not_but_never_once_per_row(few, many, well):
    found = {
        size: {"a page": {"queries": sum(sent.values()), "most_queries": 3, "statements": sent}}
        for size, sent in (("300", few), ("600", many))
    }
    if well:
        check_queries(found)
    else:
        with pytest.raises(AssertionError, match="a page"):
            check_queries(found)


@pytest.mark.slow
@pytest.mark.django_db
def test_the_desk_sends_the_same_statements_for_more_rows(prepared):
    found = prepared(f"{FEW},{MANY}", "desk")
    assert {str(FEW), str(MANY), "growth", "plans", "searches", "search_page_p95_ms"} <= set(found)
    check_queries(found)


@pytest.mark.slow
@pytest.mark.django_db
@pytest.mark.parametrize("part", range(PARTS))
def test_no_page_of_the_walk_is_over_its_ceiling(prepared, part):
    found = prepared(str(FEW), f"{part}/{PARTS}")
    if os.environ.get("PORTAL_REWRITE_CEILINGS"):
        rewrite_ceilings(found[str(FEW)])
    check_ceilings(found[str(FEW)], json.loads(CEILINGS.read_text()))
    check_queries(found)


@pytest.mark.bench
@pytest.mark.django_db
def test_what_must_be_at_three_hundred_ten_and_a_hundred_thousand_issues(on_postgresql, tmp_path):
    bench, name, target = Bench(tmp_path), f"{NAME}_{os.getpid()}", ROOT / "var" / "benchmarks.json"
    keys = {"PORTAL_DATA_KEYS": new_key("k1")}
    bench.server(f'CREATE DATABASE "{name}"')
    try:
        bench.run(name, "manage.py", "migrate", "-v0", **keys)
        bench.run(name, "manage.py", "collectstatic", "--noinput", "-v0", **keys)
        sizes = os.environ.get("BENCH_SIZES", "300,10000,100000")
        bench.run(name, "-m", "tests.benchmarks", "--sizes", sizes, "--calls", "150", "--json", str(target), **keys)
        check_queries(json.loads(target.read_text()))
    finally:
        bench.server(f'DROP DATABASE "{name}" WITH (FORCE)')
