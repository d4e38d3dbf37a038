"""In a browser: a routing rule tried and followed, a report corrected, a filter shared."""

import re

import pytest
from playwright.sync_api import expect

from grids.issues.models import Issue
from grids.issues.workflow import WORKFLOW
from suzhou_portal.accounts.models import SavedFilter
from tests import factories as make
from tests.e2e.conftest import check_fits
from tests.grids.routing.test_routing import make_rule


def test_a_rule_is_tried_saved_followed_and_named(portal, live_cast):
    cast = live_cast
    issue = make.make_issue(cast.secretary, cast.building, cast.lamp)
    page = portal.open("/grids/routing-rules/new/", cast.officer)
    page.locator("#id_category_text").fill("路灯")
    page.keyboard.press("Enter")
    page.locator("#id_organisation").fill("D01")
    page.get_by_role("button", name="试算，不保存").click()
    expect(page.get_by_text("规则还没有保存")).to_be_visible()
    expect(page.locator("#trial")).to_contain_text("涉及 1 件")
    page.get_by_role("button", name="保存路由规则").click()
    expect(page.locator("h1")).to_have_text(f"路灯故障 × {cast.s1}")
    page.goto(f"{issue.get_absolute_url()}#act-dispatch")
    expect(page.locator("#act-dispatch")).to_contain_text(f"按路由规则：路灯故障 × {cast.s1} → 城管执法队")
    page.locator("#act-dispatch form button").get_by_text("派办给 城管执法队").click()
    expect(page.locator(".why")).to_contain_text(f"路灯故障 × {cast.s1} → 城管执法队")
    page.locator(".why a").click()
    expect(page.locator("h1")).to_have_text(f"路灯故障 × {cast.s1}")


def test_a_wrong_place_is_corrected_by_pinyin(portal, live_cast):
    cast = live_cast
    issue = make.make_issue(cast.secretary, cast.building, cast.lamp)
    page = portal.open(f"{issue.get_absolute_url()}#act-correct", cast.officer)
    box = page.locator("#act-correct")
    place = box.locator("[name=place]")
    expect(place).to_have_value(f"{cast.s1} {cast.c1} 1号小区 1号楼")
    place.fill("d1sq3")
    page.locator(".combo-list [role=option]").get_by_text(str(cast.c2)).first.click()
    expect(place).to_have_value(f"{cast.s1} {cast.c2}")
    box.locator("[name=note]").fill("在隔壁社区")
    box.locator("form button.btn").click()
    expect(page.locator("#messages")).to_contain_text("已更正")
    expect(page.locator(".timeline-steps li").last).to_contain_text("原因：在隔壁社区")
    assert Issue.objects.get(pk=issue.pk).community == cast.c2


def test_a_filter_is_shared_and_used_by_a_colleague_in_the_grid(portal, live_cast):
    cast = live_cast
    row = SavedFilter.objects.create(user=cast.secretary, page="issues", name="路灯", query="category=0102")
    page = portal.open("/issues/?queue=all", cast.secretary)
    page.get_by_role("link", name="管理“路灯”").click()
    page.get_by_label(f"{cast.c1}（含网格）").check()
    page.get_by_role("button", name="保存常用筛选").click()
    expect(page.locator("#messages")).to_contain_text(f"共享给{cast.c1}")
    leader = portal.open("/issues/?queue=all", cast.leader)
    leader.get_by_role("link", name=row.name, exact=True).click()
    expect(leader).to_have_url(re.compile(r"category=0102"))


def test_rows_are_checked_by_key_and_closed_together(portal, live_cast):
    cast = live_cast
    for _ in range(2):
        make.make_issue(cast.leader, cast.building, cast.lamp)
    page = portal.open("/issues/?queue=todo", cast.secretary)
    page.locator("body").press("j")
    for key in ("x", "j", "x"):
        page.keyboard.press(key)
    expect(page.locator("[data-bulk-count]")).to_have_text("2")
    page.get_by_role("button", name="批量受理…").click()
    page.get_by_role("button", name="受理 2 件").click()
    expect(page.get_by_role("status")).to_contain_text("已受理 2 件")
    assert set(Issue.objects.values_list("status", flat=True)) == {"accepted"}


@pytest.mark.parametrize(("size", "theme"), [("phone", "light"), ("desk", "dark")])
def test_the_pages_fit_and_are_accessible(portal, live_cast, check_accessible, size, theme):
    cast = live_cast
    rule = make_rule(cast.officer, cast.law, cast.lamp, cast.s1)
    issue = make.make_issue(cast.secretary, cast.building, cast.lamp)
    WORKFLOW.apply(issue, "dispatch", by=cast.officer, inputs={"organisation": cast.law.pk})
    row = SavedFilter.objects.create(
        user=cast.officer,
        page="issues",
        name="二社区的",
        query=f"community={cast.c2.code}",
        is_shared=True,
        street=cast.s1,
    )
    rules = "/grids/routing-rules/"
    for user, address in (
        *[(cast.officer, path) for path in (rules, f"{rules}{rule.pk}/", f"{rules}new/", f"{rules}trial/")],
        *[(cast.officer, path) for path in (issue.get_absolute_url(), f"/issues/filters/{row.pk}/")],
        (cast.secretary, "/issues/?queue=all"),
    ):
        page = portal.open(address, user, size=size, theme=theme)
        check_fits(page)
        check_accessible(page)
