"""How PostgreSQL answers the queries of the desk: plans, rows read, milliseconds."""

import re
import time
from collections.abc import Callable, Sequence
from statistics import quantiles
from types import SimpleNamespace
from urllib.parse import urlencode

from django.db import connection
from django.http import QueryDict

from grids.desk.views import COUNT_CAP
from grids.issues.models import Issue
from grids.lists import listing
from grids.lists.issue_list import IssueList
from grids.lists.queues import queues_of
from suzhou_portal.accounts.models import User
from suzhou_portal.accounts.roles import Verb
from suzhou_portal.lib.rows.counts import capped_counts
from tests.benchmarks.meter import backend_seconds, portal_backend

USERS = ("community.1", "street.1", "department.1", "grid.1", "district")
WORDS = ("路灯", "垃圾", "漏水", "危房", "裂缝", "秋千", "杨絮", "内涝", "胡杨", "汉宫", "燃气", "枯树", "已清", "龘字")
LONGER = ("路灯不亮", "垃圾桶", "小广告", "灯", "龘", "路灯 更换", "123")


def queue_plans(rows: int = 50) -> dict[str, dict[str, object]]:
    """``user queue`` → what the first page of the queue costs: milliseconds, buffers, plan."""
    found = {}
    for username in USERS:
        user = User.objects.get(username=username)
        for queue in queues_of(user):
            asked = queue.rows(Issue.objects.visible_to(user, Verb.ISSUES_VIEW), user).order_by(*queue.order)
            plan = asked.values_list("pk", "number", "created_at")[:rows].explain(analyze=True, buffers=True)
            found[f"{username} {queue.name}"] = {
                "ms": float(re.search(r"Execution Time: ([\d.]+)", plan)[1]),
                "buffers": int((re.search(r"Buffers: shared hit=(\d+)", plan) or [0, 0])[1]),
                "scans": sorted(set(re.findall(r"((?:Seq|Bitmap Heap|Index(?: Only)?) Scan[^()]*?) +\(cost", plan))),
                "plan": plan,
            }
    return found


def search_times(words: Sequence[str], times: int = 3) -> dict[str, dict[str, float]]:
    """``user word`` → milliseconds of the database's CPU for the first page and the capped count of its search
    (the quickest of some: what the machine does besides is not the search's), and of the clock for the page.
    """
    found = {}
    for username in USERS:
        user = User.objects.get(username=username)
        for word in words:
            issues = IssueList(QueryDict(urlencode({"q": word})), user, SimpleNamespace(user=user))
            rows, order = issues.rows, issues.queue.order
            steps = (
                lambda rows=rows, order=order: listing.page_of(rows, order, whole=True),
                lambda rows=rows: capped_counts([rows], COUNT_CAP),
            )
            (first, clock), (count, _) = (min(_cost(step) for _ in range(times)) for step in steps)
            found[f"{username} {word}"] = {"page": first, "count": count, "clock": clock}
    return found


def _cost(step: Callable[[], object]) -> tuple[float, float]:
    """Milliseconds of the database's CPU, and of the clock."""
    backend = portal_backend()
    cpu, clock = backend_seconds(backend), time.perf_counter()
    step()
    return (backend_seconds(backend) - cpu) * 1000, (time.perf_counter() - clock) * 1000


def p95(times: Sequence[float]) -> float:
    """The 95th percentile."""
    return quantiles(times, n=20)[-1]


def vacuum() -> None:
    """Fresh statistics and visibility, as autovacuum would give in time."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
