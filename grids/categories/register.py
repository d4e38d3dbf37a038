"""The register of categories of issues."""

from typing import Any

from grids.categories.models import IssueCategory
from suzhou_portal.lib.registers import site
from suzhou_portal.lib.registers.tables import Computed
from suzhou_portal.rules.catalogues import CatalogueRegister


@site.register
class IssueCategoryRegister(CatalogueRegister):
    """事件分类: two levels; issues are filed under the lower one."""

    model = IssueCategory
    name = "issue-categories"
    columns = ("code", "name", "parent", "start_level", "time", "is_active")
    more_columns = ("limit", "limit_unit", "keywords")
    computed = {
        "time": Computed(
            "办理期限",
            lambda row: f"{row.limit} {row.get_limit_unit_display()}",
            tells=("limit", "limit_unit"),
            words=True,
        )
    }
    filters = ("parent", "start_level", "is_active")
    search = ("name", "code", "keywords")
    fields = ("code", "name", "parent", "start_level", "limit", "limit_unit", "keywords", "is_active")
    together = (("limit", "limit_unit"),)
    create_only = ("code", "parent")

    def form_choices(self, name: str, user: Any, obj: Any = None) -> Any:
        """Only groups can stand above."""
        return super().form_choices(name, user, obj).filter(parent=None)

    def filter_choices(self, name: str, user: Any) -> Any:
        """Only groups have something below."""
        return super().filter_choices(name, user).filter(parent=None)

    def offers_by_scope(self, name: str) -> bool:
        """Nothing else decides."""
        return True
