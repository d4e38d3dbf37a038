"""Dated changes of the grid: split, merge, transfer, close, a new leader.

A grid that changes its shape or its place ends, together with everything below it, and
successors begin on the same day. Ended grids keep their ended issues and past terms, so
reports on the past show the places as they were; open issues, terms, sign-ins and areas
go along to the successors. Each change is one transaction, on record in :class:`GridChange`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from communities.models import Community
from grids.measures import counted
from grids.models import Grid, GridChange, GridChangePart, GridPost, Issue, IssueEvent, RoutingRule
from grids.models.issues import OPEN, OPEN_Q
from grids.services.following import follow
from grids.services.tallies import append_difference
from suzhou_portal.accounts.models import Assignment
from suzhou_portal.audit import trail
from suzhou_portal.lib import records


@dataclass
class _Operation:
    """One change being carried out: what it knows on the way."""

    kind: str
    effective: date
    reason: str
    by: Any
    heirs: dict[Grid, Grid] = field(default_factory=dict)
    ended: list[Grid] = field(default_factory=list)
    begun: list[tuple[Grid, Grid]] = field(default_factory=list)


def next_code(above: Community | Grid) -> str:
    """The next free grid code directly under ``above``; ended grids keep theirs."""
    prefix = above.code
    last = Grid.objects.filter(code__startswith=prefix, code__regex=rf"^{prefix}\d{{3}}$").order_by("code").last()
    number = int(last.code[-3:]) + 1 if last else 1
    if number > 999:
        raise ValidationError("该上级网格的编码已用完。")
    return f"{prefix}{number:03d}"


@transaction.atomic
def establish(grid: Grid, *, by: Any, reason: str = "") -> Grid:
    """Store the new ``grid`` (not saved yet), begun on its ``starts``, and put its founding on record."""
    records.create(grid, by=by, reason=reason)
    operation = _Operation(kind=GridChange.Kind.CREATE, effective=grid.starts, reason=reason, by=by)
    change = _write_change(operation, grid.community)
    GridChangePart.objects.create(change=change, grid=grid, side=GridChangePart.Side.AFTER)
    return grid


@transaction.atomic
def split(
    grid: Grid,
    *,
    names: Sequence[str],
    children: Mapping[int, int] | None = None,
    heir: int = 0,
    effective: date | None = None,
    reason: str = "",
    by: Any,
) -> list[Grid]:
    """Split ``grid`` into parts called ``names`` (two or more); returns them.

    ``children`` maps a child grid's key to the index of the part that it joins; those not
    named, the open issues of the grid itself and its leader go to part ``heir``. Raises
    ``ValidationError`` for a grid that has ended or dates that do not fit.
    """
    operation = _begin(GridChange.Kind.SPLIT, [grid], effective, reason, by)
    if len(names) < 2:
        raise ValidationError("拆分后至少有两个网格。")
    parts = [_successor(operation, grid, name=name, community=grid.community, parent=grid.parent) for name in names]
    operation.heirs[grid] = parts[heir]
    for child in _current_children(grid):
        _succeed_below(operation, child, parts[(children or {}).get(child.pk, heir)])
    _finish(operation, grid.community)
    return parts


@transaction.atomic
def merge(grids: Sequence[Grid], *, name: str, effective: date | None = None, reason: str = "", by: Any) -> Grid:
    """Merge ``grids`` (two or more of one parent and kind) into one called ``name``; returns it."""
    operation = _begin(GridChange.Kind.MERGE, grids, effective, reason, by)
    first = grids[0]
    alike = {(grid.community_id, grid.parent_id, grid.kind) for grid in grids}
    if len(set(grids)) < 2 or len(alike) > 1:
        raise ValidationError("只能合并同一上级、同一层级的两个以上网格。")
    merged = _successor(operation, first, name=name, community=first.community, parent=first.parent)
    merged.households = sum(grid.households for grid in grids)
    merged.group_chats = sum(grid.group_chats for grid in grids)
    merged.save()
    for grid in grids:
        operation.heirs[grid] = merged
        if grid is not first:
            operation.ended.append(grid)
            operation.begun.append((grid, merged))
        for child in _current_children(grid):
            _succeed_below(operation, child, merged)
    _finish(operation, first.community)
    return merged


@transaction.atomic
def transfer(
    grid: Grid,
    *,
    community: Community,
    parent: Grid | None = None,
    effective: date | None = None,
    reason: str = "",
    by: Any,
) -> Grid:
    """Move ``grid`` and all below it under ``parent`` (or directly under ``community``); returns its successor."""
    operation = _begin(GridChange.Kind.TRANSFER, [grid], effective, reason, by)
    if (community.pk, parent.pk if parent else None) == (grid.community_id, grid.parent_id):
        raise ValidationError("网格已在该处，无须划转。")
    moved = _succeed_below(operation, grid, parent, community)
    _finish(operation, grid.community)
    return moved


@transaction.atomic
def change_leader(
    grid: Grid, *, name: str, telephone: str = "", effective: date | None = None, reason: str = "", by: Any
) -> GridPost:
    """End the term of the grid's leader, if any, and begin that of ``name``; returns the new term."""
    operation = _begin(GridChange.Kind.LEADER, [grid], effective, reason, by)
    before = grid.posts.filter(kind=GridPost.Kind.LEADER, ends=None).first()
    if before:
        records.update(before, {"ends": max(operation.effective, before.starts)}, by=by, reason=reason)
    post = GridPost(
        grid=grid,
        community=grid.community,
        street=grid.street,
        name=name,
        telephone=telephone,
        starts=operation.effective,
    )
    records.create(post, by=by, reason=reason)
    change = _write_change(operation, grid.community)
    GridChangePart.objects.create(
        change=change,
        grid=grid,
        side=GridChangePart.Side.AFTER,
        origin=grid,
        note=f"{before.name if before else '（空缺）'} → {name}",
    )
    return post


# --- the pieces -----------------------------------------------------------------------


def _begin(kind: str, grids: Iterable[Grid], effective: date | None, reason: str, by: Any) -> _Operation:
    today = timezone.localdate()
    day = effective or today
    for grid in Grid.objects.select_for_update().filter(pk__in=[grid.pk for grid in grids]):
        if grid.ends is not None:
            raise ValidationError(f"网格“{grid.name}”已停用，不能再变动。")
        if not grid.starts <= day <= today:
            raise ValidationError("生效日期须在网格启用之后、今天或以前。")
    return _Operation(kind=kind, effective=day, reason=reason, by=by)


def _current_children(grid: Grid) -> list[Grid]:
    return list(grid.children.filter(ends=None).select_related("community").order_by("code"))


def _successor(operation: _Operation, grid: Grid, *, name: str, community: Community, parent: Grid | None) -> Grid:
    successor = Grid(
        code=next_code(parent or community),
        name=name,
        kind=grid.kind,
        community=community,
        street_id=community.street_id,
        parent=parent,
        households=grid.households,
        has_party_branch=grid.has_party_branch,
        group_chats=grid.group_chats,
        boundary=grid.boundary,
        starts=operation.effective,
    )
    records.create(successor, by=operation.by, reason=operation.reason)
    if grid not in operation.ended:
        operation.ended.append(grid)
    operation.begun.append((grid, successor))
    return successor


def _succeed_below(operation: _Operation, grid: Grid, parent: Grid | None, community: Community | None = None) -> Grid:
    """Give ``grid`` and everything below it successors under ``parent``; returns the one of ``grid``."""
    where = parent.community if parent else community or grid.community
    successor = _successor(operation, grid, name=grid.name, community=where, parent=parent)
    operation.heirs[grid] = successor
    for child in _current_children(grid):
        _succeed_below(operation, child, successor)
    return successor


def _finish(operation: _Operation, community: Community) -> None:
    for grid in reversed(operation.ended):
        records.update(grid, {"ends": operation.effective}, by=operation.by, reason=operation.reason)
    for grid, heir in operation.heirs.items():
        for area in grid.areas.all():
            area.grids.add(heir)
        _move_terms(operation, grid, heir)
        _move_sign_ins(operation, grid, heir)
        _move_open_issues(operation, grid, heir)
        _move_rules(operation, grid, heir)
    change = _write_change(operation, community)
    GridChangePart.objects.bulk_create(
        [GridChangePart(change=change, grid=grid, side=GridChangePart.Side.BEFORE) for grid in operation.ended]
        + [
            GridChangePart(change=change, grid=heir, side=GridChangePart.Side.AFTER, origin=grid)
            for grid, heir in {heir: (grid, heir) for grid, heir in operation.begun}.values()
        ]
    )


def _write_change(operation: _Operation, community: Community) -> GridChange:
    change = GridChange(
        kind=operation.kind,
        effective=operation.effective,
        reason=operation.reason,
        street_id=community.street_id,
        community=community,
        by=operation.by,
    )
    change.full_clean()
    change.save(force_insert=True)
    trail.record(f"grid.{operation.kind}", change, by=operation.by, reason=operation.reason)
    return change


def _move_terms(operation: _Operation, grid: Grid, heir: Grid) -> None:
    taken = set(heir.posts.filter(ends=None).values_list("kind", flat=True))
    for post in grid.posts.filter(ends=None):
        records.update(post, {"ends": max(operation.effective, post.starts)}, by=operation.by, reason=operation.reason)
        if post.kind not in taken:
            taken.add(post.kind)
            records.create(
                GridPost(
                    grid=heir,
                    community=heir.community,
                    street=heir.street,
                    kind=post.kind,
                    name=post.name,
                    telephone=post.telephone,
                    user=post.user,
                    starts=operation.effective,
                ),
                by=operation.by,
                reason=operation.reason,
            )


def _move_sign_ins(operation: _Operation, grid: Grid, heir: Grid) -> None:
    for post in Assignment.objects.current().filter(grid=grid):
        last_day = max(operation.effective - timedelta(days=1), post.starts)
        records.update(post, {"ends": last_day}, by=operation.by, reason=operation.reason)
        records.create(
            Assignment(user=post.user, role=post.role, grid=heir, starts=operation.effective),
            by=operation.by,
            reason=operation.reason,
        )


def _move_rules(operation: _Operation, grid: Grid, heir: Grid) -> None:
    """Routing rules of ``grid`` hold for its heir; where that has one for the category already, they end."""
    taken: set[int | None] = set(RoutingRule.objects.filter(grid=heir).values_list("category", flat=True))
    for rule in RoutingRule.objects.filter(grid=grid, is_active=True):
        organisation = rule.organisation
        fits = organisation.street_id in (None, heir.street_id) and rule.category_id not in taken
        places = {"grid": heir, "community": heir.community, "street": heir.street}
        taken.add(rule.category_id)
        records.update(rule, places if fits else {"is_active": False}, by=operation.by, reason=operation.reason)


def _move_open_issues(operation: _Operation, grid: Grid, heir: Grid) -> None:
    # With an open whole go its parts, ended or not: nobody shall act on it from the place that it has left.
    # A duplicate of an open issue may be taken out of it again, and shall not then lie in a grid that has ended.
    moving = OPEN_Q | Q(parent__status__in=sorted(OPEN)) | Q(merged_into__status__in=sorted(OPEN))
    for issue in Issue.objects.select_for_update(of=("self",)).filter(moving, grid=grid):
        before, counted_before = trail.snapshot(issue), counted(issue)
        streets_before = (issue.street, issue.community)
        issue.grid, issue.community, issue.street = heir, heir.community, heir.street
        issue.version += 1
        issue.save()
        IssueEvent.objects.create(
            issue=issue,
            actor=operation.by,
            action="move",
            from_status=issue.status,
            to_status=issue.status,
            from_level=issue.level,
            to_level=issue.level,
            note=f"由 {grid.name} 转到 {heir.name}",
        )
        trail.record("issue.move", issue, by=operation.by, changes=trail.diff(before, trail.snapshot(issue)))
        append_difference(issue, counted_before, counted(issue), places_before=streets_before)
        follow(issue)
