"""The benchmarks run, and no request sends more queries than it may, however many rows there are, nor calls more
functions than the ceiling of its page (``ceilings.json``). Time is measured, never tested.

``PORTAL_REWRITE_CEILINGS=1 pytest tests/benchmarks -m slow`` writes the ceilings anew, a margin above what is called.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg2
import pytest
from django.conf import settings

from suzhou_portal.lib.rows.crypto import new_key

ROOT = Path(settings.BASE_DIR)
NAME = "portal_benchmarks"
CEILINGS = Path(__file__).with_name("ceilings.json")
# What is called depends a little on the day: how many rows are due, whose turn it is.
MARGIN = 1.25


@pytest.fixture
def bench(on_postgresql, tmp_path):
    """``bench(sizes, calls)`` runs the benchmarks like production, on a database of their own."""
    parts = urlsplit(settings.DATABASE_URL)
    name = f"{NAME}_{os.getpid()}"
    server = psycopg2.connect(urlunsplit(parts._replace(path="/postgres", query="")))
    server.autocommit = True
    environment = {
        "PATH": os.environ["PATH"],
        "DATABASE_URL": urlunsplit(parts._replace(path=f"/{name}")),
        "SECRET_KEY": "only-for-a-benchmark-on-made-up-data",
        "PORTAL_DATA_KEYS": new_key("k1"),
        "PORTAL_DEMO": "1",
        "PORTAL_STATE_DIR": str(tmp_path),
    }

    def run(*arguments):
        command = [sys.executable, *arguments]
        # Its output goes where pytest's goes: on the screen with -s, into the report of a failure.
        assert subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode == 0, arguments

    def measure(sizes, calls, target, *more):
        run("manage.py", "migrate", "-v0")
        run("manage.py", "collectstatic", "--noinput", "-v0")
        run("-m", "tests.benchmarks", "--sizes", sizes, "--calls", str(calls), "--json", str(target), *more)
        return json.loads(target.read_text())

    with server.cursor() as cursor:
        cursor.execute(f'CREATE DATABASE "{name}"')
        try:
            yield measure
        finally:
            cursor.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    server.close()


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
    """Write what each page of the walk calls, with the margin, rounded up to hundreds."""
    ceilings = {name: -int(-row["calls"] * MARGIN // 100) * 100 for name, row in found.items() if row.get("walked")}
    CEILINGS.write_text(json.dumps(ceilings, indent=1) + "\n")


def check_calls(found, ceilings):
    """No page calls more functions than its ceiling; one that is new here, than the highest of its kind."""
    highest = {}
    for name, ceiling in ceilings.items():
        highest[kind_of(name)] = max(ceiling, highest.get(kind_of(name), 0))
    over = {
        name: (row["calls"], ceiling)
        for name, row in found.items()
        if row.get("walked") and row["calls"] > (ceiling := ceilings.get(name) or highest.get(kind_of(name), 0))
    }
    assert not over, f"these call more functions than they may: {over}"


def test_a_page_is_held_to_its_ceiling_and_a_new_one_to_the_highest_of_its_kind():
    ceilings = {"list page, a": 100, "list page, b": 300, "form, a": 900}

    def found(name, calls):
        return {name: {"walked": True, "calls": calls}, "measured otherwise": {"calls": 10_000}}

    check_calls(found("list page, a", 100), ceilings)
    check_calls(found("list page, new", 300), ceilings)
    for name, calls in (("list page, a", 101), ("list page, new", 301), ("list API, new", 1)):
        with pytest.raises(AssertionError, match=name):
            check_calls(found(name, calls), ceilings)


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
def test_the_benchmarks_run_at_a_tiny_scale(bench, tmp_path):
    found = bench("300,600", 5, tmp_path / "found.json", "--walk-at-last")
    assert {"300", "600", "growth", "plans", "searches", "search_page_p95_ms"} <= set(found)
    if os.environ.get("PORTAL_REWRITE_CEILINGS"):
        rewrite_ceilings(found["600"])
    check_calls(found["600"], json.loads(CEILINGS.read_text()))
    check_queries(found)


@pytest.mark.bench
@pytest.mark.django_db
def test_requests_at_ten_and_a_hundred_thousand_issues(bench):
    check_queries(bench(os.environ.get("BENCH_SIZES", "10000,100000"), 150, ROOT / "var" / "benchmarks.json"))
