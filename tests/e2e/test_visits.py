"""Calling back on the phone: one reporter after the other, a complaint that opens the issue again."""

from playwright.sync_api import expect

from grids.visits.models import ReturnVisit
from tests.e2e.conftest import check_fits
from tests.grids.visits.test_visiting import closed


def say(page, *answers):
    for answer in answers:
        page.locator("#act-visit").get_by_text(answer, exact=True).click()


def test_a_secretary_calls_one_reporter_after_the_other(portal, live_cast, check_accessible):
    cast = live_cast
    issues = [closed(cast, description=f"{number}号楼前路灯不亮") for number in (1, 2, 3)]
    page = portal.open("/issues/?queue=visits", cast.secretary, size="phone")
    expect(page.locator("tbody tr")).to_have_count(3)
    expect(page.locator("tbody tr").first).to_contain_text("待回访")
    check_fits(page)
    page.get_by_role("link", name=issues[0].number).click()
    form = page.locator("#act-visit")
    expect(form.get_by_text("是否满意")).to_be_visible()  # its inputs are open at once
    check_fits(page)
    check_accessible(page)

    say(page, "有人响应", "已解决", "满意")
    form.locator("button").click()
    expect(page.locator("#messages")).to_contain_text(f"{issues[0].number} 已回访：已解决，满意")
    expect(page.locator("h1")).to_contain_text(issues[1].number)

    say(page, "未联系上")
    expect(form.get_by_text("是否满意")).to_be_hidden()
    form.locator("button").click()
    expect(page.locator("h1")).to_contain_text(issues[2].number)

    say(page, "有人响应", "未解决", "不满意", "未解决或不满意的，同时重开，继续办理")
    form.locator("[name=note]").fill("夜里又灭了")
    form.locator("button").click()
    expect(page.locator("tbody tr")).to_have_count(1)  # the queue is through: only the one not reached remains
    expect(page.locator("tbody tr")).to_contain_text("未接 1 次")
    expect(page.locator("#messages")).to_contain_text(f"{issues[2].number} 已重开")
    assert ReturnVisit.objects.count() == 3

    page.goto(issues[2].get_absolute_url())
    expect(page.locator(".timeline-steps")).to_contain_text("回访：未解决，不满意。夜里又灭了")
    expect(page.locator(".issue-now")).to_contain_text("待派办")


def test_leaders_read_the_rates_in_one_line(portal, live_cast):
    page = portal.open("/dashboard/", live_cast.district)
    line = page.locator(".figure-line", has_text="诉求回访")
    for word in ("响应率", "解决率", "满意率"):
        expect(line).to_contain_text(word)
    line.get_by_text("口径").click()
    expect(line).to_contain_text("有人响应件数 ÷ 回访到件数")
    check_fits(page)
