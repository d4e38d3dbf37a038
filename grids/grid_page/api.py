"""``/api/v1/grids/``: what their register answers, their operations, the change of their leader."""

from grids.changes.api import OperationsMixin
from grids.rosters.api import LeaderMixin
from suzhou_portal.lib.registers.rest import EditableRegisterViewSet


class GridViewSet(OperationsMixin, LeaderMixin, EditableRegisterViewSet):
    """Grids."""
