"""Fill the database step by step, measure at each size, print the table and what is over, write the numbers.

The exit code is 1 when something is over its target; with ``--quick``, which measures each request once, it never is:
what it counts (queries, calls of functions, bytes) is what ``test_benchmarks`` looks at.
"""

import argparse
import json
import os
import secrets
import sys
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
# Issues are made in steps of so many, so that memory stays bounded at any size.
STEP = 10_000


def fill(size: int, password: str) -> None:
    """Bring the database to ``size`` issues."""
    today, here = timezone.localdate(), Issue.objects.count()
    if not here:
        here = min(size, STEP)
        os.environ["DEMO_PASSWORD"] = password
        call_command("load_demo", scale=here / ISSUES, today=today, verbosity=0)
        here = Issue.objects.count()
    if size > here:
        world = read_world(today - timedelta(days=YEAR + 1), today + AHEAD)
        for start in range(here, size, STEP):
            grow(world, min(STEP, size - start), today=today, seed=start + 1)
    plans.vacuum()


def aims(target: targets.Target) -> dict[str, float]:
    """The two ratios of a target."""
    return {"must": target.must, "stretch": target.stretch}


def measured(scenario: Scenario, meter: Meter, *, profiled: bool = True) -> dict[str, Any]:
    """One scenario: milliseconds, ratio, queries, calls of functions (where ``profiled``), size, targets."""
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
        "kilobytes": len(answer.body) / 1024,
        **({"calls": function_calls(scenario.send)} if profiled else {}),
        **aims(scenario.target),
        "most_queries": scenario.target.queries,
    }


def a_floor() -> Floor:
    """The floor over the database of this run."""
    return Floor(connection.settings_dict, Community.objects.get(code="620902001002").pk)


def a_meter(floor: Floor, calls: int) -> Meter:
    """The meter; of a single call measured in a single round."""
    return Meter(lambda: call(floor, "/"), floor.backend, calls, **({"rounds": 1} if calls == 1 else {}))


def measure_walk(
    portal: Portal, calls: int, only: str = "", part: tuple[int, int] = (0, 1)
) -> dict[str, dict[str, Any]]:
    """The pages of the walk whose name holds ``only``; of ``part`` (index, number of parts)."""
    floor = a_floor()
    meter = a_meter(floor, calls)
    index, parts = part
    asked = [one for number, one in enumerate(walk(portal)) if number % parts == index and only in one.name]
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
    meter = a_meter(floor, calls)
    asked = [*scenarios(portal), *desk_scenarios(portal), *search_scenarios(portal)]
    found = {scenario.name: measured(scenario, meter, profiled=calls > 1) for scenario in asked}
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


def is_over(row: dict[str, Any]) -> bool:
    """``row`` costs more, or sends more queries, than it must."""
    most = row.get("most_queries")
    return row["ratio"] > row.get("must", row["ratio"]) or (most is not None and row["queries"] > most)


def line(name: str, row: dict[str, Any]) -> str:
    """One line of the table."""
    verdict = ""
    if "must" in row:
        verdict = "OVER" if is_over(row) else "stretch" if row["ratio"] <= row["stretch"] else "must"
    milliseconds = f"{row['ms']:8.2f}" if "ms" in row else " " * 8
    aims = f"{row['must']:5.2f} {row['stretch']:5.2f}" if "must" in row else " " * 11
    counted = f"{row['queries']:3d} {row.get('calls', 0):7d} {row['kilobytes']:5.0f}" if "queries" in row else "   "
    return f"{name:<58}{milliseconds} {row['ratio']:7.2f} {aims} {counted}  {verdict}"


def report(title: str, rows: dict[str, dict[str, Any]]) -> None:
    """Print a table."""
    heads = f"{'CPU ms':>8} {'× floor':>7} {'must':>5} {'str.':>5} {'qu.':>3} {'calls':>7} {'kB':>5}"
    print(f"\n{title}\n{'':<58}{heads}")
    for name, row in rows.items():
        print(line(name, row), flush=True)


def report_over(found: dict[str, Any]) -> list[str]:
    """Print what is over its target at any size, and return it."""
    over = [
        f"{size}: {line(name, row)}"
        for size, rows in found.items()
        if size.isdigit() or size == "growth"
        for name, row in rows.items()
        if "must" in row and is_over(row)
    ]
    print(f"\n{len(over)} over what must be", *over, sep="\n")
    return over


def arguments() -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks")
    parser.add_argument("--sizes", default="300,10000,100000", help="numbers of issues, ascending")
    parser.add_argument("--calls", type=int, default=100, help="calls per scenario")
    parser.add_argument("--walk", metavar="WORDS", help="only pages named so ('': all), as the database stands")
    parser.add_argument("--quick", metavar="PART", help="each request once: 'desk', or the walk's part 'i/n'")
    parser.add_argument("--json", type=Path, default=Path("var/benchmarks.json"))
    return parser.parse_args()


def whole_run(portal: Portal, sizes: list[int], calls: int, *, walks: bool) -> dict[str, Any]:
    """Everything, size by size."""
    found: dict[str, Any] = {}
    for size in sizes:
        fill(size, portal.password)
        # The walk comes first: to create an issue adds rows.
        walked = measure_walk(portal, max(calls // WALK_SHARE, 1)) if walks else {}
        found[str(size)] = walked | measure(portal, calls)
        report(f"{size:,} issues", found[str(size)])
        if walked:
            report("the walk by kind", kinds(walked))
    if len(sizes) > 1:
        found["growth"] = growth(found[str(sizes[0])], found[str(sizes[-1])], portal)
        report(f"{sizes[-1]:,} ÷ {sizes[0]:,} issues", found["growth"])
    found["plans"] = plans.queue_plans()
    print("\nfirst pages of the queues, in the database")
    for name, plan in found["plans"].items():
        print(f"{name:<28}{plan['ms']:8.2f} ms {plan['buffers']:6d} buffers  {'; '.join(plan['scans'])}")
    return found | searches()


def main() -> None:
    """See the module."""
    options = arguments()
    if connection.vendor != "postgresql":
        raise SystemExit("the benchmarks need PostgreSQL: set DATABASE_URL")
    # One connection for the whole run: its process is what the meter reads.
    connection.close()
    connection.settings_dict["CONN_MAX_AGE"] = None
    portal = Portal(get_wsgi_application(), os.environ.get("DEMO_PASSWORD") or secrets.token_urlsafe(12))
    sizes = [int(size) for size in options.sizes.split(",")]
    if options.walk is not None:
        rows = measure_walk(portal, options.calls, options.walk)
        report("the walk", rows)
        report("by kind", kinds(rows))
        sys.exit(bool(report_over({"0": rows})))
    if options.quick and options.quick != "desk":
        index, _, parts = options.quick.partition("/")
        found: dict[str, Any] = {str(sizes[0]): measure_walk(portal, 1, part=(int(index), int(parts)))}
        report("the walk", found[str(sizes[0])])
    else:
        found = whole_run(portal, sizes, 1 if options.quick else options.calls, walks=not options.quick)
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(found, ensure_ascii=False, indent=1))
    print(f"written to {options.json}")
    if report_over(found) and not options.quick:
        sys.exit(1)


if __name__ == "__main__":
    main()
