"""The whole loop by two people in two browsers: a unit and a community, from the need to the renewal."""

from datetime import date

import pytest
from docx import Document
from playwright.sync_api import expect

from covenants.agreements.models import Covenant
from covenants.agreements.workflow import WORKFLOW
from covenants.deliveries.models import Delivery
from covenants.evaluation.reference import load_rubrics
from covenants.lists.models import Need
from tests import factories as make
from tests.covenants import made
from tests.e2e.conftest import check_fits

pytestmark = pytest.mark.usefixtures("rubrics")


@pytest.fixture
def rubrics(live_cast):
    load_rubrics()


def chinese(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


def fill_item(page, number, **values):
    for name, value in values.items():
        field = page.locator(f'[name="items-{number}-{name}"]')
        if name == "kind":
            field.select_option(value)
        else:
            field.fill(str(value))


def test_the_whole_loop(portal, live_cast, check_accessible, tmp_path):
    cast = live_cast
    need = made.need(cast, title="请电工检修路灯", quantity="2", unit="盏")

    # 谈约: the unit takes the need up and proposes a draft, with a row that the script adds.
    unit = portal.open(f"/covenants/covenants/new/?need={need.number}", cast.liaison)
    expect(unit.locator('[name="items-0-title"]')).to_have_value("请电工检修路灯")
    unit.get_by_role("button", name="添加一项").click()
    fill_item(unit, 1, kind="project", title="四点半课堂", due_on=made.day(60))
    expect(unit.locator('[name="items-1-amount"]')).to_be_hidden()
    unit.locator('[name="items-1-nodes-0-title"]').fill("开班")
    unit.locator('[name="items-1-nodes-0-due_on"]').fill(str(made.day(30)))
    unit.get_by_role("button", name="添加一项").click()
    fill_item(unit, 2, kind="funds", title="助学金", due_on=made.day(90))
    expect(unit.locator('[name="items-2-quantity"]')).to_be_hidden()
    check_fits(unit)
    check_accessible(unit)
    unit.get_by_role("button", name="发起商谈，送对方答复").click()
    expect(unit.locator(".item").nth(2)).to_contain_text("资金类事项填写金额")  # beside its field
    expect(unit.locator('[name="items-1-nodes-0-title"]')).to_have_value("开班")
    unit.locator('[name="items-2-amount"]').fill("5000")
    unit.get_by_role("button", name="发起商谈，送对方答复").click()
    expect(unit.locator(".issue-now")).to_contain_text(f"第 1 稿，等{cast.c1.name}答复")
    covenant = Covenant.objects.get()
    address = covenant.get_absolute_url()

    # The community changes an amount; the unit reads exactly that, and accepts.
    community = portal.open(address, cast.secretary)
    community.get_by_role("link", name="提出修改稿").click()
    community.locator('[name="items-2-amount"]').fill("6000")
    community.locator('[name="note"]').fill("今年多两名学生")
    community.get_by_role("button", name="送第一中学答复").click()
    unit.goto(address)
    expect(unit.locator(".draft-item.is-changed")).to_have_count(1)
    expect(unit.locator(".draft-item.is-changed del")).to_have_text("5,000.00")
    expect(unit.locator(".draft-item.is-changed ins")).to_have_text("6,000.00")
    expect(unit.locator(".draft-who").first).to_contain_text("今年多两名学生")
    check_accessible(unit)
    unit.locator("#act-accept > summary").click()
    unit.locator("#act-accept form button.btn").click()
    expect(unit.locator(".issue-now")).to_contain_text("登记签约")

    # 签约: signed by the community.
    community.goto(address)
    community.locator("#act-sign > summary").click()
    community.locator("#act-sign [name=place_signatory]").fill("张书记")
    community.locator("#act-sign [name=unit_signatory]").fill("李校长")
    community.get_by_role("button", name="登记签约，协议生效").click()
    expect(community.locator(".road-now")).to_contain_text("履约")
    expect(community.locator(".promises tbody")).to_have_count(3)
    assert Need.objects.get().status == Need.Status.TAKEN

    # The 协议书, opened, with its table.
    community.goto(f"{address}documents/agreement/")
    with community.expect_download() as download:
        community.get_by_role("link", name="Word").click()
    path = tmp_path / "agreement.docx"
    download.value.save_as(path)
    (table,) = Document(str(path)).tables
    rows = [[cell.text for cell in row.cells] for row in table.rows]
    assert rows[0] == ["序号", "类型", "事项", "数量/金额", "期限"]
    assert [row[1] for row in rows[1:]] == ["服务项目", "资金", "实事"]
    assert rows[2] == ["2", "资金", "助学金", "6,000.00 元", chinese(made.day(90))]
    assert rows[3][2:4] == ["请电工检修路灯", "2 盏"]

    # 履约: delivered by the unit, returned once, mended, confirmed by the community.
    for title, values in (
        ("请电工检修路灯", {"quantity": "2", "note": "两盏都亮了"}),
        ("助学金", {"amount": "6000", "note": "已到账"}),
        ("四点半课堂", {"note": "已开班"}),
    ):
        unit.goto(address)
        unit.locator(".promises tbody", has_text=title).get_by_role("link", name="提交履约").click()
        for name, value in values.items():
            unit.locator(f"form.deliver [name={name}]").fill(value)
        if title == "四点半课堂":
            unit.locator("form.deliver [name=milestone]").select_option(label="开班")
        unit.locator("form.deliver button.btn").click()
        expect(unit.locator("#messages")).to_contain_text(f"已提交“{title}”的履约记录")
    first = Delivery.objects.order_by("id").first()
    community.goto(address)
    community.locator(f"#act-d{first.pk}-return > summary").click()
    community.locator(f"#act-d{first.pk}-return textarea").fill("东头一盏还不亮")
    community.locator(f"#act-d{first.pk}-return form button.btn").click()
    expect(community.locator("#messages")).to_contain_text("已退回")
    unit.goto(first.get_absolute_url())
    expect(unit.locator(".facts").first).to_contain_text("东头一盏还不亮")
    unit.locator(f"#act-d{first.pk}-resubmit > summary").click()
    unit.locator(f"#act-d{first.pk}-resubmit [name=note]").fill("东头一盏也换了")
    unit.locator(f"#act-d{first.pk}-resubmit form button.btn").click()
    for row in Delivery.objects.order_by("id"):
        community.goto(address)
        community.locator(f"#act-d{row.pk}-confirm > summary").click()
        community.locator(f"#act-d{row.pk}-confirm form button.btn").click()
        expect(community.locator("#messages")).to_contain_text("已确认履约")
    expect(community.locator(".promises")).to_contain_text("6,000.00 / 6,000.00 元")
    assert Need.objects.get().status == Need.Status.MET

    # 评约: sealed until both have scored.
    community.get_by_role("button", name="开始评约").click()
    unit.goto(address)
    unit.locator("#act-evaluate > summary").click()
    for index, score in enumerate((29, 28, 18, 17)):
        unit.locator(f"#act-evaluate [name=scores_{index}]").fill(str(score))
    unit.locator("#act-evaluate [name=comment]").fill("配合周到")
    check_accessible(unit)
    unit.locator("#act-evaluate form button.btn").click()
    expect(unit.locator(".evaluation")).to_contain_text("92 分")
    community.goto(address)
    expect(community.locator(".issue-what")).to_contain_text("第一中学已提交评约")
    expect(community.locator("body")).not_to_contain_text("配合周到")
    expect(community.locator("body")).not_to_contain_text("92 分")
    community.locator("#act-evaluate > summary").click()
    for index, score in enumerate((38, 24, 19, 14)):
        community.locator(f"#act-evaluate [name=scores_{index}]").fill(str(score))
    community.locator("#act-evaluate form button.btn").click()
    expect(community.locator(".evaluation")).to_have_count(2)
    expect(community.locator(".issue-what")).to_contain_text("评约：优秀")
    expect(community.locator(".issue-what")).to_contain_text("配合周到")

    # 续约.
    community.get_by_role("link", name="续约").click()
    community.get_by_role("button", name="发起续约，送对方答复").click()
    expect(community.locator(".issue-now")).to_contain_text(covenant.number)
    expect(community.locator(".road-now")).to_contain_text("谈约")
    assert Covenant.objects.get(previous=covenant).status == "negotiating"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_on_a_phone(portal, live_cast, check_accessible, theme):
    cast = live_cast
    covenant = made.signed(cast)
    row = covenant.commitments.get(key="t1")
    made.deliver(cast, row, confirmed=False, quantity=2)
    page = portal.open(covenant.get_absolute_url(), cast.secretary, size="phone", theme=theme)
    check_fits(page)
    check_accessible(page)
    page.get_by_text("确认履约").first.click()
    check_fits(page)
    page = portal.open(f"{covenant.get_absolute_url()}draft/", cast.liaison, size="phone", theme=theme)
    check_fits(page)
    check_accessible(page)
    page = portal.open(f"{covenant.get_absolute_url()}?deliver={row.pk}", cast.liaison, size="phone", theme=theme)
    check_fits(page)
    check_accessible(page)


def test_a_draft_survives_a_lost_connection_with_its_rows(portal, live_cast):
    page = portal.open("/covenants/covenants/new/", live_cast.secretary)
    page.locator('[name="title"]').fill("护学岗")
    page.get_by_role("button", name="添加一项").click()
    fill_item(page, 1, kind="project", title="护学")
    page.locator('.item[data-item="items-1"]').get_by_role("button", name="添加节点").click()
    page.locator('[name="items-1-nodes-1-title"]').fill("第二学期")
    first_try = page.locator('[name="submission_key"]').input_value()
    page.reload()
    expect(page.locator('[name="submission_key"]')).to_have_value(first_try)  # sent again it stays one covenant
    expect(page.locator('[name="title"]')).to_have_value("护学岗")
    expect(page.locator('[name="items-1-title"]')).to_have_value("护学")
    expect(page.locator('[name="items-1-nodes-1-title"]')).to_have_value("第二学期")


def test_without_script_rows_are_added_all_the_same(portal, live_cast):
    page = portal.open("/covenants/covenants/new/", live_cast.secretary, java_script_enabled=False)
    page.locator('[name="title"]').fill("护学岗")
    page.get_by_role("button", name="添加一项").click()
    expect(page.locator('[name="title"]')).to_have_value("护学岗")
    expect(page.locator('[name="items-1-title"]')).to_be_visible()


def scoring(cast):
    covenant = made.signed(cast)
    Covenant.objects.filter(pk=covenant.pk).update(begins=made.day(-90), ends=made.day(-1))
    return WORKFLOW.apply(Covenant.objects.get(pk=covenant.pk), "begin_evaluation", by=cast.secretary)


def score(page):
    page.locator("#act-evaluate summary").click()
    for field in page.locator('#act-evaluate input[type="number"]').all():
        field.fill("17")
    page.locator("#act-evaluate textarea").fill("居民都说好")


def test_scores_survive_the_end_of_a_session(portal, live_cast):
    covenant = scoring(live_cast)
    page = portal.open(covenant.get_absolute_url(), live_cast.liaison)
    score(page)
    page.context.clear_cookies(name="sessionid")
    page.locator("#act-evaluate form button.btn").click()
    page.locator('[name="username"]').fill(live_cast.liaison.username)
    page.locator('[name="password"]').fill(make.PASSWORD)
    page.get_by_role("button", name="登录").click()
    expect(page.locator("#act-evaluate textarea")).to_have_value("居民都说好")
    expect(page.locator('#act-evaluate input[type="number"]').first).to_have_value("17")
    page.locator("#act-evaluate form button.btn").click()
    expect(page.locator("#messages")).to_be_visible()
    assert covenant.evaluations.get().comment == "居民都说好"
    assert "居民都说好" not in page.evaluate("JSON.stringify(sessionStorage)")
    assert "portal_draft_done" not in page.evaluate("document.cookie")


def test_what_one_side_scored_is_not_shown_to_the_other_in_the_same_tab(portal, live_cast):
    covenant = scoring(live_cast)
    page = portal.open(covenant.get_absolute_url(), live_cast.liaison)
    score(page)
    assert "居民都说好" in page.evaluate("JSON.stringify(sessionStorage)")
    other = portal.sign_in(live_cast.secretary).cookies["sessionid"]
    page.context.add_cookies([{"name": "sessionid", "value": other.value, "url": portal.url}])
    page.reload()
    page.locator("#act-evaluate summary").click()
    expect(page.locator("#act-evaluate textarea")).to_have_value("")
    assert "居民都说好" not in page.evaluate("JSON.stringify(sessionStorage)")
