"""What the grid adds to the pages of streets and communities: coverage at a glance, open issues, the top grids."""

from typing import Any

from communities.directory.models import Community
from grids.coverage.services import aspects, grids_in, shares
from grids.grid_page.views import COUNT_CAP
from grids.issues.models import Issue
from grids.places.leaders import with_leaders
from grids.places.models import Grid
from streets.hub.models import Street
from suzhou_portal.accounts.roles import Verb
from suzhou_portal.lib.registers.panels import panel
from suzhou_portal.lib.rows.counts import capped_counts, capped_text


@panel("streets.Street", "grids", title="网格", template="grids/grid_page/_place_section.html")
@panel("communities.Community", "grids", title="网格", template="grids/grid_page/_place_section.html")
def place_section(place: Street | Community, user: Any) -> dict[str, Any] | None:
    """Grids of a street or community: how far they are covered, what waits, and a community's resident groups."""
    grids = grids_in(user, place)
    (whole,) = shares(grids, aspects()).values()
    found: dict[str, Any] = {"shares": whole}
    if user.can(Verb.ISSUES_VIEW):
        level = "street" if isinstance(place, Street) else "community"
        waiting = Issue.objects.visible_to(user, Verb.ISSUES_VIEW).open().filter(**{level: place})
        found["open"] = capped_text(capped_counts([waiting], COUNT_CAP)[0], COUNT_CAP)
        found["open_url"] = f"/issues/?queue=open&{level}={place.code}"
    if isinstance(place, Community):
        groups = grids.filter(kind=Grid.Kind.RESIDENT_GROUP)
        found["groups"] = list(with_leaders(groups).order_by("code"))
        found["may_name"] = user.can(Verb.ROSTERS_VIEW)
    return {"section": found}
