"""What goes along when a grid changes: terms, sign-ins, areas, routing rules, 五个一, open issues.

``grids.changes.services`` says which grids end and which begin; here what hangs on the
ended ones is taken to those that take over. Other models whose rows should go along add a
function with :func:`goes_along`.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.db.models import Q

from grids.five_ones.models import FiveOneRecord
from grids.issues.models import OPEN, OPEN_Q, Issue
from grids.issues.workflow import move_issue
from grids.places.models import Area, Grid, GridChange, GridPost
from grids.routing.models import RoutingRule
from suzhou_portal.accounts.models import Assignment
from suzhou_portal.lib.rows import records

# Key of a term, sign-in or issue → the grid that it goes to; None: it ends with its grid.
Chosen = Mapping[int, Grid | None]


@dataclass
class Outcome:
    """What a change did (or, in a preview, would do), as rows: for pages, answers and counts."""

    ended: list[Grid] = field(default_factory=list)
    begun: list[tuple[Grid, Grid]] = field(default_factory=list)  # (the grid before, its successor)
    successors: list[Grid] = field(default_factory=list)  # of the grids that the change is about, not those below
    terms: list[tuple[GridPost, Grid | None]] = field(default_factory=list)
    sign_ins: list[tuple[Assignment, Grid | None]] = field(default_factory=list)
    areas: list[tuple[Area, Grid]] = field(default_factory=list)
    areas_left: list[tuple[Area, Grid]] = field(default_factory=list)  # of another street: the grid leaves them
    rules: list[tuple[RoutingRule, Grid | None]] = field(default_factory=list)
    five_ones: list[tuple[FiveOneRecord, Grid]] = field(default_factory=list)
    issues: list[tuple[Issue, Grid, Grid]] = field(default_factory=list)  # (issue, from, to)
    change: GridChange | None = None

    @property
    def counts(self) -> dict[str, int]:
        """How many of each went along, and how many ended; nothing that is zero."""
        found = {
            "issues": len(self.issues),
            "terms": sum(grid is not None for _row, grid in self.terms),
            "terms_ended": sum(grid is None for _row, grid in self.terms),
            "sign_ins": sum(grid is not None for _row, grid in self.sign_ins),
            "sign_ins_ended": sum(grid is None for _row, grid in self.sign_ins),
            "areas": len(self.areas),
            "areas_left": len(self.areas_left),
            "rules": sum(grid is not None for _row, grid in self.rules),
            "rules_ended": sum(grid is None for _row, grid in self.rules),
            "five_ones": len(self.five_ones),
        }
        return {name: n for name, n in found.items() if n}


@dataclass
class Operation:
    """One change being carried out: what it knows on the way."""

    kind: str
    effective: date
    reason: str
    by: Any
    posts: Chosen = field(default_factory=dict)
    sign_ins: Chosen = field(default_factory=dict)
    issues: Chosen = field(default_factory=dict)
    # Ended grid → the one that takes over; None where nothing does. ``spread``: the other parts of a split grid.
    heirs: dict[Grid, Grid | None] = field(default_factory=dict)
    spread: dict[Grid, list[Grid]] = field(default_factory=dict)
    outcome: Outcome = field(default_factory=Outcome)

    def update(self, row: Any, values: dict[str, Any]) -> Any:
        """Change ``row``, on record with the reason of the change."""
        return records.update(row, values, by=self.by, reason=self.reason)

    def create(self, row: Any) -> Any:
        """Store ``row``, on record with the reason of the change."""
        return records.create(row, by=self.by, reason=self.reason)


def move_areas(operation: Operation) -> None:
    """The successor lies in the areas of its grid, as far as they are of its street: an area leader
    reaches no other street.
    """
    for grid, heir in operation.heirs.items():
        for area in grid.areas.all() if heir else ():
            for part in (heir, *operation.spread.get(grid, ())):
                if area.street_id == part.street_id:
                    area.grids.add(part)
                    operation.outcome.areas.append((area, part))
                else:
                    operation.outcome.areas_left.append((area, part))


def move_terms(operation: Operation) -> None:
    """Terms end with their grid and begin anew at the grid chosen for them, else at the heir.

    Where that has somebody in the same office already, the term just ends. What was chosen comes first.
    """
    rows = [
        (post, operation.posts.get(post.pk, heir))
        for grid, heir in operation.heirs.items()
        for post in grid.posts.filter(Q(ends=None) | Q(ends__gt=operation.effective)).order_by("-kind", "pk")
    ]
    rows.sort(key=lambda pair: pair[0].pk not in operation.posts)
    taken = set()
    for post, target in rows:
        if target is not None and (target.pk, post.kind) in taken:
            target = None
        operation.outcome.terms.append((post, target))
        ends, begins = post.ends, max(operation.effective, post.starts)
        operation.update(post, {"ends": begins})
        if target is not None:
            taken.add((target.pk, post.kind))
            operation.create(
                GridPost(
                    grid=target,
                    community=target.community,
                    street=target.street,
                    kind=post.kind,
                    name=post.name,
                    telephone=post.telephone,
                    user=post.user,
                    starts=begins,
                    ends=ends,
                )
            )


def move_sign_ins(operation: Operation) -> None:
    """A sign-in goes where the term of its user goes, and ends with it; without a term where it was
    chosen to go, else to the heir. Nobody keeps more than the one place that took over.
    """
    followed: dict[tuple[int, int], Grid | None] = {}
    for term, goes_to in operation.outcome.terms:
        if term.user_id is not None and followed.get((term.grid_id, term.user_id)) is None:
            followed[term.grid_id, term.user_id] = goes_to
    given = set()
    for grid, heir in operation.heirs.items():
        rows = Assignment.objects.filter(Q(ends=None) | Q(ends__gte=operation.effective), grid=grid)
        for row in rows.select_related("user").order_by("pk"):
            target = followed.get((grid.pk, row.user_id), operation.sign_ins.get(row.pk, heir))
            operation.outcome.sign_ins.append((row, target))
            ends, begins = row.ends, max(operation.effective, row.starts)
            operation.update(row, {"ends": max(operation.effective - timedelta(days=1), row.starts)})
            key = (row.user_id, row.role, target.pk if target else None)
            if target is not None and key not in given:
                given.add(key)
                operation.create(Assignment(user=row.user, role=row.role, grid=target, starts=begins, ends=ends))


def move_rules(operation: Operation) -> None:
    """Routing rules of a grid hold for its heir, and for the other parts of a split one.

    Where there is one for the category already, or the organisation is of another street, they end.
    """
    for grid, heir in operation.heirs.items():
        stored = RoutingRule.objects.filter(grid=heir) if heir else RoutingRule.objects.none()
        taken: set[int | None] = set(stored.values_list("category", flat=True))
        for rule in RoutingRule.objects.filter(grid=grid, is_active=True).select_related("organisation", "category"):
            at_home = heir is not None and rule.organisation.street_id in (None, heir.street_id)
            target = heir if at_home and rule.category_id not in taken else None
            taken.add(rule.category_id)
            operation.outcome.rules.append((rule, target))
            operation.update(rule, _places_of(target) if target else {"is_active": False})
            for part in operation.spread.get(grid, ()) if target else ():
                values = {name: getattr(rule, name) for name in ("category", "organisation", "automatic", "note")}
                operation.outcome.rules.append((rule, part))
                operation.create(RoutingRule(**values, **_places_of(part)))


def _places_of(grid: Grid) -> dict[str, Any]:
    return {"grid": grid, "community": grid.community, "street": grid.street}


def move_five_ones(operation: Operation) -> None:
    """The heir begins with what its grid has built; of several grids the one that has come furthest counts."""
    known: dict[tuple[int, int], FiveOneRecord] = {}
    for grid, heir in operation.heirs.items():
        if heir is None:
            continue
        for row in grid.five_ones.select_related("slot"):
            values = {"state": row.state, "since": row.since, "evidence": row.evidence, "origin": row}
            stored = known.get((heir.pk, row.slot_id))
            if stored is None:
                stored = operation.create(FiveOneRecord(slot=row.slot, **_places_of(heir), **values))
            elif FiveOneRecord.RANK[row.state] > FiveOneRecord.RANK[stored.state]:
                stored = operation.update(stored, values)
            known[heir.pk, row.slot_id] = stored
            operation.outcome.five_ones.append((row, heir))


def move_open_issues(operation: Operation) -> None:
    """Open issues go to the grid chosen for them, else to the heir; ended ones stay where they were solved.

    With an open whole go its parts, ended or not: nobody shall act on it from the place that it has left. A duplicate
    of an open issue may be taken out of it again, and shall not then lie in a grid that has ended.
    """
    moving = OPEN_Q | Q(parent__status__in=sorted(OPEN)) | Q(merged_into__status__in=sorted(OPEN))
    for grid, heir in operation.heirs.items():
        rows = Issue.objects.select_for_update(of=("self",)).filter(moving, grid=grid)
        for issue in rows.select_related("street", "community", "grid__parent", "category").order_by("pk"):
            chosen = (operation.issues.get(key) for key in (issue.parent_id, issue.merged_into_id, issue.pk) if key)
            target = next(filter(None, chosen), heir)
            if target is not None:
                move_issue(issue, target, by=operation.by)
                if issue.is_open:
                    operation.outcome.issues.append((issue, grid, target))


_movers: list[Callable[[Operation], None]] = [
    *(move_areas, move_terms, move_sign_ins, move_open_issues, move_rules, move_five_ones),
]


def goes_along(mover: Callable[[Operation], None]) -> Callable[[Operation], None]:
    """Have ``mover`` called with every change, after the others: it takes its own rows from the keys of
    ``operation.heirs`` to the values. A decorator, for the ``services`` of what hangs on grids.
    """
    if mover not in _movers:
        _movers.append(mover)
    return mover


def move_all(operation: Operation) -> None:
    """Everything that hangs on the ended grids goes along."""
    for mover in list(_movers):
        mover(operation)


def moved_words(counts: Mapping[str, int]) -> list[str]:
    """:attr:`Outcome.counts` in words: "在办事件 12 件转移", …"""
    words = {
        "issues": "在办事件 {} 件转移",
        "terms": "任职 {} 人延续",
        "terms_ended": "任职 {} 人结束",
        "sign_ins": "登录权限 {} 个转移",
        "sign_ins_ended": "登录权限 {} 个收回",
        "areas": "片区关系 {} 项延续",
        "areas_left": "片区关系 {} 项因跨街道不延续",
        "rules": "路由规则 {} 条沿用",
        "rules_ended": "路由规则 {} 条停用",
        "five_ones": "“五个一”{} 项沿用",
    }
    return [text.format(counts[name]) for name, text in words.items() if Counter(counts)[name]]
