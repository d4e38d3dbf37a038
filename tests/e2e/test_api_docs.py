"""The page of the API in a real browser: Swagger UI under the strict policy, signed in by session."""

import pytest

from tests.e2e.conftest import check_fits


@pytest.mark.parametrize(("theme", "size"), [("light", "desk"), ("dark", "phone")])
def test_the_page_of_the_api_is_accessible_and_fits(portal, live_cast, check_accessible, theme, size):
    page = portal.open("/api/v1/docs/", live_cast.secretary, theme=theme, size=size)
    page.locator(".opblock-tag", has_text="网格事件").first.click()
    page.get_by_text("上报网格事件").wait_for()
    check_accessible(page)
    check_fits(page)


def test_an_endpoint_can_be_tried_with_the_session(portal, live_cast):
    page = portal.open("/api/v1/docs/", live_cast.secretary)
    page.locator(".opblock-tag", has_text="登录").click()
    page.locator(".opblock-summary", has_text="/api/v1/me/").click()
    page.get_by_role("button", name="Try it out").click()
    with page.expect_response("**/api/v1/me/") as response:
        page.get_by_role("button", name="Execute").click()
    assert response.value.json()["username"] == "community.1"
