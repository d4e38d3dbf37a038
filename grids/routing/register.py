"""The register of routing rules."""

from grids.routing.forms import RoutingRuleForm
from grids.routing.models import RoutingRule
from grids.routing.views import RuleCreate, RuleDetail, RuleEdit
from suzhou_portal.accounts.roles import Verb
from suzhou_portal.lib.registers import Register, site
from suzhou_portal.lib.registers.tables import Computed


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
    joined = ("category", "grid__parent")  # which tells one 1号楼 from another
    filters = ("category", "street", "community", "organisation", "is_active")
    open_filters = ("category", "organisation", "street", "community")
    search = ("category__name", "organisation__name", "organisation__pinyin", "street__name", "community__name", "note")
    fields = ("category", "street", "community", "grid", "organisation", "automatic", "note", "is_active")
    create_only = ("category", "street", "community", "grid")
    form_class = RoutingRuleForm
    views = {**Register.views, "detail": RuleDetail, "create": RuleCreate, "edit": RuleEdit}
