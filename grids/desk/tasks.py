"""待办 as pages show it: the tasks of ``lib.cases.todo`` with places by name, lights, and the way back."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from grids.places.names import Names, names
from suzhou_portal.lib.cases import todo
from suzhou_portal.lib.cases.onward import way_to
from suzhou_portal.templatetags.portal import light_html, short_time

TEXT_LENGTH = 60


@dataclass(frozen=True)
class TaskLine:
    """A line of the list, as its template writes it out."""

    url: str
    kind: str
    name: str
    text: str
    place: str
    step: str
    light: str
    due: str


def place_text(known: Names, street: int | None, community: int | None, grid: int | None) -> str:
    """The place of a row in short: the grid in its community, the community, or the street."""
    upper = known.communities.get(community or 0) or known.streets.get(street or 0)
    lower = known.grids.get(grid or 0)
    return " ".join(row.name for row in (upper, lower) if row)


def lines_of(tasks: Iterable[todo.Task], user: Any, *, start: int = 0) -> list[TaskLine]:
    """``tasks``, which stand in the list from place ``start`` on. One statement per kind."""
    known = names()
    return [
        TaskLine(
            url=one.url + way_to(at, todo.LIST),
            kind=one.kind,
            name=one.name or one.kind,
            text=f"{one.text[:TEXT_LENGTH]}…" if len(one.text) > TEXT_LENGTH else one.text,
            place=place_text(known, one.street, one.community, one.grid),
            step=one.step,
            light=light_html(one.light),
            due=_due(one.task.due),
        )
        for at, one in enumerate(todo.told(tasks, user), start)
    ]


def _due(due: date | None) -> str:
    return short_time(due) if due is not None else ""
