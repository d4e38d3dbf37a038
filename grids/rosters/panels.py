"""What an import changed, on its page."""

from typing import Any

from grids.rosters.models import RosterImport
from suzhou_portal.lib.registers.panels import panel

SHOWN = 300


@panel("grids.RosterImport", "lines", title="变动了什么", template="grids/rosters/_lines.html")
def of_import(kept: RosterImport, user: Any) -> dict[str, Any]:
    """The lines, the first 300 one by one."""
    lines = kept.lines.select_related("grid__parent")
    return {"lines": lines[:SHOWN], "more_lines": max(0, lines.count() - SHOWN)}
