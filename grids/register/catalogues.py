"""Registers of what rules the issues: categories, step limits, routing rules."""

from typing import Any

from grids.forms import RoutingRuleForm
from grids.models import (
    IssueCategory,
    RoutingRule,
    StepLimit,
)
from grids.views.rules import RuleCreate, RuleDetail, RuleEdit
from suzhou_portal.accounts.roles import Verb
from suzhou_portal.lib.registers import Register, site
from suzhou_portal.lib.registers.tables import Computed


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


@site.register
class StepLimitRegister(Register):
    """环节时限, per category and step. Issues take them up with the step that begins next."""

    model = StepLimit
    name = "step-limits"
    view_verb, edit_verb = Verb.CATALOGUES_VIEW, Verb.CATALOGUES_EDIT
    title_column = "step"
    columns = ("applies_to", "step", "limit", "unit", "is_active", "note")
    details = columns
    computed = {"applies_to": Computed("适用分类", lambda row: str(row.category or "所有分类"), order="category__code")}
    filters = ("category", "step", "is_active")
    fields = ("category", "step", "limit", "unit", "is_active", "note")
    create_only = ("category", "step")

    def queryset(self) -> Any:
        """With the category."""
        return super().queryset().select_related("category")


@site.register
class RoutingRuleRegister(Register):
    """路由规则: the district's, and each street's own; a street reads the district's without changing them."""

    model = RoutingRule
    name = "routing-rules"
    view_verb, edit_verb = Verb.ROUTING_VIEW, Verb.ROUTING_EDIT
    title_column = "about"
    columns = ("about", "where", "organisation", "automatic", "is_active", "note")
    details = ("about", "where", "organisation", "automatic", "is_active", "note")
    computed = {
        "about": Computed("事件分类", lambda rule: rule.category_words, order="category__code"),
        "where": Computed("地点", lambda rule: rule.place_words, order="street__code"),
    }
    filters = ("category", "street", "community", "organisation", "is_active")
    search = ("category__name", "organisation__name", "organisation__pinyin", "street__name", "community__name", "note")
    fields = ("category", "street", "community", "grid", "organisation", "automatic", "note", "is_active")
    create_only = ("category", "street", "community", "grid")
    form_class = RoutingRuleForm
    views = {**Register.views, "detail": RuleDetail, "create": RuleCreate, "edit": RuleEdit}

    def queryset(self) -> Any:
        """With the grid above, which tells one 1号楼 from another."""
        return super().queryset().select_related("grid__parent")
