"""Fill the database step by step, measure at each size, print the table, write the numbers."""

import argparse
import json
import os
import secrets
from datetime import timedelta
from pathlib import Path
from statistics import median
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "suzhou_portal.settings")
django.setup()

from django.core.management import call_command  # noqa: E402 -- needs the settings
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.db import connection  # noqa: E402
from django.utils import timezone  # noqa: E402

from communities.directory.models import Community  # noqa: E402
from grids.entry.demo import grow  # noqa: E402
from grids.issues.demo_world import AHEAD, read_world  # noqa: E402
from grids.issues.models import Issue  # noqa: E402
from suzhou_portal.dashboards.demo.loading import ISSUES  # noqa: E402
from suzhou_portal.lib.demo.times import YEAR  # noqa: E402
from tests.benchmarks import plans, targets  # noqa: E402
from tests.benchmarks.desk import desk_scenarios, search_scenarios  # noqa: E402
from tests.benchmarks.floor import Floor  # noqa: E402
from tests.benchmarks.meter import Meter, statements  # noqa: E402
from tests.benchmarks.scenarios import Portal, Scenario, api_list, deep_page, scenarios  # noqa: E402
from tests.benchmarks.walk import function_calls, walk  # noqa: E402
from tests.benchmarks.wsgi import call  # noqa: E402

DEEP_PAGES = 40
# The walk has hundreds of requests, each measured by so many times fewer calls.
WALK_SHARE = 5


def fill(size: int, password: str) -> None:
    """Bring the database to ``size`` issues."""
    today, here = timezone.localdate(), Issue.objects.count()
    if not here:
        os.environ["DEMO_PASSWORD"] = password
        call_command("load_demo", scale=size / ISSUES, today=today, verbosity=0)
    elif size > here:
        world = read_world(today - timedelta(days=YEAR + 1), today + AHEAD)
        grow(world, size - here, today=today, seed=size)
    plans.vacuum()


def aims(target: targets.Target) -> dict[str, float]:
    """The two ratios of a target."""
    return {"must": target.must, "stretch": target.stretch}


def measured(scenario: Scenario, meter: Meter) -> dict[str, Any]:
    """One scenario: milliseconds, ratio, queries, calls of functions, size, targets."""
    answer = scenario.send()
    if answer.status != scenario.status:
        raise SystemExit(f"{scenario.name}: {answer.status} {answer.body[:500]!r}")
    cost = meter.measure(scenario.send)
    sent = statements(scenario.send)
    return {
        "ms": cost.milliseconds,
        "ratio": cost.ratio,
        "queries": sent.total(),
        "statements": sent,
        "calls": function_calls(scenario.send),
        "kilobytes": len(answer.body) / 1024,
        **aims(scenario.target),
        "most_queries": scenario.target.queries,
    }


def a_floor() -> Floor:
    """The floor over the database of this run."""
    return Floor(connection.settings_dict, Community.objects.get(code="620902001002").pk)


def measure_walk(portal: Portal, calls: int, only: str) -> dict[str, dict[str, Any]]:
    """The pages of the register site whose name holds ``only``."""
    floor = a_floor()
    meter = Meter(lambda: call(floor, "/"), floor.backend, calls)
    asked = (scenario for scenario in walk(portal) if only in scenario.name)
    found = {scenario.name: measured(scenario, meter) | {"walked": True} for scenario in asked}
    floor.connection.close()
    return found


def kinds(rows: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Per kind of page its median and its worst."""
    found: dict[str, dict[str, Any]] = {}
    for kind in dict.fromkeys(name.partition(",")[0] for name in rows):
        of_kind = sorted((row for name, row in rows.items() if name.startswith(f"{kind},")), key=lambda r: r["ratio"])
        found[f"{kind}, median of {len(of_kind)}"] = of_kind[len(of_kind) // 2]
        found[f"{kind}, worst"] = of_kind[-1]
    return found


def measure(portal: Portal, calls: int) -> dict[str, dict[str, Any]]:
    """All scenarios at the present size, by name; see :func:`measured`."""
    floor = a_floor()
    meter = Meter(lambda: call(floor, "/"), floor.backend, calls)
    found = {}
    for scenario in [*scenarios(portal), *desk_scenarios(portal), *search_scenarios(portal)]:
        found[scenario.name] = measured(scenario, meter)
    first = meter.measure(api_list(portal, "district", more="&from=2000-01-01")).milliseconds
    deep = meter.measure(deep_page(portal, "district", DEEP_PAGES)).milliseconds
    found["deep page ÷ first page"] = {"ratio": deep / first, **aims(targets.DEEP)}
    found["floor"] = {"ms": median(meter.floors) * 1000, "ratio": 1.0}
    floor.connection.close()
    return found


def growth(few: dict[str, Any], many: dict[str, Any], portal: Portal) -> dict[str, dict[str, Any]]:
    """What each scenario costs at many rows ÷ at few, by its ratio to the floor of its own time."""
    return {
        f"{scenario.name}: many ÷ few": {
            "ratio": many[scenario.name]["ratio"] / few[scenario.name]["ratio"],
            **aims(scenario.grows),
        }
        for scenario in scenarios(portal)
        if scenario.grows
    }


def searches() -> dict[str, Any]:
    """What searches cost in the database, printed; the p95 of those for two characters."""
    short, longer = plans.search_times(plans.WORDS), plans.search_times(plans.LONGER)
    print("\nsearches, in the database (first page, count up to the cap; CPU ms)")
    for name, cost in {**short, **longer}.items():
        print(f"{name:<28}{cost['page']:8.2f} {cost['count']:8.2f}")
    found: dict[str, Any] = {"searches": {**short, **longer}}
    for step in ("page", "count"):
        found[f"search_{step}_p95_ms"] = value = plans.p95([cost[step] for cost in short.values()])
        aim = targets.SEARCH_P95
        verdict = "stretch" if value <= aim.stretch else "must" if value <= aim.must else "OVER"
        print(
            f"two characters, {step}, p95: {value:.1f} ms (must {aim.must:.0f}, stretch {aim.stretch:.0f})  {verdict}"
        )
    return found


def line(name: str, row: dict[str, Any]) -> str:
    """One line of the table."""
    verdict = ""
    if "must" in row:
        verdict = "stretch" if row["ratio"] <= row["stretch"] else "must" if row["ratio"] <= row["must"] else "OVER"
    milliseconds = f"{row['ms']:8.2f}" if "ms" in row else " " * 8
    aims = f"{row['must']:5.2f} {row['stretch']:5.2f}" if "must" in row else " " * 11
    queries = f"{row['queries']:3d} {row['calls']:7d}" if "queries" in row else "   "
    return f"{name:<58}{milliseconds} {row['ratio']:7.2f} {aims} {queries}  {verdict}"


def report(title: str, rows: dict[str, dict[str, Any]]) -> None:
    """Print a table."""
    print(f"\n{title}\n{'':<58}{'CPU ms':>8} {'× floor':>7} {'must':>5} {'str.':>5} {'qu.':>3} {'calls':>7}")
    for name, row in rows.items():
        print(line(name, row), flush=True)


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks")
    parser.add_argument("--sizes", default="10000,100000", help="numbers of issues, ascending")
    parser.add_argument("--calls", type=int, default=100, help="calls per scenario")
    parser.add_argument(
        "--walk", metavar="WORDS", help="only the register site, as it stands: pages named so, '' for all"
    )
    parser.add_argument("--walk-at-last", action="store_true", help="the register site at the largest size alone")
    parser.add_argument("--json", type=Path, default=Path("var/benchmarks.json"))
    options = parser.parse_args()
    if connection.vendor != "postgresql":
        raise SystemExit("the benchmarks need PostgreSQL: set DATABASE_URL")
    # One connection for the whole run: its process is what the meter reads.
    connection.close()
    connection.settings_dict["CONN_MAX_AGE"] = None
    portal = Portal(get_wsgi_application(), os.environ.get("DEMO_PASSWORD") or secrets.token_urlsafe(12))
    if options.walk is not None:
        rows = measure_walk(portal, options.calls, options.walk)
        report("the register site", rows)
        report("by kind", kinds(rows))
        return
    sizes = [int(size) for size in options.sizes.split(",")]
    found: dict[str, Any] = {}
    for size in sizes:
        fill(size, portal.password)
        # The walk comes first: to create an issue adds rows.
        walks = size == sizes[-1] or not options.walk_at_last
        walked = measure_walk(portal, max(options.calls // WALK_SHARE, 1), "") if walks else {}
        found[str(size)] = walked | measure(portal, options.calls)
        report(f"{size:,} issues", found[str(size)])
        if walked:
            report("the register site by kind", kinds(walked))
    if len(sizes) > 1:
        found["growth"] = growth(found[str(sizes[0])], found[str(sizes[-1])], portal)
        report(f"{sizes[-1]:,} ÷ {sizes[0]:,} issues", found["growth"])
    found["plans"] = plans.queue_plans()
    print("\nfirst pages of the queues, in the database")
    for name, plan in found["plans"].items():
        print(f"{name:<28}{plan['ms']:8.2f} ms {plan['buffers']:6d} buffers  {'; '.join(plan['scans'])}")
    found |= searches()
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(found, ensure_ascii=False, indent=1))
    print(f"written to {options.json}")


if __name__ == "__main__":
    main()
