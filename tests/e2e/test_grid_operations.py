"""On a phone: a compound split in two with its open issues; a gap of the coverage mended on the way."""

import pytest
from playwright.sync_api import expect

from grids.five_ones.models import FiveOne
from grids.places.models import Grid, GridChange, GridPost
from tests import factories as make
from tests.e2e.conftest import check_fits


def phone(portal, path, user):
    page = portal.open(path, user, size="phone")
    page.set_viewport_size({"width": 390, "height": 844})
    return page


def test_a_compound_is_split_in_two_with_its_open_issues(portal, live_cast, check_accessible):
    cast = live_cast
    second = make.make_grid(cast.compound, 2)
    stay = make.make_issue(cast.secretary, cast.compound, cast.lamp, "东门路灯不亮")
    go = make.make_issue(cast.secretary, cast.compound, cast.lamp, "西门路灯不亮")
    below = make.make_issue(cast.secretary, second, cast.litter, "二号楼楼道杂物")
    post = GridPost(grid=cast.compound, community=cast.c1, street=cast.s1, name="王秀兰", starts=make.LONG_AGO)
    make.saved(post)

    page = phone(portal, f"/grids/grids/{cast.compound.code}/", cast.secretary)
    check_fits(page)
    check_accessible(page)
    page.locator(".operations > summary").click()
    page.get_by_role("link", name="拆分").click()
    expect(page.locator("h1")).to_have_text(f"拆分网格“{cast.compound.full_name}”")
    page.locator("#id_name_0").fill("东区")
    page.locator("#id_name_1").fill("西区")
    page.locator(f"#id_child_{second.pk}").select_option("1")
    page.locator(f"#id_issue_{go.pk}").select_option("1")
    page.locator("#id_reason").fill("小区加建围墙，分成两处管理")
    check_fits(page)
    check_accessible(page)
    page.get_by_role("button", name="先看会怎样变，再确认").click()

    preview = page.locator("#preview")
    expect(preview).to_contain_text("在办事件 3 件转移")
    expect(preview).to_contain_text("网格长 王秀兰：在东区继续任职")
    expect(preview).to_contain_text("西区 2号楼：1 件")
    check_fits(page)
    check_accessible(page)
    assert not GridChange.objects.exists()
    page.get_by_role("button", name="返回修改").click()
    expect(page.locator("#id_name_1")).to_have_value("西区")
    expect(page.locator(f"#id_issue_{go.pk}")).to_have_value("1")
    page.locator(f"#id_post_{post.pk}").select_option("1")
    page.get_by_role("button", name="先看会怎样变，再确认").click()
    expect(preview).to_contain_text("网格长 王秀兰：在西区继续任职")
    page.get_by_role("button", name="确认拆分").click()

    expect(page.locator("#messages")).to_contain_text("已拆分")
    expect(page.locator("main")).to_contain_text("在办事件 3 件转移")
    check_fits(page)
    west, east = Grid.objects.get(name="西区"), Grid.objects.get(name="东区")
    for issue, grid in ((stay, east), (go, west)):
        issue.refresh_from_db()
        assert issue.grid == grid
    below.refresh_from_db()
    assert below.grid.parent == west
    page.get_by_role("link", name="西区", exact=True).click()
    expect(page.locator("h1")).to_have_text("西区")
    expect(page.locator("main")).to_contain_text("王秀兰")
    expect(page.locator("main")).to_contain_text("西门路灯不亮")
    expect(page.locator("main")).to_contain_text("二号楼楼道杂物")
    expect(page.locator("main")).not_to_contain_text("东门路灯不亮")


def test_a_gap_is_found_and_mended_with_one_tap(portal, live_cast, check_accessible):
    cast = live_cast
    make.saved(FiveOne(code="1", name="一处服务阵地", starts=make.LONG_AGO))
    page = phone(portal, "/grids/coverage/", cast.secretary)
    check_fits(page)
    check_accessible(page)
    page.get_by_role("link", name="1 个“五个一”未建齐").click()
    check_fits(page)
    check_accessible(page)
    page.get_by_role("button", name=f"{cast.g1.full_name}“一处服务阵地”登记为已建").click()
    expect(page.locator("#messages")).to_contain_text("已登记")
    expect(page.locator("main")).to_contain_text("没有缺口")
    page.get_by_role("link", name="改正").click()
    page.get_by_label("在建").check()
    page.get_by_role("button", name="保存“一处服务阵地”").click()
    expect(page.get_by_role("button", name=f"{cast.g1.full_name}“一处服务阵地”登记为已建")).to_be_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_signs_are_dark_on_light_whatever_the_theme(portal, live_cast, check_accessible, theme):
    page = portal.open("/grids/signs/", live_cast.secretary, size="phone", theme=theme)
    check_fits(page)
    check_accessible(page)
    sign = page.locator(".sign").first
    assert sign.evaluate("node => getComputedStyle(node).backgroundColor") == "rgb(255, 255, 255)"
    assert sign.locator(".qr path").evaluate("node => getComputedStyle(node).stroke") == "rgb(0, 0, 0)"
