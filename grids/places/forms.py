"""Forms of rows that lie in a community or a grid."""

from typing import Any

from grids.places.models import Grid
from suzhou_portal.lib.cases.forms import CaseForm


class PlacedForm(CaseForm):
    """Asks for ``community`` and ``grid``: whoever works in grids alone names one of theirs, everybody else a
    community.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        community, grid = self.fields.get("community"), self.fields.get("grid")
        if self.adds and community is not None and grid is not None:
            self._fit_places(community, grid)

    def _fit_places(self, community: Any, grid: Any) -> None:
        scope = self.user.scope_for(self.register.edit_verb)
        if scope.district or scope.streets or scope.communities:
            community.required = True
            community.error_messages["required"] = "请选择社区。"
            self._start_with("community")
            return
        community.widget = community.hidden_widget()
        grid.required = True
        grid.error_messages["required"] = "请选择网格。"
        if not self.initial.get("grid"):
            rows = Grid.objects.current().visible_to(self.user, self.register.edit_verb)
            self.initial["grid"] = rows.order_by("code").first()
