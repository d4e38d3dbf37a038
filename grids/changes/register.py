"""The register of changes: the dated history of the grid."""

from typing import Any

from grids.changes.pages import ChangeDetail
from grids.places.models import GridChange
from suzhou_portal.accounts.roles import Verb
from suzhou_portal.lib.registers import Register, site
from suzhou_portal.lib.registers.tables import Computed


def parts_of(change: GridChange) -> str:
    """What became what: "第1居民小组 → 第2居民小组、第3居民小组"; long lists are cut."""
    sides = []
    for side in ("before", "after"):
        names = list(dict.fromkeys(part.grid.name for part in change.parts.all() if part.side == side))
        sides.append("、".join(names[:4]) + (f" 等 {len(names)} 个" if len(names) > 4 else ""))
    return " → ".join(text for text in sides if text)


@site.register
class GridChangeRegister(Register):
    """网格变动: the dated history of the grid; read-only."""

    model = GridChange
    name = "grid-changes"
    view_verb = Verb.PLACES_VIEW
    title_column = "effective"
    columns = ("effective", "kind", "parts", "community", "reason", "by")
    more_columns = ("street", "at")
    computed = {"parts": Computed("网格", parts_of)}
    filters = ("kind", "street", "community")
    search = ("reason", "community__name", "community__pinyin")
    views = {**Register.views, "detail": ChangeDetail}

    def queryset(self) -> Any:
        """With the grids that took part."""
        return super().queryset().prefetch_related("parts__grid")
