"""The benchmarks run, and no request sends more queries than it may, however many rows there are."""

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

    def measure(sizes, calls, target):
        run("manage.py", "migrate", "-v0")
        run("manage.py", "collectstatic", "--noinput", "-v0")
        run("-m", "tests.benchmarks", "--sizes", sizes, "--calls", str(calls), "--json", str(target))
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
    for name, row in found[sizes[0]].items():
        if "queries" not in row:
            continue
        counts = [found[size][name]["queries"] for size in sizes]
        assert max(counts) <= row["most_queries"], f"{name}: {counts} queries"
        sent = [found[size][name]["statements"] for size in sizes]
        for statement in set().union(*sent):
            often = [statements.get(statement, 0) for statements in sent]
            assert len(set(often)) == 1 or max(often) == 1, (
                f"{name} sends more often for more rows: {often} {statement}"
            )


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
    found = bench("300,600", 5, tmp_path / "found.json")
    assert {"300", "600", "growth", "plans", "searches", "search_page_p95_ms"} <= set(found)
    check_queries(found)


@pytest.mark.bench
@pytest.mark.django_db
def test_requests_at_ten_and_a_hundred_thousand_issues(bench):
    check_queries(bench(os.environ.get("BENCH_SIZES", "10000,100000"), 150, ROOT / "var" / "benchmarks.json"))
