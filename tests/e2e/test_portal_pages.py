"""Every page, as the role that works on it: accessible in both themes, never wider than the phone."""

import pytest

from grids.changes import services as grid_changes
from grids.places.models import GridPost
from tests import factories as make
from tests.e2e.conftest import check_fits

# Who opens which pages; {issue} is the number of an issue in community 1.
WALKS = {
    "nobody at the door": (None, ("/login/",)),
    "district": (
        "district",
        ("/", "/dashboard/", "/dashboard/?place=620902001002&period=12m", "/issues/", "/me/", "/inbox/"),
    ),
    "street": (
        "officer",
        (
            *("/issues/?queue=all", "/issues/{issue}/", "/streets/organisations/", "/streets/organisations/new/"),
            *("/communities/communities/620902001002/", "/communities/communities/620902001002/edit/"),
        ),
    ),
    "community": (
        "secretary",
        (
            *("/", "/issues/new/", "/issues/?queue=todo", "/issues/{issue}/", "/grids/grids/", "/grids/grids/new/"),
            *("/grids/grid-posts/", "/grids/grid-posts/import/", "/grids/areas/", "/grids/grid-changes/"),
            "/grids/grids/620902001002001/",
        ),
    ),
    "grid leader": ("leader", ("/", "/my-grid/", "/issues/new/", "/issues/", "/issues/{issue}/")),
    "department": ("department", ("/", "/issues/")),
    "security": ("security", ("/", "/accounts/permissions/", "/accounts/users/", "/accounts/assignments/new/")),
    "auditor": ("auditor", ("/", "/audit/")),
    "system": ("system", ("/", "/operations/", "/grids/issue-categories/", "/grids/issue-categories/0102/edit/")),
}


@pytest.mark.parametrize("walk", WALKS)
def test_pages_are_accessible_in_both_themes_and_fit_the_phone(portal, live_cast, check_accessible, walk):
    cast = live_cast
    issue = make.many_issues(cast.secretary, cast.compound, cast.lamp, 3)[0]
    make.saved(GridPost(grid=cast.g1, community=cast.c1, street=cast.s1, name="王秀兰", starts=make.LONG_AGO))
    grid_changes.change_leader(cast.compound, name="李建国", by=cast.secretary)
    who, paths = WALKS[walk]
    user = getattr(cast, who) if who else None
    addresses = [path.format(issue=issue.number) for path in paths]
    for theme, size in (("light", "desk"), ("dark", "phone")):
        page = portal.open(addresses[0], user, theme=theme, size=size)
        for address in addresses:
            response = page.goto(address)
            assert response.status == 200, address
            check_accessible(page)
            check_fits(page)
