"""Every page, as the role that works on it: accessible in both themes, never wider than the phone."""

import pytest

from tests import factories as make
from tests.e2e.conftest import check_fits

# path → who opens it
PAGES = {
    "/login/": None,
}


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_accessible_in_both_themes_and_fits_the_phone(portal, live_cast, check_accessible, path):
    make.many_issues(live_cast.secretary, live_cast.compound, live_cast.lamp, 3)
    who = PAGES[path]
    user = getattr(live_cast, who) if who else None
    for theme in ("light", "dark"):
        page = portal.open(path, user, theme=theme)
        check_accessible(page)
    phone = portal.open(path, user, size="phone")
    check_fits(phone)
    check_accessible(phone)
