"""What a phone keeps to write reports without a network: places and categories, and nothing about people.

The kit holds codes and names only, of the places where its user may report. The phone keeps it for
that user and drops it when they sign out.
"""

from typing import Any

from grids.categories.models import IssueCategory
from grids.issues.files import OWNER
from grids.places.finding import describe, own_place
from grids.places.models import Grid
from suzhou_portal.accounts.roles import Verb

# A grid leader has some dozens of places below; whoever has more types names on the page instead.
MOST_PLACES = 400


def places_of(user: Any) -> list[Grid]:
    """The grids in which ``user`` may report, in official order, at most :data:`MOST_PLACES`. One query."""
    grids = Grid.objects.current().visible_to(user, Verb.ISSUES_REPORT)
    return list(grids.select_related("community", "street", "parent").order_by("code")[:MOST_PLACES])


def kit_of(user: Any) -> dict[str, Any]:
    """The kit as it is sent: ``{user, place, places, categories, most_photos}``. Four queries at most.

    ``places`` are ``{code, label}``; ``categories`` ``{code, name, group, keywords}``, the usable ones;
    ``place`` is the code to begin with, "" where the user has several.
    """
    own = own_place(user, Verb.ISSUES_REPORT)
    # unscoped: categories are reference data, open to everybody who is signed in
    categories = IssueCategory.objects.usable().select_related("parent").order_by("code")
    return {
        "user": user.pk,
        "place": own.code if own else "",
        "places": [{"code": grid.code, "label": describe(grid)} for grid in places_of(user)],
        "categories": [
            {"code": row.code, "name": row.name, "group": row.parent.name, "keywords": row.keywords}
            for row in categories
        ],
        "most_photos": OWNER.file_limit,
    }
