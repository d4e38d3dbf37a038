"""Cases that stand on grids: open rows go along when their grid ends; what is opened again goes where it has gone."""

from typing import Any

from grids.changes.moving import Operation, goes_along
from grids.changes.services import keeps_open
from grids.places.models import Grid
from grids.places.succession import successor_of
from suzhou_portal.lib.cases.workflow import Consequence, Transition, Workflow
from suzhou_portal.lib.rows import records

MOVED = "随网格变动转移"


class StandsOnGrids(Consequence):
    """Hung on the ``workflow`` of a located case with events, whose rows in the ``open_statuses`` shall never lie in a
    grid that has ended; ended ones stay with the past. ``left`` tells of the open ones that keep a grid from being
    closed: "还有 {} 件调处尚未结束，请先办结。"
    """

    def __init__(self, workflow: Workflow, open_statuses: frozenset[str], left: str) -> None:
        self.workflow, self.open = workflow, open_statuses
        workflow.other_sentences["move"] = MOVED
        workflow.name_actions({"move": MOVED})
        self.rows: Any = workflow.model._default_manager.filter(status__in=sorted(open_statuses))
        goes_along(self.move_open)
        keeps_open(left)(lambda grid: self.rows.filter(grid=grid).count())

    def move_open(self, operation: Operation) -> None:
        """Open rows go to the grid that takes over."""
        for grid, heir in operation.heirs.items():
            for row in self.rows.filter(grid=grid) if heir else ():
                self._move(row, heir, by=operation.by, reason=operation.reason)

    def after(self, obj: Any, transition: Transition, by: Any, event: Any, before: Any) -> None:
        """A row that comes to life again stands on a grid in force, or on its community as a whole."""
        if event.from_status in self.open or obj.status not in self.open or obj.grid is None or obj.grid.ends is None:
            return
        target = successor_of(obj.grid)
        if target != obj.grid:
            moved = self._move(obj, target, by=None)
            for name in ("street", "community", "grid", "version"):
                setattr(obj, name, getattr(moved, name))

    def _move(self, row: Any, target: Grid | None, *, by: Any, reason: str = "") -> Any:
        """Take ``row`` from its grid to ``target``, or (None) to its community as a whole; returns it as stored."""
        grid: Any = row.grid
        places: dict[str, Any] = {"grid": target}
        if target is not None:
            places |= {"community": target.community, "street": target.street}
        action = f"{row._meta.model_name}.move"
        moved: Any = records.update(row, places, by=by, reason=reason, action=action)
        note = f"由 {grid.name} 转到 {target.name if target else moved.community}"
        self.workflow.begin(moved, "move", by=by, note=note, before=moved.status)
        return moved


def stand_on_grids(workflow: Workflow, open_statuses: frozenset[str], left: str) -> None:
    """Hang :class:`StandsOnGrids` on ``workflow``."""
    workflow.hang(StandsOnGrids(workflow, open_statuses, left))
