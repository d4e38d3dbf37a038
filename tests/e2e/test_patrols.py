"""A patrol on the phone: one fix on the spot, one hand-over to its confirmation; not put right; the network fails."""

import pytest
from playwright.sync_api import expect

from grids.checklists.models import PatrolChecklist
from grids.checklists.services import publish
from grids.findings.models import PatrolFinding
from grids.issues.models import Issue
from grids.issues.workflow import WORKFLOW
from grids.patrols.models import Patrol, PatrolPlan
from grids.patrols.plans import establish
from tests import factories as make
from tests.e2e.conftest import check_fits
from tests.files.made import jpeg
from tests.grids.rounds.test_patrols import CONTENT


@pytest.fixture
def planned(live_cast):
    """A plan of two grids and the checklist."""
    cast = live_cast
    publish(PatrolChecklist(starts=make.LONG_AGO, content=CONTENT), by=cast.district)
    return establish(
        PatrolPlan(area=cast.area, rhythm=7, route=f"{cast.g1.code}\n{cast.compound.code}"), by=cast.officer
    )


def check_targets(page):
    """Every button and link of the page itself is 44 px high or stands in a line that is."""
    small = page.locator("main .btn:visible").evaluate_all(
        "nodes => nodes.filter(node => node.getBoundingClientRect().height < 43.5).map(node => node.textContent)"
    )
    assert small == [], small


def work_off(issue, by):
    for action in ("accept", "take", "answer", "close"):
        issue = WORKFLOW.apply(issue, action, by=by, inputs={"note": "已清走"})
    return issue


def test_a_patrol_with_one_fix_on_the_spot_and_one_hand_over_to_its_confirmation(
    portal, live_cast, planned, check_accessible
):
    cast = live_cast
    page = portal.open("/my-grid/", cast.area_leader, size="phone")
    page.get_by_role("link", name="片区巡查").first.click()
    page.get_by_role("button", name="开始巡查（按计划路线）").click()
    expect(page.locator(".patrol-state")).to_contain_text("已查看 0/2 个网格")
    check_fits(page)
    check_targets(page)
    check_accessible(page)

    page.get_by_role("link", name="去看：第1居民小组").click()
    check_fits(page)
    check_targets(page)
    check_accessible(page)
    page.get_by_role("link", name="发现问题：乱堆物料").click()
    check_fits(page)
    page.get_by_role("link", name="即查即改").click()
    page.get_by_label("发现的问题").fill("楼前堆放纸箱")
    page.get_by_label("现场怎么整改的").fill("当场清走")
    photo = {"name": "整改前.jpg", "mimeType": "image/jpeg", "buffer": jpeg()}
    page.get_by_label("整改前照片").set_input_files(photo)
    check_fits(page)
    check_accessible(page)
    page.get_by_role("button", name="登记：已即查即改").click()
    expect(page.locator("#messages")).to_contain_text("已登记即查即改")
    expect(page.locator("main")).to_contain_text("楼前堆放纸箱")
    page.get_by_role("button", name="看完，其余正常，下一个").click()

    expect(page.locator("h1")).to_contain_text("1号小区")
    page.get_by_role("link", name="发现问题：乱停车").click()
    page.get_by_role("link", name="交办社区").click()
    page.get_by_label("发现的问题").fill("消防通道被车堵住")
    choose(page, cast.parking)
    page.get_by_role("button", name="登记并交办社区").click()
    issue = Issue.objects.get()
    expect(page.locator("#messages")).to_contain_text(issue.number)
    page.get_by_role("button", name="看完，其余正常，下一个").click()
    expect(page.locator(".patrol-state")).to_contain_text("已查看 2/2 个网格")
    page.locator("#act-end > summary").click()
    page.locator("#act-end button").click()
    expect(page.locator(".patrol-state")).to_contain_text("已结束")
    assert Patrol.objects.get().status == "ended"

    work_off(issue, cast.secretary)
    page.goto("/my-grid/")
    page.get_by_role("link", name="消防通道被车堵住").click()
    check_fits(page)
    check_accessible(page)
    page.locator("#act-confirm > summary").click()
    page.locator("#act-confirm button").click()
    expect(page.locator(".patrol-state")).to_contain_text("已确认整改")
    assert sorted(PatrolFinding.objects.values_list("status", flat=True)) == ["confirmed", "fixed"]
    page.goto(issue.get_absolute_url())
    expect(page.locator(".issue-now")).to_contain_text("来自片区巡查")
    expect(page.locator(".timeline-steps")).to_contain_text("片区长确认已整改")


def choose(page, category):
    """Choose a category in the searchable select."""
    page.locator("#id_category-combo, [aria-controls*=category]").first.fill(category.name)
    page.get_by_role("option", name=category.name).first.click()


def test_not_put_right_opens_the_issue_again(portal, live_cast, planned):
    cast = live_cast
    page = portal.open("/patrols/", cast.area_leader, size="phone")
    page.get_by_role("button", name="开始巡查（按计划路线）").click()
    page.get_by_role("link", name="去看：第1居民小组").click()
    page.get_by_role("link", name="发现问题：乱堆物料").click()
    page.get_by_role("link", name="街道督办").click()
    page.get_by_label("发现的问题").fill("空地堆满建筑垃圾")
    page.get_by_role("button", name="登记并报街道督办").click()
    issue = work_off(Issue.objects.get(), cast.officer)
    page.goto("/patrols/")
    page.get_by_role("link", name="空地堆满建筑垃圾").click()
    page.locator("#act-return > summary").click()
    page.locator("#act-return textarea").fill("还剩一半")
    page.locator("#act-return button").click()
    expect(page.locator(".patrol-state")).to_contain_text("办理中")
    issue.refresh_from_db()
    assert (issue.status, issue.level) == ("accepted", "street")


def test_what_was_typed_survives_a_lost_connection(portal, live_cast, planned):
    page = portal.open("/patrols/", live_cast.area_leader, size="phone")
    page.get_by_role("button", name="开始巡查（按计划路线）").click()
    page.get_by_role("link", name="去看：第1居民小组").click()
    page.get_by_role("link", name="发现问题：乱堆物料").click()
    page.get_by_role("link", name="即查即改").click()
    address = page.url
    page.get_by_label("发现的问题").fill("楼前堆放纸箱")
    page.get_by_label("现场怎么整改的").fill("当场清走")
    page.context.set_offline(True)
    page.get_by_role("button", name="登记：已即查即改").click()
    page.wait_for_timeout(300)
    page.context.set_offline(False)
    page.goto(address)
    expect(page.get_by_label("发现的问题")).to_have_value("楼前堆放纸箱")
    expect(page.get_by_label("现场怎么整改的")).to_have_value("当场清走")
    page.get_by_role("button", name="登记：已即查即改").click()
    expect(page.locator("#messages")).to_contain_text("已登记即查即改")
    page.goto(address)
    expect(page.get_by_label("发现的问题")).to_have_value("")
    assert PatrolFinding.objects.count() == 1


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_without_script_the_whole_way_works_too(portal, live_cast, planned, theme):
    page = portal.open("/patrols/", live_cast.area_leader, size="phone", theme=theme, java_script_enabled=False)
    page.get_by_role("button", name="开始巡查（按计划路线）").click()
    page.get_by_role("link", name="去看：第1居民小组").click()
    page.get_by_role("link", name="发现问题：乱堆物料").click()
    page.get_by_role("link", name="交办社区").click()
    page.get_by_label("发现的问题").fill("楼前堆放纸箱")
    page.get_by_role("button", name="登记并交办社区").click()
    page.get_by_role("button", name="看完，其余正常，下一个").click()
    page.get_by_role("button", name="看完，全部正常").click()
    page.locator("#act-end > summary").click()
    page.locator("#act-end button").click()
    assert Patrol.objects.get().status == "ended"
