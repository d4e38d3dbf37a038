"""Dated changes of the grid: split, merge, transfer, close, a new leader.

A grid that changes its shape or its place ends, together with everything below it, and
successors begin on the same day. Ended grids keep their ended issues and past terms, so
reports on the past show the places as they were; what is in force goes along to the
successors (``grids.changes.moving``). Each change is one transaction, on record in
:class:`GridChange`.

A change takes effect today or, entered late, on a day before: nothing is scheduled. What would
move on a day to come is not known today, and a grid that ends later would be two truths until
then (district default).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from communities.directory.models import Community
from grids.changes import leaving
from grids.changes.moving import Operation, Outcome
from grids.changes.succession import (
    ENDED,
    begin,
    current_children,
    finish,
    subtree,
    succeed_below,
    successor_of,
    write_change,
)
from grids.issues.models import OPEN_Q, Issue
from grids.places.models import Grid, GridChange, GridChangePart, GridPost
from suzhou_portal.lib.rows import records

VACANT = "（空缺）"


@dataclass(frozen=True)
class Part:
    """One of the grids that a split makes. None: what follows from the lower grids that join it, or from the
    grid before, which only the part that takes over inherits.
    """

    name: str
    households: int | None = None
    group_chats: int | None = None
    has_party_branch: bool | None = None
    boundary: str | None = None


@dataclass(frozen=True)
class Allotment:
    """Which part of a split what joins: key → index of the part. Of open issues those of the grid itself; a term or
    sign-in that goes to None ends. What is not named goes to the part that takes over.
    """

    children: Mapping[int, int] = field(default_factory=dict)
    issues: Mapping[int, int] = field(default_factory=dict)
    posts: Mapping[int, int | None] = field(default_factory=dict)
    sign_ins: Mapping[int, int | None] = field(default_factory=dict)


EVERYTHING_TO_THE_HEIR = Allotment()


@transaction.atomic
def preview(operate: Callable[[], Outcome]) -> Outcome:
    """What ``operate`` would do: it is done and taken back. So a preview tells nothing else than the change does."""
    outcome = operate()
    transaction.set_rollback(True)
    return outcome


@transaction.atomic
def establish(grid: Grid, *, by: Any, reason: str = "") -> Grid:
    """Store the new ``grid`` (not saved yet), begun on its ``starts``, and put its founding on record."""
    records.create(grid, by=by, reason=reason)
    operation = Operation(kind=GridChange.Kind.CREATE, effective=grid.starts, reason=reason, by=by)
    change = write_change(operation, grid.community)
    GridChangePart.objects.create(change=change, grid=grid, side=GridChangePart.Side.AFTER)
    return grid


@transaction.atomic
def split(
    grid: Grid,
    *,
    parts: Sequence[Part],
    allotment: Allotment = EVERYTHING_TO_THE_HEIR,
    heir: int = 0,
    effective: date | None = None,
    reason: str = "",
    by: Any,
) -> Outcome:
    """Split ``grid`` into ``parts`` (two or more), of which part ``heir`` takes over.

    Raises ``ValidationError`` for a grid that has ended or dates that do not fit.
    """
    operation, (grid,) = begin(GridChange.Kind.SPLIT, [grid], effective, reason, by)
    if len(parts) < 2:
        raise ValidationError("拆分后至少有两个网格。")
    if len({part.name for part in parts}) < len(parts):
        raise ValidationError("拆分后的网格名称不能相同。")
    joins, lower = allotment.children, current_children(grid)
    made = []
    for index, part in enumerate(parts):
        below = [child for child in lower if joins.get(child.pk, heir) == index]
        values = _values_of(part, grid, below if lower else None, inherits=index == heir)
        made.append(successor_of(operation, grid, community=grid.community, parent=grid.parent, **values))
    operation.heirs[grid] = made[heir]
    operation.spread[grid] = [part for part in made if part is not made[heir]]
    for child in lower:
        succeed_below(operation, child, made[joins.get(child.pk, heir)])
    operation.issues = {key: made[index] for key, index in allotment.issues.items()}
    operation.posts = {key: None if index is None else made[index] for key, index in allotment.posts.items()}
    operation.sign_ins = {key: None if index is None else made[index] for key, index in allotment.sign_ins.items()}
    operation.outcome.successors = made
    return finish(operation, grid.community)


@transaction.atomic
def merge(
    grids: Sequence[Grid],
    *,
    name: str,
    posts: Iterable[int] | None = None,
    boundary: str | None = None,
    effective: date | None = None,
    reason: str = "",
    by: Any,
) -> Outcome:
    """Merge ``grids`` (two or more of one parent and kind) into one called ``name``.

    ``posts``: keys of the terms that go on, at most one per office; of an office that none is named
    for, the one of the grid that stands first. The other terms end.
    """
    operation, grids = begin(GridChange.Kind.MERGE, grids, effective, reason, by)
    alike = {(grid.community_id, grid.parent_id, grid.kind) for grid in grids}
    if len(grids) < 2 or len(alike) > 1:
        raise ValidationError("只能合并同一上级、同一层级的两个以上网格。")
    first = grids[0]
    values = _together(grids) | {"name": name} | ({} if boundary is None else {"boundary": boundary})
    merged = successor_of(operation, first, community=first.community, parent=first.parent, **values)
    for grid in grids:
        operation.heirs[grid] = merged
        if grid is not first:
            operation.outcome.ended.append(grid)
            operation.outcome.begun.append((grid, merged))
        for child in current_children(grid):
            succeed_below(operation, child, merged)
    operation.posts = dict.fromkeys(posts or (), merged)
    operation.outcome.successors = [merged]
    return finish(operation, first.community)


@transaction.atomic
def transfer(
    grid: Grid,
    *,
    community: Community,
    parent: Grid | None = None,
    effective: date | None = None,
    reason: str = "",
    by: Any,
) -> Outcome:
    """Move ``grid`` and all below it under ``parent`` (or directly under ``community``)."""
    operation, (grid,) = begin(GridChange.Kind.TRANSFER, [grid], effective, reason, by, into=community)
    if (community.pk, parent.pk if parent else None) == (grid.community_id, grid.parent_id):
        raise ValidationError("网格已在该处，无须划转。")
    if parent is not None:
        parent = Grid.objects.select_related("community").get(pk=parent.pk)
        if parent.ends is not None:
            raise ValidationError(ENDED.format(parent.name))
        if parent.pk in {row.pk for row in subtree([grid])}:
            raise ValidationError("不能划转到自己或自己的下级网格。")
    operation.outcome.successors = [succeed_below(operation, grid, parent, community)]
    return finish(operation, grid.community)


# What else may be left in a grid: how it is told, and how much of it there is.
_left: list[tuple[str, Callable[[Grid], int]]] = []


def keeps_open(words: str) -> Callable[[Callable[[Grid], int]], Callable[[Grid], int]]:
    """Have the decorated function, which counts what is left in a grid, keep it from being closed; ``words`` tells
    it ("还有 {} 件调处尚未结束，请先办结。"). For topics above.
    """

    def add(count: Callable[[Grid], int]) -> Callable[[Grid], int]:
        if (words, count) not in _left:
            _left.append((words, count))
        return count

    return add


def refusals(grid: Grid) -> list[str]:
    """Why ``grid`` cannot be closed yet; [] when nothing is left in it."""
    lower = grid.children.filter(ends=None).count()
    waiting = Issue.objects.filter(OPEN_Q, grid=grid).count()
    reasons = [
        (lower, f"还有 {lower} 个下级网格，请先划转或合并。"),
        (waiting, f"还有 {waiting} 件在办事件，请先办结，或改正其地点。"),
        *((n, words.format(n)) for words, count in _left for n in [count(grid)]),
        (grid.households, f"还登记着 {grid.households} 户，请先划转、合并，或把户数改为 0。"),
    ]
    return [text for n, text in reasons if n]


@transaction.atomic
def dissolve(grid: Grid, *, effective: date | None = None, reason: str = "", by: Any) -> Outcome:
    """Close ``grid``, in which nothing is left: its terms, sign-ins and routing rules end with it.

    Raises ``ValidationError`` with the :func:`refusals`.
    """
    operation, (grid,) = begin(GridChange.Kind.CLOSE, [grid], effective, reason, by)
    if reasons := refusals(grid):
        raise ValidationError(reasons)
    operation.heirs[grid] = None
    operation.outcome.ended.append(grid)
    return finish(operation, grid.community)


@transaction.atomic
def change_leader(
    grid: Grid,
    *,
    name: str,
    telephone: str = "",
    effective: date | None = None,
    reason: str = "",
    by: Any,
    kind: str = GridPost.Kind.LEADER,
) -> GridPost:
    """End the term of the grid's leader (or of who holds the post ``kind``), if any, and begin that of ``name``;
    returns the new term. The leaving leader's sign-in for the grid ends, too (``services.leaving``).

    Raises ``ValidationError`` for a grid that has ended, and for a day before the present term began.
    """
    operation, (grid,) = begin(GridChange.Kind.LEADER, [grid], effective, reason, by)
    before = _end_present(operation, grid, kind)
    post = GridPost(
        grid=grid,
        community=grid.community,
        street=grid.street,
        kind=kind,
        name=name,
        telephone=telephone,
        starts=operation.effective,
    )
    records.create(post, by=by, reason=reason)
    _write_new_leader(operation, grid, kind, f"{before.name if before else VACANT} → {name}")
    return post


@transaction.atomic
def end_term(post: GridPost, *, effective: date | None = None, reason: str = "", by: Any) -> GridPost:
    """End the term ``post``, which nobody follows for now; returns it as stored. Raises as :func:`change_leader`."""
    operation, (grid,) = begin(GridChange.Kind.LEADER, [post.grid], effective, reason, by)
    before = _end_present(operation, grid, post.kind)
    if before is None or before.pk != post.pk:
        raise ValidationError("该任职已经结束。")
    _write_new_leader(operation, grid, post.kind, f"{before.name} → {VACANT}")
    return before


# --- the pieces -----------------------------------------------------------------------


def _end_present(operation: Operation, grid: Grid, kind: str) -> GridPost | None:
    before = grid.posts.select_for_update(of=("self",)).filter(kind=kind, ends=None).first()
    if before is None:
        return None
    if operation.effective < before.starts:
        raise ValidationError({"effective": f"生效日期不能早于现任的任职起（{before.starts}）。"})
    signing_in = leaving.sign_ins_of([before]).get(before.pk, [])
    ended: Any = records.update(before, {"ends": operation.effective}, by=operation.by, reason=operation.reason)
    gone = leaving.end_sign_ins(signing_in, operation.effective, by=operation.by, reason=operation.reason)
    leaving.tell_security(len(gone), f"{grid.community} {grid.full_name}", by=operation.by)
    return ended


def _write_new_leader(operation: Operation, grid: Grid, kind: str, note: str) -> None:
    """On record as a change of the grid: for leaders alone, branch secretaries are the branch's."""
    if kind == GridPost.Kind.LEADER:
        change = write_change(operation, grid.community)
        side = GridChangePart.Side.AFTER
        GridChangePart.objects.create(change=change, grid=grid, side=side, origin=grid, note=note)


def _values_of(part: Part, grid: Grid, below: list[Grid] | None, *, inherits: bool) -> dict[str, Any]:
    """The fields of ``part``; ``below``: the lower grids that join it, None where there are none at all."""
    if part.households is not None:
        households = part.households
    elif below is not None:
        households = sum(child.households for child in below)
    else:
        households = grid.households if inherits else 0

    def given(value: Any, inherited: Any, empty: Any) -> Any:
        return value if value is not None else inherited if inherits else empty

    return {
        "name": part.name,
        "households": households,
        "group_chats": given(part.group_chats, grid.group_chats, 0),
        "has_party_branch": given(part.has_party_branch, grid.has_party_branch, False),
        "boundary": given(part.boundary, grid.boundary, ""),
    }


def _together(grids: Sequence[Grid]) -> dict[str, Any]:
    """The fields of a grid made of all ``grids``."""
    return {
        "households": sum(grid.households for grid in grids),
        "group_chats": sum(grid.group_chats for grid in grids),
        "has_party_branch": any(grid.has_party_branch for grid in grids),
        "boundary": "；".join(dict.fromkeys(grid.boundary for grid in grids if grid.boundary))[:200],
    }
