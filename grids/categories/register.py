"""The register of categories of issues."""

from typing import Any

from grids.categories.models import IssueCategory
from suzhou_portal.accounts.roles import Verb
from suzhou_portal.lib.registers import Register, site


@site.register
class IssueCategoryRegister(Register):
    """事件分类: two levels; issues are filed under the lower one."""

    model = IssueCategory
    name = "issue-categories"
    view_verb, edit_verb = Verb.CATALOGUES_VIEW, Verb.CATALOGUES_EDIT
    key = "code"
    columns = ("code", "name", "parent", "start_level", "limit", "limit_unit", "is_active")
    more_columns = ("keywords",)
    filters = ("parent", "start_level", "is_active")
    search = ("name", "code", "keywords")
    fields = ("code", "name", "parent", "start_level", "limit", "limit_unit", "keywords", "is_active")
    create_only = ("code", "parent")
    import_key = "code"

    def form_choices(self, name: str, user: Any, obj: Any = None) -> Any:
        """Only groups can stand above."""
        return super().form_choices(name, user, obj).filter(parent=None)

    def filter_choices(self, name: str, user: Any) -> Any:
        """Only groups have something below."""
        return super().filter_choices(name, user).filter(parent=None)
