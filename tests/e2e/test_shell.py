"""What every page does by itself: keys, menus, appearance, large text, the panel without script."""

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import check_fits

PAGE = "/inbox/"


def test_the_question_mark_shows_the_keys_and_escape_hides_them(portal, live_cast):
    page = portal.open(PAGE, live_cast.secretary)
    page.keyboard.press("?")
    assert page.locator("#help-dialog").is_visible()
    page.keyboard.press("Escape")
    assert page.locator("#help-dialog").is_hidden()


def test_the_slash_goes_to_the_search(portal, live_cast):
    page = portal.open(PAGE, live_cast.secretary)
    page.keyboard.press("/")
    assert page.locator("#portal-search").evaluate("node => node === document.activeElement")


@pytest.mark.parametrize("start", [PAGE, "/issues/"])
def test_ctrl_k_finds_a_page_by_its_pinyin_and_enter_goes_there(portal, live_cast, check_accessible, start):
    page = portal.open(start, live_cast.officer)
    page.keyboard.press("Control+k")
    page.keyboard.type("dbd")
    first = page.locator("#palette-results [role=option]").first
    expect(first).to_contain_text("督办单")
    expect(first).to_have_attribute("aria-selected", "true")
    check_accessible(page)
    page.keyboard.press("Enter")
    page.wait_for_url("**/grids/supervisions/")
    # What was gone to stands there before anything is typed, and the arrows reach it.
    page.keyboard.press("Control+k")
    expect(first).to_contain_text("督办单")
    page.keyboard.press("Escape")
    expect(first).to_be_hidden()
    page.keyboard.press("Control+k")
    page.keyboard.type("井盖")
    expect(first).to_contain_text("搜索“井盖”")
    page.keyboard.press("Enter")
    page.wait_for_url("**/issues/?queue=all&q=*")


def test_an_area_leads_to_its_hub_and_its_words_from_page_to_page(portal, live_cast, check_accessible):
    page = portal.open("/", live_cast.officer)
    page.locator("#nav").get_by_role("link", name="网格治理").click()
    expect(page.locator("h1")).to_have_text("网格治理")
    check_accessible(page)
    page.locator(".hub-index").get_by_role("link", name="督办单").click()
    page.locator(".area-words").get_by_role("link", name="调处化解").click()
    expect(page.locator("h1")).to_have_text("调处化解")
    check_accessible(page)


def test_the_top_bar_stays_in_sight(portal, live_cast):
    page = portal.open(PAGE, live_cast.secretary)
    page.locator("main").evaluate("node => { node.style.minHeight = '5000px'; scrollTo(0, 4000); }")
    assert page.locator(".topbar").bounding_box()["y"] == 0


def test_the_first_tab_stop_skips_to_the_content(portal, live_cast):
    page = portal.open(PAGE, live_cast.secretary)
    page.keyboard.press("Tab")
    assert page.locator(".skip-link").evaluate("node => node === document.activeElement")
    page.keyboard.press("Enter")
    assert page.locator("main").evaluate("node => node === document.activeElement")


def test_the_system_decides_the_theme_until_the_user_does(portal, live_cast):
    page = portal.open(PAGE, live_cast.secretary, theme="dark")
    root = page.locator("html")
    assert root.get_attribute("data-bs-theme") == "dark"
    page.locator(".user-menu summary").click()
    page.get_by_role("button", name="浅色").click()
    assert root.get_attribute("data-bs-theme") == "light"
    page.reload()
    assert root.get_attribute("data-bs-theme") == "light"


@pytest.mark.parametrize("size", ["phone", "desk"])
def test_large_text_is_a_quarter_larger_stays_and_fits(portal, live_cast, check_accessible, size):
    page = portal.open(PAGE, live_cast.leader, size=size)
    height = "node => parseFloat(getComputedStyle(node).fontSize)"
    before = page.locator("h1").evaluate(height)
    page.locator(".user-menu summary").click()
    page.locator("[data-large-toggle]").click()
    check_fits(page)
    page.reload()
    assert page.locator("h1").evaluate(height) == pytest.approx(before * 1.25)
    check_fits(page)
    check_accessible(page)


def test_the_user_menu_closes_on_escape_and_is_accessible(portal, live_cast, check_accessible):
    page = portal.open(PAGE, live_cast.secretary)
    menu = page.locator(".user-menu")
    menu.locator("summary").click()
    check_accessible(page)
    page.keyboard.press("Escape")
    assert menu.get_attribute("open") is None


@pytest.mark.parametrize("script", [True, False])
def test_the_navigation_opens_on_the_phone_with_and_without_script(portal, live_cast, script):
    page = portal.open(PAGE, live_cast.leader, size="phone", java_script_enabled=script)
    nav = page.locator("#nav")
    assert nav.is_hidden()
    page.locator(".bottom-bar a").last.click()
    assert nav.is_visible()
    page.locator(".nav-close").click()
    assert nav.is_hidden()


def test_nothing_around_the_page_is_printed(portal, live_cast):
    page = portal.open(PAGE, live_cast.secretary)
    page.emulate_media(media="print")
    for selector in (".topbar", ".nav-side"):
        assert page.locator(selector).is_hidden()
    assert page.locator(".print-header").is_visible()
