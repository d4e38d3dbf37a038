"""The whole suite runs on PostgreSQL; on SQLite what is marked ``dialect``. What must carry the mark is found here."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("suzhou_portal", "streets", "communities", "grids", "covenants")
# Modules that speak to each database in its own way, and the tests that run them on both.
SPOKEN = {
    "grids/tallies/services.py": "tests/dashboards/figures/test_exactness.py",
    "suzhou_portal/lib/cases/todo.py": "tests/dashboards/home/test_todo.py",
    "suzhou_portal/lib/rows/prepared.py": "tests/audit/test_append_only.py",
    "suzhou_portal/lib/rows/triggers.py": "tests/core/test_places.py",
    "suzhou_portal/lib/rows/written.py": "tests/core/test_written.py",
    "suzhou_portal/lib/text/search.py": "tests/grids/searching/test_searching.py",
    "suzhou_portal/rules/numbers.py": "tests/contracts/test_smoke.py",
}
SPEAKS = {"vendor", "as_sqlite", "as_postgresql"}


def speaks(path):
    """Whether a module asks which database it speaks to, or has words for one alone."""
    nodes = ast.walk(ast.parse(path.read_text()))
    return any(getattr(node, "attr", getattr(node, "name", "")) in SPEAKS for node in nodes)


def test_what_speaks_a_dialect_is_run_on_both_databases():
    paths = (path for package in PACKAGES for path in (ROOT / package).rglob("*.py") if "migrations" not in path.parts)
    assert {str(path.relative_to(ROOT)) for path in paths if speaks(path)} == set(SPOKEN), "name its tests in SPOKEN"
    for tests in SPOKEN.values():
        assert "mark.dialect" in (ROOT / tests).read_text(), f"{tests} runs on PostgreSQL alone"


@pytest.mark.parametrize("path", sorted((ROOT / "tests").rglob("test_*.py")), ids=lambda path: path.stem)
def test_a_test_that_asks_for_the_database_runs_on_both(path):
    """What is skipped on PostgreSQL would otherwise run nowhere. Tests that need PostgreSQL use ``on_postgresql``."""
    text = path.read_text()
    assert not speaks(path) or "mark.dialect" in text or 'usefixtures("on_postgresql")' in text
