"""The side roads in a real browser: climbing with letters, the whistle, merging and taking it back."""

import re
from datetime import timedelta

from django.utils import timezone
from playwright.sync_api import expect

from grids.issues.models import Issue, Status
from grids.issues.workflow import WORKFLOW
from grids.supervision import services as sweep
from grids.supervision.models import Supervision
from tests import factories as make
from tests.e2e.conftest import check_fits
from tests.e2e.test_issue_path import act


def open_folded(page):
    page.locator("details.more-acts > summary").click()


def let_time_pass(issue):
    """The grace is over."""
    now = timezone.now()
    Issue.objects.filter(pk=issue.pk).update(
        warn_at=now - timedelta(days=9), due_at=now - timedelta(days=8), climb_at=now - timedelta(minutes=1)
    )
    assert sweep.climb() == 1


def test_an_overdue_issue_climbs_to_the_district_and_the_reply_ends_the_letter(portal, live_cast):
    cast = live_cast
    issue = make.make_issue(cast.leader, cast.building, cast.litter, "楼道垃圾没人管")
    page = portal.open("/issues/?queue=todo", cast.district)
    expect(page.locator("tbody tr")).to_have_count(0)
    for _ in range(3):
        let_time_pass(issue)
    page.goto("/issues/?queue=todo")
    page.get_by_role("link", name=issue.number).click()
    expect(page.locator(".issue-now")).to_contain_text("区级")
    expect(page.locator(".letters > li")).to_have_count(3)
    letter = Supervision.objects.get(level="district")

    street = portal.open("/issues/?queue=supervised", cast.officer)
    street.get_by_role("link", name=issue.number).click()
    expect(street.locator(".timeline-steps li").last).to_contain_text("超期未办结，自动升级到区级，并发督办单")
    act(street, "回复督办", note="已安排保洁队今晚清运")
    expect(street.locator("#messages")).to_contain_text("已回复督办单")
    expect(street.locator(".letters")).to_contain_text("已安排保洁队今晚清运")

    page.goto(f"/grids/supervisions/{letter.number}/")
    expect(page.locator("main")).to_contain_text("已回复")
    expect(page.locator("main")).to_contain_text("已安排保洁队今晚清运")
    street.goto("/issues/?queue=supervised")
    expect(street.locator("tbody tr")).to_have_count(0)


def test_a_whistle_to_three_organisations(portal, live_cast, check_accessible):
    cast = live_cast
    issue = make.make_issue(cast.secretary, cast.compound, cast.parking, "北门占道停车，消防车进不来")
    street = portal.open(issue.get_absolute_url(), cast.officer)
    box = street.locator("#act-whistle")
    box.locator("summary").click()
    for word, name in (("cgzf", "城管执法队"), ("供排水", "供排水公司"), ("第一中学", "第一中学")):
        field = box.locator("input.combo-select")
        field.fill(word)
        field.press("Enter")
        expect(box.locator(".combo-words")).to_contain_text(name)
    box.locator("[name=note]").fill("今日 16 时到北门会商")
    check_accessible(street)
    box.locator("form button.btn").click()
    expect(street.locator("#messages")).to_contain_text("已吹哨召集单位")
    expect(street.locator(".related-table tbody tr")).to_have_count(3)

    for user in (cast.department, cast.other_department, cast.liaison):
        page = portal.open("/issues/?queue=todo", user, size="phone")
        page.locator(".issue-table a").first.click()
        page.get_by_role("button", name="报到").click()
        expect(page.locator("#messages")).to_contain_text("已报到")
        act(page, "反馈办理结果", note=f"{user.name}已办")
        check_fits(page)
    street.reload()
    expect(street.locator(".issue-now")).to_contain_text("待核查")
    expect(street.locator(".timeline-steps")).to_contain_text("召集的单位均已反馈")
    act(street, "核查办结")
    expect(street.locator("#messages")).to_contain_text("已核查办结")
    assert set(Issue.objects.values_list("status", flat=True)) == {Status.CLOSED}


def test_merging_a_duplicate_and_taking_it_back(portal, live_cast):
    cast = live_cast
    main = make.make_issue(cast.secretary, cast.compound, cast.lamp, "北门路灯不亮三天了")
    other = make.make_issue(cast.leader, cast.compound, cast.lamp, "北门路灯还是不亮")
    other = WORKFLOW.apply(other, "accept", by=cast.secretary)
    page = portal.open(other.get_absolute_url(), cast.secretary)
    open_folded(page)
    box = page.locator("#act-merge")
    box.locator("summary").click()
    box.locator("[name=into]").click()
    page.locator("[role=option]", has_text=main.number).click()
    box.locator("form button.btn").click()
    expect(page.locator("#messages")).to_contain_text("合并办理")
    expect(page.locator(".related")).to_contain_text(main.number)
    page.goto(main.get_absolute_url())
    expect(page.locator(".related")).to_contain_text(other.number)
    expect(page.locator(".timeline-steps")).to_contain_text(re.compile(f"{other.number}.*上报"))

    page.goto(other.get_absolute_url())
    act(page, "撤销合并", note="是另一盏灯")
    expect(page.locator(".issue-now")).to_contain_text("待派办")
    page.goto(main.get_absolute_url())
    expect(page.locator(".related")).to_have_count(0)
