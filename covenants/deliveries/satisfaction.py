"""群众满意: what residents said of the issues that co-building solved, beside what the parties say of each other.

An issue belongs to a covenant when it became a need (转为共建需求) that a commitment of the covenant meets. Asked
and satisfied are what they are for all issues (``grids.tallies.measures``: 回访到, 满意, 基本满意 counts as
satisfied); only who was asked on the day of the delivery's confirmation or later speaks of what the unit did.
"""

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from covenants.deliveries.models import Commitment
from grids.issues.models import Issue
from grids.tallies.measures import COUNTED, MEASURES

DEFINITION = (
    "转为共建需求、由约定事项办成的网格事件中，确认履约当日及以后回访到反映人的，"
    "反映人表示满意或基本满意的件数 ÷ 回访到的件数。来源：回访记录。"
)


@dataclass(frozen=True)
class Satisfaction:
    """So many issues were solved by co-building, of so many the reporters were asked, so many are satisfied."""

    solved: int
    visited: int
    satisfied: int
    definition: str = DEFINITION


def satisfaction_with(commitments: QuerySet[Commitment]) -> Satisfaction:
    """What residents say of the issues that ``commitments`` solved; counts alone, so whoever sees the commitments
    may know it. One query.
    """
    rows, sums = satisfaction_sums(commitments)
    return Satisfaction(**rows.aggregate(**sums))


def satisfaction_sums(commitments: QuerySet[Commitment]) -> tuple[QuerySet[Issue], dict[str, Any]]:
    """The issues that ``commitments`` solved, and the counts of :class:`Satisfaction` over them."""
    fulfilled = commitments.counted().filter(fulfilled_on__isnull=False, need__issue__isnull=False).order_by()
    before = fulfilled.filter(need__issue=OuterRef("pk"), fulfilled_on__lte=OuterRef("visited_at__date"))
    # unscoped: counts of issues that visible commitments solved
    issues = Issue.objects.filter(COUNTED, pk__in=fulfilled.values("need__issue")).order_by()
    asked = {
        name: Count("pk", filter=MEASURES[name].rows & Q(asked_since=True, visited_at__isnull=False))
        for name in ("visited", "satisfied")
    }
    return issues.annotate(asked_since=Exists(before)), {"solved": Count("pk"), **asked}
