"""The portal's main job in a real browser: log, dispatch, answer, close; accessible and narrow enough."""

import re

import pytest
from playwright.sync_api import expect

from grids.issues.models import Issue, Status
from grids.issues.workflow import WORKFLOW
from tests import factories as make
from tests.e2e.conftest import check_fits


def log_by_keyboard(page, words="3号楼前路灯不亮，夜里看不清路"):
    """Log an issue without the mouse: the place is there, type what, take the suggested category, send."""
    expect(page.locator("#id_description")).to_be_focused()
    page.keyboard.type(words)
    expect(page.locator("#suggested input")).to_have_count(1)
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("Control+Enter")
    page.wait_for_url(re.compile(r"/issues/SZ-\d{4}-\d+/"))


def act(page, label, **inputs):
    """Open an action in place, fill its inputs, press its button."""
    box = page.locator("details.act", has=page.locator("summary", has_text=re.compile(f"^{label}$")))
    box.locator("summary").click()
    for name, value in inputs.items():
        box.locator(f"[name={name}]").fill(value)
    box.locator("form button.btn").click()


def figures(page):
    """What the dashboard says was reported and closed this month: (上报数, 办结数)."""
    page.goto("/dashboard/")
    found = [
        page.locator(".cards li, .side-figures li", has_text=name).get_by_role("link").first.inner_text()
        for name in ("上报数", "办结数")
    ]
    return tuple(int(re.search(r"\d+", text)[0]) for text in found)


def test_from_report_to_closure(portal, live_cast):
    """The main job by five people: three inputs and three keys log it, and the district sees the figures move."""
    district = portal.open("/dashboard/", live_cast.district)
    assert figures(district) == (0, 0)
    secretary = portal.open("/issues/new/", live_cast.secretary)
    log_by_keyboard(secretary)
    issue = Issue.objects.get()
    assert figures(district) == (1, 0)
    expect(secretary.locator("#messages")).to_contain_text(f"已上报 {issue.number}")

    street = portal.open("/issues/?queue=open", live_cast.officer)
    street.keyboard.press("j")
    street.keyboard.press("Enter")
    street.wait_for_url(re.compile(issue.number))
    box = street.locator("#act-dispatch")
    box.locator("summary").click()
    expect(box.locator("input.combo-select")).to_be_focused()
    street.keyboard.type("cgzf")
    street.keyboard.press("Tab")
    expect(box.locator("form button.btn")).to_have_text("派办给 城管执法队")
    box.locator("[name=note]").fill("请于今日处理")
    box.locator("form button.btn").click()
    expect(street.locator("#messages")).to_contain_text("已派办给 城管执法队")
    expect(street.locator("#messages")).to_contain_text("撤回派办")

    department = portal.open("/issues/?queue=todo", live_cast.department)
    department.get_by_role("link", name=issue.number).click()
    act(department, "反馈办理结果", note="已更换灯泡")
    expect(department.locator("#messages")).to_contain_text("已反馈办理结果")

    secretary.goto("/issues/?queue=todo")
    secretary.get_by_role("link", name=issue.number).click()
    act(secretary, "核查办结")
    expect(secretary.locator(".timeline-steps li").last).to_contain_text("核查办结")
    issue.refresh_from_db()
    assert issue.status == Status.CLOSED
    assert [event.action for event in issue.events.all()] == ["report", "dispatch", "answer", "close"]

    assert figures(district) == (1, 1)
    district.locator(".side-figures li", has_text="办结数").get_by_role("link").first.click()
    expect(district.locator("table tbody tr")).to_have_count(1)
    district.get_by_role("link", name=issue.number).click()
    expect(district.locator(".timeline-steps li")).to_have_count(4)


def test_a_draft_and_its_key_survive_a_reload_and_go_when_it_is_stored(portal, live_cast):
    page = portal.open("/issues/new/", live_cast.secretary)
    page.locator("#id_description").fill("楼道堆放杂物")
    key = page.locator("#id_submission_key").input_value()
    page.reload()
    expect(page.locator("#id_description")).to_have_value("楼道堆放杂物")
    assert page.locator("#id_submission_key").input_value() == key
    page.locator("#suggested label").first.click()
    page.get_by_role("button", name="上报并继续登记下一件").click()
    expect(page.locator("#messages")).to_contain_text("已上报")
    expect(page.locator("#id_description")).to_have_value("")
    assert page.locator("#id_submission_key").input_value() != key


def test_a_place_is_found_by_two_letters_and_similar_issues_appear(portal, live_cast):
    known = make.make_issue(live_cast.secretary, live_cast.compound, live_cast.lamp, "北门路灯不亮三天了")
    page = portal.open("/issues/new/", live_cast.secretary)
    place = page.locator("#id_place_q")
    place.fill("1hxq")
    expect(page.locator("#id_place_q_list [role=option]")).to_have_count(1)
    place.press("Enter")
    assert page.locator("#id_place").input_value() == live_cast.compound.code
    page.locator("#id_description").press_sequentially("北门路灯不亮")
    expect(page.locator("#similar")).to_contain_text(known.number)
    page.locator("[data-same]").first.click()
    page.wait_for_url(re.compile(known.number))
    page.goto("/issues/new/")
    expect(page.locator("#id_description")).to_have_value("")


def test_it_works_without_script(portal, live_cast):
    page = portal.open("/issues/new/", live_cast.officer, java_script_enabled=False)
    page.locator("#id_place_q").fill("居民小组")
    page.locator("#id_description").fill("路灯不亮")
    page.locator("#id_category").select_option(label="路灯故障")
    page.get_by_role("button", name="上报", exact=True).click()
    page.get_by_label("第1街道 第1社区3 第1居民小组").check()
    page.get_by_role("button", name="上报", exact=True).click()
    issue = Issue.objects.get()
    assert issue.grid == live_cast.g2
    page.locator("#act-dispatch summary").click()
    page.locator("#act-dispatch select").select_option(label="城管执法队")
    page.locator("#act-dispatch form button.btn").click()
    expect(page.locator("#messages")).to_contain_text("已派办给 城管执法队")


def test_filtering_on_the_desk_fetches_the_rows_and_keeps_the_address(portal, live_cast):
    lamp = make.make_issue(live_cast.secretary, live_cast.compound, live_cast.lamp, "北门路灯不亮")
    make.make_issue(live_cast.secretary, live_cast.compound, live_cast.litter, "楼道垃圾")
    page = portal.open("/issues/?queue=all", live_cast.officer)
    page.keyboard.press("/")
    page.keyboard.type("路灯")
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page).to_have_url(re.compile(r"/issues/\?q=%E8%B7%AF%E7%81%AF&queue=all$"))
    page.locator(".active-filters a", has_text="搜索：路灯").click()
    expect(page.locator("tbody tr")).to_have_count(2)
    page.locator("tr", has_text=lamp.number).get_by_role("checkbox").check()
    page.get_by_role("button", name="批量派办…").click()
    page.locator("input.combo-select").fill("城管")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="派办 1 件给 城管执法队").click()
    expect(page.get_by_role("status")).to_contain_text("已派办 1 件")
    page.get_by_role("button", name="撤回这一批").click()
    page.locator("#confirm-dialog [data-confirm-yes]").click()
    expect(page.locator("#messages")).to_contain_text("已撤回 1 件")


def test_voiding_asks_once_with_the_consequence(portal, live_cast):
    issue = make.make_issue(live_cast.secretary, live_cast.compound, live_cast.lamp)
    page = portal.open(issue.get_absolute_url() + "#act-void", live_cast.secretary)
    page.locator("#act-void [name=note]").fill("误报")
    page.locator("#act-void form button.btn").click()
    expect(page.locator("#confirm-dialog")).to_contain_text("作废后不再办理")
    page.locator("#confirm-dialog [data-confirm-yes]").click()
    expect(page.locator("#messages")).to_contain_text("已作废")


PAGES = ("/issues/?queue=all", "/issues/new/", "/issues/bulk/", "/my-grid/", "detail", "conflict", "bad")


@pytest.mark.parametrize("name", PAGES)
def test_the_pages_are_accessible_in_both_themes_and_fit_the_phone(portal, live_cast, check_accessible, name):
    cast = live_cast
    for index in range(3):
        make.make_issue(cast.secretary, cast.compound, cast.lamp, f"北门路灯不亮，第{index}次反映")
    issue = make.make_issue(cast.leader, cast.building, cast.litter, "楼道堆放杂物")
    issue = WORKFLOW.apply(issue, "dispatch", by=cast.officer, inputs={"organisation": cast.law.pk, "note": "今日"})
    user = cast.leader if name == "/my-grid/" else cast.officer

    def visit(page):
        if name == "detail":
            page.goto(issue.get_absolute_url() + "?list=queue%3Dopen")
            page.locator("details.act summary").first.click()
        elif name == "conflict":
            page.goto(issue.get_absolute_url())
            page.locator("#act-recall summary").click()
            page.locator("#act-recall [name=version]").evaluate("node => node.value = 1")
            page.locator("#act-recall form button.btn").click()
            expect(page.locator("h1")).to_have_text("此件刚被他人更新")
        elif name == "bad":
            page.goto("/issues/new/")
            page.get_by_role("button", name="上报", exact=True).click()
            expect(page.locator(".errorlist").first).to_be_visible()
        elif name == "/issues/bulk/":
            page.goto("/issues/?queue=all")
            page.locator('input[name="issue"]').last.evaluate("node => node.click()")
            page.get_by_role("button", name="批量派办…").click()
        elif name == "/issues/new/":
            page.goto(name)
            page.locator("#id_description").fill("北门路灯不亮")
            expect(page.locator("#similar li").first).to_be_visible()
            page.locator(".more summary").click()
            page.locator("#id_category_text").click()
        else:
            page.goto(name)

    for size, theme in (("desk", "light"), ("desk", "dark"), ("phone", "light")):
        page = portal.open("/inbox/", user, size=size, theme=theme)
        visit(page)
        check_accessible(page)
        if size == "phone":
            check_fits(page)
