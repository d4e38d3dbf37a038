"""A way through in a real browser: the palette on the desk and on the phone, and on from row to row of the 待办."""

import pytest
from playwright.sync_api import expect

from tests import factories as make
from tests.covenants.made import signed
from tests.e2e.conftest import check_fits
from tests.grids.mediation.made import dispute

# Who types what, and where Enter leads.
TYPED = {
    "district": ("环节时限", "**/grids/step-limits/"),
    "officer": ("名册导入", "**/grids/roster-imports/"),
    "secretary": ("协议 第一中学", "**/covenants/covenants/GJ-*/"),
    "leader": ("dengji", "**/grids/mediations/new/"),
    "area_leader": ("xcjh", "**/grids/patrol-plans/"),
    "department": ("延期", "**/grids/clock-requests/"),
    "liaison": ("开始商谈", "**/covenants/covenants/new/"),
    "security": ("权限表", "**/accounts/permissions/"),
    "system": ("任务", "**/operations/"),
    "auditor": ("审计", "**/audit/"),
}


@pytest.mark.parametrize("who", TYPED)
def test_the_palette_leads_there_in_one_try_on_the_desk_and_on_the_phone(portal, live_cast, who):
    user, (typed, address) = getattr(live_cast, who), TYPED[who]
    signed(live_cast)
    page = portal.open("/inbox/", user)
    page.keyboard.press("Control+k")
    page.keyboard.type(typed)
    expect(page.locator("#palette-results [role=option]").first).to_be_visible()
    page.keyboard.press("Enter")
    page.wait_for_url(address)
    phone = portal.open("/inbox/", user, size="phone")
    phone.locator(".bottom-bar a").last.click()
    phone.locator("#nav").get_by_role("link", name="去哪儿").click()
    phone.locator("#go-q").fill(typed)
    phone.keyboard.press("Enter")
    phone.locator(".palette-page a").first.click()
    phone.wait_for_url(address)


def test_the_whole_of_what_waits_is_worked_off_row_by_row(portal, live_cast, check_accessible):
    make.many_issues(live_cast.leader, live_cast.building, live_cast.lamp, 2)
    dispute(live_cast.leader, live_cast.compound)
    page = portal.open("/", live_cast.secretary)
    check_accessible(page)
    page.get_by_role("link", name="打开全部待办").click()
    check_accessible(page)
    page.locator(".tasks tbody a").first.click()
    expect(page.get_by_role("link", name="返回待办")).to_be_visible()
    page.get_by_role("link", name="下一件").click()
    expect(page.get_by_role("link", name="上一件")).to_be_visible()
    page.get_by_role("link", name="下一件").click()
    expect(page.locator("h1")).to_contain_text("TJ-")
    check_accessible(page)
    expect(page.get_by_role("link", name="下一件")).to_have_count(0)
    page.get_by_role("link", name="返回待办").click()
    page.wait_for_url("**/todo/")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_what_waits_and_the_inbox_fit_the_phone(portal, live_cast, check_accessible, theme):
    make.many_issues(live_cast.leader, live_cast.building, live_cast.litter, 3)
    for user, path in ((live_cast.secretary, "/todo/"), (live_cast.leader, "/my-grid/"), (live_cast.leader, "/inbox/")):
        page = portal.open(path, user, size="phone", theme=theme)
        check_accessible(page)
        check_fits(page)
