"""What is counted of issues, and when: the one definition behind tallies, figures and drill-downs.

A measure counts an issue on the day of one of its times, if a condition on the row holds.
It is a function of the row as it stands, so the tallies can always be recomputed, and the
rows behind a figure are a plain filter. Names follow GB/T 30428 (应结案, 按期结案率).
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from django.db.models import F, Q
from django.utils import timezone

from grids.categories.models import Level
from grids.issues.columns import CONTENT
from grids.issues.models import UNCOUNTED, Issue, Status
from suzhou_portal.lib.rows.scope import ScopedQuerySet
from suzhou_portal.lib.time.moments import day_start


@dataclass(frozen=True)
class Measure:
    """``time``: the field whose day counts. ``rows``: the condition in the database; ``holds``: the same in Python."""

    name: str
    label: str
    time: str
    rows: Q
    holds: Callable[[Issue], bool]
    definition: str

    def within(self, first: date, last: date) -> Q:
        """The condition of the rows that count from day ``first`` to day ``last``, both included."""
        return self.rows & Q(**{f"{self.time}__gte": day_start(first), f"{self.time}__lt": day_start(last, 1)})


# Parts are counted with the issue that they are parts of.
WHOLE = Q(parent=None)
COUNTED = WHOLE & ~Q(status__in=sorted(UNCOUNTED))
CLOSED = WHOLE & Q(status=Status.CLOSED)


def is_counted(issue: Issue) -> bool:
    """A whole issue that is neither void nor merged into another: :data:`COUNTED` in Python."""
    return issue.parent_id is None and issue.status not in UNCOUNTED


def is_closed(issue: Issue) -> bool:
    """A whole issue that was closed: :data:`CLOSED` in Python."""
    return issue.parent_id is None and issue.status == Status.CLOSED


def _at(name: str, label: str, time: str, definition: str, flag: str = "") -> Measure:
    """A measure of counted issues that something happened to at ``time``, where the field ``flag`` is true."""
    return Measure(
        name,
        label,
        time,
        COUNTED & Q(**{f"{time}__isnull": False}) & (Q(**{flag: True}) if flag else Q()),
        lambda issue: is_counted(issue) and getattr(issue, time) is not None and (not flag or getattr(issue, flag)),
        definition,
    )


def _solved(level: Level) -> Measure:
    return Measure(
        f"solved_{level.value}",
        f"{level.label}层级办结",
        "closed_at",
        CLOSED & Q(closed_level=level.value),
        lambda issue: is_closed(issue) and issue.closed_level == level.value,
        f"期内办结、办结时由{level.label}层级负责的事件",
    )


MEASURES = {
    measure.name: measure
    for measure in (
        Measure(
            "reported",
            "上报",
            "created_at",
            COUNTED,
            is_counted,
            "期内上报的事件，不含已作废、已合并的；分办件随总件计",
        ),
        Measure(
            "due",
            "应结案",
            "due_at",
            COUNTED,
            is_counted,
            "办理期限落在期内的事件，不含已作废、已合并的；分办件随总件计",
        ),
        Measure(
            "settled",
            "应结案中已结案",
            "due_at",
            CLOSED,
            is_closed,
            "办理期限落在期内、至今已办结的事件，含超期办结",
        ),
        Measure(
            "on_time",
            "按期结案",
            "due_at",
            CLOSED & Q(closed_at__lt=F("due_at")),
            lambda issue: is_closed(issue) and issue.closed_at < issue.due_at,
            "办理期限落在期内、在期限前办结的事件",
        ),
        Measure("closed", "办结", "closed_at", CLOSED, is_closed, "期内办结的事件"),
        Measure(
            "first_time",
            "一次办结",
            "closed_at",
            CLOSED & Q(rework_count=0, reopened_at__isnull=True),
            lambda issue: is_closed(issue) and not issue.rework_count and issue.reopened_at is None,
            "期内办结、未曾退回重办或重开的事件",
        ),
        _at("reopened", "重开", "reopened_at", "期内最近一次重开的事件"),
        _at("escalated", "升级", "escalated_at", "期内最近一次升级的事件"),
        *(_solved(level) for level in Level),
        # 回访 counts whatever became of the issue since: opening it again does not mend the rates.
        _at("visited", "回访到", "visited_at", "期内回访、联系上反映人的事件，多次的以最近一次为准"),
        _at(
            "responded",
            "有人响应",
            "visited_at",
            "回访到、反映人说办理中有人联系或答复过的事件",
            "visit_responded",
        ),
        _at("resolved", "已解决", "visited_at", "回访到、反映人说已解决的事件", "visit_resolved"),
        Measure(
            "satisfied",
            "满意",
            "visited_at",
            COUNTED & Q(visited_at__isnull=False, visit_satisfaction__in=sorted(CONTENT)),
            lambda issue: is_counted(issue) and issue.visit_satisfaction in CONTENT,
            "回访到、反映人说满意或基本满意的事件",
        ),
        _at("accepted", "受理", "accepted_at", "期内首次受理（含直接派办、处理）的事件，上报人自行受理的不计"),
        _at(
            "accepted_in_time",
            "按时受理",
            "accepted_at",
            "期内首次受理、未超过受理环节时限的事件；升级的，时限自到达该级起算",
            "accepted_in_time",
        ),
        _at("supervised", "督办", "supervised_at", "期内最近一次发督办单的事件，督办单已撤销的不计"),
        _at(
            "supervision_replied",
            "已回复督办",
            "supervised_at",
            "期内最近一次发督办单、已回复的事件",
            "supervision_replied",
        ),
        _at("extended", "延期", "extended_at", "期内最近一次同意延期的事件"),
        _at("shelved", "挂账", "shelved_at", "期内最近一次同意挂账的事件"),
    )
}


# (day, measure, street id, community id or 0, category id)
TallyKey = tuple[date, str, int, int, int]


def counted(issue: Issue) -> Counter[TallyKey]:
    """What ``issue`` adds to the tallies as it stands: each measure that holds, on its day."""
    result: Counter[TallyKey] = Counter()
    for measure in MEASURES.values():
        if measure.holds(issue):
            day = timezone.localdate(getattr(issue, measure.time))
            result[(day, measure.name, issue.street_id, issue.community_id or 0, issue.category_id)] += 1
    return result


def rows_of(issues: ScopedQuerySet, name: str, first: date, last: date) -> ScopedQuerySet:
    """The issues that measure ``name`` counts from day ``first`` to day ``last``, both included."""
    return issues.filter(MEASURES[name].within(first, last))
