"""From an issue to a need to the unit that takes it up, and back to the offer to close: two people, two browsers."""

from playwright.sync_api import expect

from covenants.agreements.models import Covenant
from covenants.agreements.workflow import WORKFLOW
from covenants.lists.models import Need
from tests import factories as make
from tests.covenants import made
from tests.e2e.conftest import check_fits


def test_an_issue_becomes_a_need_that_a_unit_takes_up(portal, live_cast, check_accessible):
    cast = live_cast
    issue = make.make_issue(cast.secretary, cast.building, cast.lamp, "楼道灯多处不亮，社区没有电工")
    made.offer(cast, community=cast.c1)

    # The community asks for help: the words are there already.
    page = portal.open(issue.get_absolute_url(), cast.secretary)
    page.locator(".more-acts > summary").click()
    page.locator("#act-ask_units > summary").click()
    form = page.locator("#act-ask_units")
    expect(form.locator("[name=title]")).to_have_value("路灯故障")
    expect(form.locator("[name=description]")).to_have_value("楼道灯多处不亮，社区没有电工")
    form.locator("[name=kind]").select_option(label="技术服务")
    form.locator("[name=title]").fill("请电工检修楼道灯")
    form.locator("button").click()
    panel = page.locator(".panel-needs")
    expect(panel).to_contain_text("请电工检修楼道灯")
    expect(panel).to_contain_text("待认领")
    check_fits(page)
    check_accessible(page)

    # The unit's liaison sees in the 待办 that something fits, and takes it up on the phone.
    unit = portal.open("/todo/", cast.liaison, size="phone")
    unit.get_by_role("link", name="适合本单位的需求").last.click()
    expect(unit.locator("tbody tr")).to_contain_text("同类资源，本社区")
    check_fits(unit)
    unit.get_by_role("link", name="请电工检修楼道灯").click()
    check_fits(unit)
    check_accessible(unit)
    unit.get_by_role("button", name="第一中学认领，另订新协议").click()
    expect(unit.locator("#messages")).to_contain_text("已认领“请电工检修楼道灯”")
    covenant = Covenant.objects.get()
    assert Need.objects.get().status == "taken"

    # Agreed, signed, delivered, confirmed: the issue offers to be closed.
    covenant = WORKFLOW.apply(covenant, "accept", by=cast.secretary)
    inputs = {"signed_on": str(made.day(0)), "place_signatory": "张书记", "unit_signatory": "李校长"}
    covenant = WORKFLOW.apply(covenant, "sign", by=cast.secretary, inputs=inputs)
    made.deliver(cast, covenant.commitments.get(), quantity=1)
    page.reload()
    expect(page.locator(".panel-needs")).to_contain_text("共建单位已办成，可核查办结")
    expect(page.locator(".timeline-steps")).to_contain_text("共建单位 第一中学 认领需求")
    page.locator("#act-close > summary").click()
    page.locator("#act-close button").click()
    expect(page.locator("#messages")).to_contain_text("核查办结")
