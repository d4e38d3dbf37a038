"""How a grid is followed by another: the steps that every dated change is made of (``grids.changes.services``)."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils import timezone

from communities.directory.models import Community
from grids.changes.moving import Operation, Outcome, move_all
from grids.places.models import Grid, GridChange, GridChangePart
from suzhou_portal.audit import trail
from suzhou_portal.audit.describing import name_actions

ENDED = "网格“{}”已停用，不能再变动。"
DATES = "生效日期须在网格启用之后、今天或以前：网格变动当天办理、当天生效，以后的变动请到时再办。"


def next_code(above: Community | Grid) -> str:
    """The next free grid code directly under ``above``; ended grids keep theirs."""
    prefix = above.code
    last = Grid.objects.filter(code__startswith=prefix, code__regex=rf"^{prefix}\d{{3}}$").order_by("code").last()
    number = int(last.code[-3:]) + 1 if last else 1
    if number > 999:
        raise ValidationError("该上级网格的编码已用完。")
    return f"{prefix}{number:03d}"


def subtree(grids: Iterable[Grid]) -> list[Grid]:
    """``grids`` and all in force below them, locked, as they are stored now.

    The lock lets others refer to them meanwhile: a report at such a grid does not wait, it is settled afterwards
    (``grids.issues.moving``).
    """
    keys = [grid.pk for grid in grids]
    below = Q(parent__in=keys) | Q(parent__parent__in=keys)
    rows = Grid.objects.filter(Q(pk__in=keys) | (below & Q(ends=None)))
    rows = rows.select_for_update(of=("self",), no_key=True)
    return list(rows.select_related("community", "parent", "street").order_by("pk"))


def begin(
    kind: str, grids: Iterable[Grid], effective: date | None, reason: str, by: Any, *, into: Community | None = None
) -> tuple[Operation, list[Grid]]:
    """The operation and ``grids`` as they are stored now, locked with all below them.

    The changes of a community (and of the one that a grid goes ``into``) follow one another.
    """
    today = timezone.localdate()
    day = effective or today
    first, *others = dict.fromkeys(grids)
    communities = {first.community_id, *([into.pk] if into else [])}
    list(Community.objects.filter(pk__in=communities).select_for_update(no_key=True).order_by("pk"))
    found = {grid.pk: grid for grid in subtree([first, *others])}
    wanted = [found[grid.pk] for grid in (first, *others)]
    for grid in found.values():
        if grid.ends is not None:
            raise ValidationError(ENDED.format(grid.name))
        if not grid.starts <= day <= today:
            where = "" if grid in wanted else f"下级网格“{grid.name}”{grid.starts} 才启用。"
            raise ValidationError(DATES + where)
    return Operation(kind=kind, effective=day, reason=reason, by=by), wanted


def current_children(grid: Grid) -> list[Grid]:
    """The grids in force directly below ``grid``, in the order of their codes."""
    return list(grid.children.filter(ends=None).select_related("community", "parent", "street").order_by("code"))


COPIED = ("name", "households", "group_chats", "has_party_branch", "boundary")


def successor_of(operation: Operation, grid: Grid, *, community: Community, parent: Grid | None, **values: Any) -> Grid:
    """A new grid that comes of ``grid``; ``values`` take the place of what it would copy."""
    successor = Grid(
        code=next_code(parent or community),
        kind=grid.kind,
        community=community,
        street_id=community.street_id,
        parent=parent,
        starts=operation.effective,
        **{name: getattr(grid, name) for name in COPIED} | values,
    )
    operation.create(successor)
    outcome = operation.outcome
    if grid not in outcome.ended:
        outcome.ended.append(grid)
    outcome.begun.append((grid, successor))
    return successor


def succeed_below(operation: Operation, grid: Grid, parent: Grid | None, community: Community | None = None) -> Grid:
    """Give ``grid`` and everything below it successors under ``parent``; returns the one of ``grid``."""
    where = parent.community if parent else community or grid.community
    successor = successor_of(operation, grid, community=where, parent=parent)
    operation.heirs[grid] = successor
    for child in current_children(grid):
        succeed_below(operation, child, successor)
    return successor


def finish(operation: Operation, community: Community) -> Outcome:
    """Move along what hangs on the grids, end them, and put the change on record; returns what was done."""
    outcome = operation.outcome
    move_all(operation)
    # Last: this lock has reports at these grids wait, and nobody is waited for after it.
    for grid in reversed(outcome.ended):
        operation.update(grid, {"ends": operation.effective})
    change = outcome.change = write_change(operation, community)
    side = GridChangePart.Side
    GridChangePart.objects.bulk_create(
        [GridChangePart(change=change, grid=grid, side=side.BEFORE) for grid in outcome.ended]
        + [
            GridChangePart(
                change=change, grid=heir, side=side.AFTER, origin=grid, takes_over=operation.heirs.get(grid) == heir
            )
            for grid, heir in outcome.begun
        ]
    )
    return outcome


def write_change(operation: Operation, community: Community) -> GridChange:
    """The stored record of ``operation``, in the register of changes and in the trail."""
    change = GridChange(
        kind=operation.kind,
        effective=operation.effective,
        reason=operation.reason,
        street_id=community.street_id,
        community=community,
        by=operation.by,
        moved=operation.outcome.counts,
    )
    change.full_clean()
    change.save(force_insert=True)
    trail.record(f"grid.{operation.kind}", change, by=operation.by, reason=operation.reason)
    return change


name_actions({f"grid.{kind}": label for kind, label in GridChange.Kind.choices}, group="网格变动")
