"""A leader replaced, on the phone and from Excel, and taken back; a dispute mediated."""

import io

import xlsxwriter
from playwright.sync_api import expect

from grids.mediation.models import Mediation
from grids.places.models import GridChange, GridPost
from tests.e2e.conftest import check_fits
from tests.grids.mediation.made import kind
from tests.grids.rosters.made import HEAD, row, term, terms


def workbook(*rows):
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer)
    sheet = book.add_worksheet()
    for number, line in enumerate(rows):
        for column, value in enumerate(line):
            sheet.write(number, column, value)
    book.close()
    return buffer.getvalue()


def test_a_leader_is_replaced(portal, live_cast, check_accessible):
    cast = live_cast
    term(cast.g1, cast.leader.name, user=cast.leader)
    page = portal.open(f"/grids/grids/{cast.g1.code}/", cast.secretary, size="phone")
    page.get_by_role("link", name="更换网格长").click()
    expect(page.locator("main")).to_contain_text("不能再以网格长身份登录本网格")
    check_fits(page)
    check_accessible(page)
    page.get_by_role("button", name="更换网格长").click()
    expect(page.locator("main")).to_contain_text("请填写新任网格长姓名")
    page.locator("[name=name]").fill("赵敏")
    page.locator("[name=telephone]").fill("13900000003")
    page.locator("[name=reason]").fill("换届")
    page.get_by_role("button", name="更换网格长").click()
    expect(page.locator("#messages")).to_contain_text("网格长已更换为赵敏")
    assert GridPost.objects.get(grid=cast.g1, ends=None).name == "赵敏"
    assert GridChange.objects.get(kind="leader").reason == "换届"


def test_a_roster_is_imported_and_taken_back(portal, live_cast, check_accessible):
    cast = live_cast
    term(cast.g1)
    term(cast.compound, "李建国")
    before = terms()
    page = portal.open("/grids/grid-posts/import/", cast.secretary)
    check_accessible(page)
    file = workbook(HEAD, row(cast.g1, "赵敏", "13900000003"), row("999", "错"))
    page.set_input_files("#id_file", {"name": "名册.xlsx", "mimeType": "application/xlsx", "buffer": file})
    page.get_by_role("button", name="上传并预览").click()
    expect(page.locator("main")).to_contain_text("没有网格“999”，或不在您的管辖范围内。")
    expect(page.locator("main")).to_contain_text("文件中没有的 1 个任职")
    check_fits(page)
    check_accessible(page)
    page.get_by_role("button", name="仅导入正确的 1 行").click()
    page.locator("#confirm-dialog").get_by_role("button", name="导入 1 行").click()
    expect(page.locator("#messages")).to_contain_text("名册已导入：新任 1 人，离任 1 人")
    assert terms() != before
    check_accessible(page)
    page.get_by_role("button", name="撤销导入").click()
    page.locator("#confirm-dialog").get_by_role("button", name="撤销导入").click()
    expect(page.locator("#messages")).to_contain_text("撤销导入。名册恢复到导入之前")
    assert terms() == before


def test_a_dispute_is_mediated_on_the_phone(portal, live_cast, check_accessible):
    cast = live_cast
    kind()
    page = portal.open("/grids/mediations/new/", cast.secretary, size="phone")
    check_fits(page)
    check_accessible(page)
    expect(page.locator("[name=kind]")).to_have_attribute("type", "hidden")  # the only kind is not asked
    page.locator("[name=party_a]").select_option(label="居民")
    page.locator("[name=party_b]").select_option(label="商户")
    page.locator("[name=summary]").fill("乙方夜间音响扰民")
    page.get_by_role("button", name="登记纠纷").click()
    expect(page.locator("main")).to_contain_text("噪声扰民")
    page.locator("#act-accept summary").click()
    page.locator("#act-accept").get_by_text("人民调解员").click()
    page.locator("#act-accept form button.btn").click()
    expect(page.locator(".issue-now")).to_contain_text("已受理")
    page.locator("#act-session summary").click()
    page.locator("#act-session [name=said]").fill("双方各让一步")
    check_fits(page)
    check_accessible(page)
    page.locator("#act-session form button.btn").click()
    expect(page.locator(".issue-story")).to_contain_text("双方各让一步")
    page.locator("#act-succeed summary").click()
    page.locator("#act-succeed").get_by_text("有书面协议").click()
    page.locator("#act-succeed [name=note]").fill("二十二时后关闭音响")
    page.locator("#act-succeed form button.btn").click()
    expect(page.locator(".issue-now")).to_contain_text("调解成功，有书面协议")
    assert Mediation.objects.get().outcome == "succeeded"
