"""The dashboard and the home page in a real browser: pictures, drill-down, both themes, every width."""

import re

import pytest
from playwright.sync_api import expect

from grids.issues.workflow import WORKFLOW
from grids.tallies import services as tallies
from tests import factories as make
from tests.e2e.conftest import check_fits


@pytest.fixture
def worked(live_cast):
    """Ten issues of community 1, four of them closed; half of it folded into the tallies."""
    for number in range(10):
        issue = make.make_issue(live_cast.secretary, live_cast.compound, live_cast.lamp, f"第{number}件")
        if number < 4:
            issue = WORKFLOW.apply(issue, "take", by=live_cast.secretary)
            issue = WORKFLOW.apply(issue, "answer", by=live_cast.secretary, inputs={"note": "好了"})
            WORKFLOW.apply(issue, "close", by=live_cast.secretary)
    tallies.fold_deltas(limit=12)
    return live_cast


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/", "/dashboard/"])
def test_pages_are_accessible_and_fit_every_width(portal, worked, check_accessible, path, theme):
    for size in ("phone", "desk", "wide"):
        page = portal.open(path, worked.secretary, size=size, theme=theme)
        check_fits(page)
        check_accessible(page)


def test_charts_are_drawn_and_follow_the_theme(portal, worked):
    page = portal.open("/dashboard/", worked.district)
    charts = page.locator("[data-chart].is-drawn svg")
    expect(charts).to_have_count(4)
    line = page.locator("[data-name=trend] path[stroke='#1d5fa8']")
    expect(line.first).to_be_attached()
    page.emulate_media(color_scheme="dark")
    expect(page.locator("[data-name=trend] path[stroke='#7db3f0']").first).to_be_attached()
    page.locator("[data-name=trend] svg").hover()


def test_without_script_the_tables_say_the_same(portal, worked):
    page = portal.open("/dashboard/", worked.district, java_script_enabled=False)
    expect(page.locator("[data-chart]").first).to_be_hidden()
    page.get_by_text("数据表").first.click()
    expect(page.get_by_role("region", name="趋势数据表").get_by_role("row").last).to_contain_text("10")


def test_the_district_drills_down_to_the_rows(portal, worked):
    page = portal.open("/dashboard/", worked.district)
    page.get_by_role("link", name=worked.s1.name).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"{worked.s1.name}统计分析")
    page.get_by_role("link", name=worked.c1.name).click()
    page.get_by_role("link", name=worked.g1.name).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"{worked.g1.name}统计分析")
    page.get_by_role("link", name="上报数").click()
    expect(page).to_have_url(re.compile(rf"/issues/\?grid={worked.g1.code}&measure=reported"))
    expect(page.get_by_text("第9件")).to_be_visible()
    page.go_back()
    page.get_by_role("link", name=worked.c1.name).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"{worked.c1.name}统计分析")


def test_a_category_of_the_picture_opens_its_rows(portal, worked):
    page = portal.open("/dashboard/", worked.secretary)
    page.locator("[data-name=categories] path[fill='#1d5fa8']").first.click()
    expect(page).to_have_url(re.compile(rf"category={worked.lamp.code}"))
