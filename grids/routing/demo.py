"""Routing rules of the demo district: the departments that its streets have settled on for their matters."""

from collections.abc import Iterable

from communities.directory.models import Community
from grids.categories.models import IssueCategory
from grids.routing.models import RoutingRule
from grids.routing.rules import forget
from streets.organisations.models import Organisation
from suzhou_portal.lib.demo.steps import District, step

# Category code, short name of the department, whether the portal dispatches by itself.
EVERYWHERE = (
    ("0503", "区供排水公司", False),
    ("0504", "区热力公司", True),
    ("0505", "区供电公司", False),
    ("0602", "区交警大队", False),
    ("09", "区消防大队", False),
)
# What is the property company's business in the communities that have settled it so: the first ones.
PROPERTY, PROPERTY_COMMUNITIES = "0401", 3


@step(order=60)
def rules(district: District) -> dict[str, int]:
    """As the streets have settled them."""
    communities = Community.objects.select_related("street").order_by("code")  # unscoped: demo loader
    organisations = Organisation.objects.order_by("pk")  # unscoped: demo loader
    written = district.store(RoutingRule, make_rules(communities, organisations))
    forget()
    return {"路由规则": written}


def make_rules(communities: Iterable[Community], organisations: Iterable[Organisation]) -> list[RoutingRule]:
    """The unsaved rules: the district's, and those of some communities for their first property company."""
    organisations = list(organisations)
    departments = {row.short_name: row for row in organisations if row.is_department}
    categories = {row.code: row for row in IssueCategory.objects.all()}  # unscoped: demo loader
    rules = [
        RoutingRule(category=categories[code], organisation=departments[name], automatic=automatic)
        for code, name, automatic in EVERYWHERE
    ]
    for community in list(communities)[:PROPERTY_COMMUNITIES]:
        company = next(row for row in organisations if row.is_property and row.community_id == community.pk)
        place = {"community": community, "street": community.street}
        rules.append(RoutingRule(category=categories[PROPERTY], organisation=company, **place))
    return rules
