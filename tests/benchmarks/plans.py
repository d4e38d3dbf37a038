"""How PostgreSQL answers the queries of the desk: plans, rows read, milliseconds."""

import re
import time
from statistics import quantiles

from django.db import connection

from grids.models import Issue
from grids.queues import queues_of
from suzhou_portal.accounts.models import User
from suzhou_portal.accounts.roles import Verb

USERS = ("community.1", "street.1", "department.1", "grid.1", "district")
WORDS = ("路灯", "垃圾", "漏水", "危房", "裂缝", "秋千", "杨絮", "内涝", "胡杨", "汉宫", "燃气", "枯树")


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


def search_times() -> list[float]:
    """Milliseconds in the database of searches for two characters, common and rare, each some times."""
    times = []
    for word in WORDS:
        for _ in range(3):
            asked = Issue.objects.matching(word).order_by("-created_at", "-id").values_list("pk")[:50]
            started = time.perf_counter()
            list(asked)
            times.append((time.perf_counter() - started) * 1000)
    return times


def p95(times: list[float]) -> float:
    """The 95th percentile."""
    return quantiles(times, n=20)[-1]


def vacuum() -> None:
    """Fresh statistics and visibility, as autovacuum would give in time."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
