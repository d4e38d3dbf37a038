"""The queues of the issue desk: which issues wait for whom. One definition for page, API and home."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.utils import timezone

from grids.categories.models import LEVELS, Level
from grids.issues.models import Holder, IssueQuerySet, Light, Status
from grids.issues.reach import unreceived
from grids.issues.rights import acting_scope
from suzhou_portal.accounts.roles import Verb
from suzhou_portal.lib.rows.scope import Scope, among

NEWEST = ("-created_at", "-id")
MOST_URGENT = ("due_at", "id")
# What whoever has an issue in hand is waited for, by its status.
STEPS = {
    Status.REPORTED: "受理",
    Status.ACCEPTED: "派办",
    Status.DISPATCHED: "处理",
    Status.HANDLING: "反馈结果",
    Status.ANSWERED: "核查",
    Status.VERIFIED: "办结",
}


@dataclass(frozen=True)
class Queue:
    """A queue: ``rows`` narrows issues in the user's view; ``order`` ends in the key, for keyset paging.

    ``bounded``: holds open issues only, so that no window of time need bound it. Also a condition of what waits, as
    ``lib.cases.waiting`` asks for it.
    """

    name: str
    label: str
    rows: Callable[[IssueQuerySet, Any], IssueQuerySet]
    order: tuple[str, ...] = MOST_URGENT
    bounded: bool = True
    step: str | Mapping[str, str] = ""
    light: bool = False
    measure = "件"
    to_do = True

    @property
    def code(self) -> str:
        """Its name, as that of a ``Wait``."""
        return self.name

    @property
    def due(self) -> str:
        """The column until when its rows wait."""
        return self.order[0].removeprefix("-")

    @property
    def text(self) -> str:
        """Its label, as that of a ``Wait``."""
        return self.label

    def among(self, rows: IssueQuerySet, user: Any) -> IssueQuerySet:
        """Those of ``rows`` that stand in it for ``user``."""
        return self.rows(rows, user)


def _todo(rows: IssueQuerySet, user: Any) -> IssueQuerySet:
    return rows.in_hand_of(acting_scope(user))


def _deciding(rows: IssueQuerySet, user: Any) -> IssueQuerySet:
    """What waits for the decision of the user's level: requests to put a clock off or to stop it."""
    scope = user.scope_for(Verb.ISSUES_KEEP)
    mine = Q(asked_level=Level.DISTRICT) if scope.district else Q(pk__in=[])
    for level, path, keys in (
        (Level.STREET, "street_id", scope.streets),
        (Level.COMMUNITY, "community_id", scope.communities),
        (Level.GRID, "grid_id", scope.grids),
    ):
        if keys:
            mine |= Q(asked_level=level) & among(path, keys)
    return rows.open().exclude(asked_level="").filter(mine)


def _step_overdue(rows: IssueQuerySet, user: Any) -> IssueQuerySet:
    """What should have gone on to the next step by now."""
    return rows.running().filter(step_due_at__lte=timezone.now())


def _sent(rows: IssueQuerySet, user: Any) -> IssueQuerySet:
    """What the user answers for and somebody below or an organisation is working on."""
    scope = user.scope_for(Verb.ISSUES_KEEP)
    mine = Q(pk__in=[])
    if scope.district:
        mine = Q()
    else:
        for path, keys, levels in (
            ("street_id", scope.streets, LEVELS[:3]),
            ("community_id", scope.communities, LEVELS[:2]),
            ("grid_id", scope.grids, LEVELS[:1]),
        ):
            if keys:
                mine |= among(path, keys) & Q(level__in=levels)
    away = [Holder.ORGANISATION, Holder.PARTS]
    if scope.district or scope.streets or scope.communities:
        away.append(Holder.GRID)
    return rows.open().filter(mine, status__in=[Status.DISPATCHED, Status.HANDLING], holder__in=away)


def _unreceived(rows: IssueQuerySet, user: Any) -> IssueQuerySet:
    """What the user has sent to where nobody can sign in: it waits for them to see to it otherwise."""
    return _sent(rows, user).filter(unreceived())


def visiting_scope(user: Any) -> Scope:
    """Where ``user`` asks the reporters: see ``grids.visits.workflow.may_visit``."""
    scope = user.scope_for(Verb.ISSUES_KEEP)
    return Scope(district=scope.district, streets=scope.streets, communities=scope.communities)


def _to_visit(rows: IssueQuerySet, user: Any) -> IssueQuerySet:
    """Closed issues whose reporters the user may still ask in time."""
    scope = visiting_scope(user)
    mine = Q() if scope.district else Q(pk__in=[])
    if not scope.district:
        for path, keys in (("street_id", scope.streets), ("community_id", scope.communities)):
            if keys:
                mine |= among(path, keys)
    return rows.filter(mine, visit_until__gt=timezone.now())


QUEUES = {
    queue.name: queue
    for queue in (
        Queue("todo", "待我办理", _todo, step=STEPS),
        Queue("deciding", "待我审批", _deciding, step="审批延期、挂账"),
        Queue("sent", "已派出", _sent),
        Queue("unreceived", "派出后无人接收", _unreceived),
        Queue("soon", "临期", lambda rows, user: rows.with_light(Light.SOON), light=True),
        Queue("overdue", "超期", lambda rows, user: rows.with_light(Light.OVERDUE), light=True),
        Queue("step_overdue", "环节超期", _step_overdue),
        Queue("supervised", "督办待复", lambda rows, user: rows.exclude(supervised_level="")),
        Queue("visits", "待回访", _to_visit, ("visit_until", "id"), step="回访"),
        Queue("open", "在办", lambda rows, user: rows.open()),
        Queue("mine", "我上报的", lambda rows, user: rows.filter(reporter=user), NEWEST, bounded=False),
        Queue("all", "全部", lambda rows, user: rows, NEWEST, bounded=False),
    )
}


def queues_of(user: Any) -> list[Queue]:
    """The queues that make sense for ``user``, in the order of the table; those without work begin with
    what is open.
    """
    hidden = set()
    if not user.can(Verb.ISSUES_KEEP):
        hidden |= {"sent", "unreceived", "deciding"}
        if not user.can(Verb.ISSUES_HANDLE):
            hidden.add("todo")
    if not visiting_scope(user):
        hidden.add("visits")
    if not user.can(Verb.ISSUES_REPORT):
        hidden.add("mine")
    shown = [queue for name, queue in QUEUES.items() if name not in hidden]
    return shown if "todo" not in hidden else sorted(shown, key=lambda queue: queue.name != "open")
