"""What the grid adds to the pages of streets and communities: coverage at a glance, open issues, the top grids."""

from typing import Any

from communities.directory.models import Community
from grids.coverage.services import aspects, shares_of, sums_of
from grids.grid_page.views import COUNT_CAP
from grids.issues.models import Issue
from grids.places.leaders import with_leaders
from grids.places.models import Grid
from streets.hub.models import Street
from suzhou_portal.accounts.roles import Verb
from suzhou_portal.lib.registers.panels import panel
from suzhou_portal.lib.rows.counts import capped_text, written_counts
from suzhou_portal.lib.rows.written import written_rows, written_sums

SAMPLE = 987_654_321


@panel("streets.Street", "grids", title="网格", template="grids/grid_page/_place_section.html")
@panel("communities.Community", "grids", title="网格", template="grids/grid_page/_place_section.html")
def place_section(place: Street | Community, user: Any) -> dict[str, Any] | None:
    """Grids of a street or community: how far they are covered, what waits, and a community's resident groups."""
    level = "street" if isinstance(place, Street) else "community"
    asked: dict[str, Any] = {"samples": (SAMPLE,), "values": (place.pk,)}

    def grids() -> Any:
        return Grid.objects.current().visible_to(user, Verb.PLACES_VIEW).filter(**{level: SAMPLE})

    def covered() -> tuple[Any, dict[str, Any]]:
        return grids(), sums_of(aspects())

    def waiting() -> list[Any]:
        return [Issue.objects.visible_to(user, Verb.ISSUES_VIEW).open().filter(**{level: SAMPLE})]

    sums = written_sums(f"grids.section.{level}", user, covered, place.pk, samples=(SAMPLE,))
    found: dict[str, Any] = {"shares": shares_of(aspects(), sums)}
    if user.can(Verb.ISSUES_VIEW):
        (count,) = written_counts("grids.section.open", user, waiting, COUNT_CAP, level, **asked)
        found["open"] = capped_text(count, COUNT_CAP)
        found["open_url"] = f"/issues/?queue=open&{level}={place.code}"
    if isinstance(place, Community):

        def groups() -> Any:
            return with_leaders(grids().filter(kind=Grid.Kind.RESIDENT_GROUP)).order_by("code")

        found["groups"] = written_rows("grids.section.groups", user, groups, **asked)
        found["may_name"] = user.can(Verb.ROSTERS_VIEW)
    return {"section": found}
