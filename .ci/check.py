"""``make check``: lint and the fast tests of what differs from main, in about three minutes.

A changed file belongs to a topic (``grids/clock``, ``templates/grids/clock``, ``tests/grids/clock``) or to a package
below (``suzhou_portal/files``). Tested are, in this order: what was changed; of a package below, also the contracts and
the registers; the topics that import a changed one, directly, then through others, until ENOUGH tests are chosen.
What is left is named: ``make test`` runs it.

Usage: check.py [base]; the base is origin/main, or main where there is none.
"""

import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import grimp
from suite import FAST, ROOT, TOGETHER, Machine, Results, headline, lint, pytest, timed

APPS = ("streets", "communities", "grids", "covenants")
PACKAGES = ("suzhou_portal", *APPS)
# Test functions that two cores run in about two minutes.
ENOUGH = 500
NO_TOPICS = {"migrations", "management", "templatetags"}
# Where the tests of a package below lie, if not in a folder of its name.
TESTS = {"suzhou_portal": ("shell", "api"), "suzhou_portal/lib": ("core", "registers")}
CONTRACTS = ["tests/contracts", "tests/registers"]


def git(*arguments: str) -> list[str]:
    """The lines that git answers; none when it refuses."""
    done = subprocess.run(  # noqa: S603
        ["git", *arguments],  # noqa: S607
        cwd=ROOT, text=True, capture_output=True, check=False,
    )  # fmt: skip
    return done.stdout.splitlines() if done.returncode == 0 else []


def changed_since(base: str) -> list[str]:
    """The files that differ from where this branch left ``base``, those not committed included."""
    left = git("merge-base", base, "HEAD")
    if not left:
        sys.exit(f"check: no {base} to compare with")
    return sorted({*git("diff", "--name-only", left[0]), *git("ls-files", "--others", "--exclude-standard")})


def topic_of(module: str) -> str:
    """``grids.clock.models`` → ``grids/clock``; what is not in a topic belongs to its app."""
    parts = module.split(".")
    depth = 3 if parts[:2] == ["suzhou_portal", "dashboards"] else 2
    if NO_TOPICS & set(parts[1:2]):
        depth = 1
    while depth > 1 and not (ROOT.joinpath(*parts[:depth]) / "__init__.py").exists():
        depth -= 1
    return "/".join(parts[:depth])


def place_of(path: str) -> str:
    """The topic, package or folder of tests that a file belongs to; "" for one without tests of its own."""
    parts = Path(path).parts
    if parts[0] == "tests":
        return str(Path(path).parent)
    if parts[0] == "templates":
        parts = parts[1:]
        if parts[0] not in APPS and (ROOT / "suzhou_portal" / parts[0]).is_dir():
            parts = ("suzhou_portal", *parts)
    if parts[0] in PACKAGES:
        return topic_of(".".join(part.removesuffix(".py") for part in parts))
    return "suzhou_portal" if path.startswith(("templates/", "suzhou_portal/")) else ""


def tests_of(place: str) -> list[str]:
    """The folders with the tests of a place."""
    if place.startswith("tests"):
        return [place] if place != "tests" else []
    app, _, name = place.partition("/")
    if app not in APPS:
        names = TESTS.get(place, (name,))
    elif any((ROOT / "tests" / app).glob("test_*.py")):  # not laid out by topic
        names = (app,)
    else:
        names = (place,) if name else ()
    return [f"tests/{name}" for name in names if (ROOT / "tests" / name).is_dir()]


def importers() -> dict[str, set[str]]:
    """Topic → the topics that import it. What gathers a whole app (its models.py, urls) is passed over."""
    sys.path.insert(0, str(ROOT))
    graph = grimp.build_graph(*PACKAGES, cache_dir=None)
    found: dict[str, set[str]] = defaultdict(set)
    for module in graph.modules:
        above = topic_of(module)
        if above.split("/")[0] in APPS and "/" in above:
            for imported in graph.find_modules_directly_imported_by(module):
                if topic_of(imported) != above:
                    found[topic_of(imported)].add(above)
    return found


def dependents(topics: set[str]) -> list[str]:
    """The topics that import one of these, the nearest first."""
    by_import, seen, order, ring = importers(), set(topics), [], set(topics)
    while ring:
        ring = {above for topic in ring for above in by_import[topic]} - seen
        order += sorted(ring)
        seen |= ring
    return order


def size_of(paths: list[str]) -> int:
    """How many functions test something below ``paths``."""
    files = {file for path in paths for file in (ROOT / path).rglob("test_*.py")}
    return sum(len(re.findall(r"^ *(?:async )?def test_", file.read_text(), re.MULTILINE)) for file in files)


def choose(files: list[str]) -> tuple[list[str], list[str]]:
    """The folders of tests to run for these changed files, and the topics above them that are left."""
    places = {place for file in files if (place := place_of(file))}
    topics = {place for place in places if place.split("/")[0] in APPS and "/" in place}
    chosen = list(dict.fromkeys(path for place in sorted(places) for path in tests_of(place)))
    if any(place == "tests" or not place.startswith("tests/") for place in places - topics):
        chosen += [path for path in CONTRACTS if path not in chosen]
    left: list[str] = []
    for topic in dependents(topics) if topics else []:
        more = [path for path in tests_of(topic) if path not in chosen]
        if more and (left or size_of(chosen + more) > ENOUGH):
            left.append(topic)
        else:
            chosen += more
    return chosen, left


def main() -> int:
    """See the module."""
    base = next(iter(sys.argv[1:]), "") or (
        "origin/main" if git("rev-parse", "--verify", "-q", "origin/main") else "main"
    )
    files = changed_since(base)
    chosen, left = choose(files)
    headline(f"check: {len(files)} files differ from {base}")
    print("tested: " + (", ".join(chosen) or "nothing") + f" ({size_of(chosen)} test functions, the fast ones)")
    print("left to make test: slow and browser tests, the other database" + "".join(f", {topic}" for topic in left))
    complaints, results, machine = lint(), Results(), Machine()
    if chosen:
        postgres = "postgres" not in machine.missing
        title = "tests on " + ("PostgreSQL" if postgres else "SQLite")
        pytest(results, title, machine.test_environment(postgres=postgres), *TOGETHER, FAST, *chosen)
    headline("summary")
    for title, count, seconds in results.stages:
        print(f"{timed(seconds):>7}  {title}: {count}")
    print(f"{results.counts['failed']} failed, lint {'failed: ' + ', '.join(complaints) if complaints else 'ok'}")
    return 1 if complaints or results.broken else 0


if __name__ == "__main__":
    sys.exit(main())
