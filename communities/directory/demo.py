"""The inhabitants of the communities, where their number is not known yet."""

from communities.directory.models import Community
from suzhou_portal.lib.demo.shares import shares
from suzhou_portal.lib.demo.steps import District, step
from suzhou_portal.lib.rows import records

# A community's office funds average 15.67 万元: 12 万元 and 0.5 元 per head and month.
POPULATION = 128_450


@step(order=10)
def settle(district: District) -> None:
    """Each gets its share of the whole, the households after it."""
    communities = list(Community.objects.select_related("street").order_by("code"))  # unscoped: demo loader
    numbers = shares(POPULATION, [district.rng.uniform(0.6, 1.5) for _ in communities])
    for community, number in zip(communities, numbers, strict=True):
        if not community.population:
            values = {"population": number, "households": round(number / 2.6)}
            records.update(community, values, by=None, reason="演示数据")
