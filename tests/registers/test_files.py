"""Excel out and in: export, template, import."""

import io
import zipfile

import pytest
import python_calamine
import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from grids.categories.models import IssueCategory
from grids.places.models import Grid, GridPost
from streets.organisations.models import Organisation
from suzhou_portal.audit.models import AuditEntry
from suzhou_portal.lib.documents import sheets as spreadsheets
from suzhou_portal.lib.registers import site
from tests import factories as make
from tests.registers.world import BUSINESS, post_of

pytestmark = pytest.mark.dialect
IMPORT = "/streets/organisations/import/"
HEAD = ["编码", "名称", "职能部门", "所在街道", "地址"]


def workbook(*rows):
    """An .xlsx upload with these rows, typed as Excel would hold them."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer)
    sheet = book.add_worksheet()
    for number, row in enumerate(rows):
        for column, value in enumerate(row):
            sheet.write(number, column, value)
    book.close()
    return SimpleUploadedFile("单位.xlsx", buffer.getvalue())


def sheets(answer):
    """All rows of the first sheet of a downloaded workbook."""
    content = b"".join(answer.streaming_content)
    return python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()


def token_of(answer):
    return answer.context["token"]


# --- export ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", BUSINESS)
def test_every_register_exports(cast, sign_in, name):
    post_of(cast.g1)
    for kind in ("xlsx", "csv"):
        answer = sign_in(cast.district).get(site[name].list_url + "export/", {"format": kind})
        assert answer.status_code == 200
        assert b"".join(answer.streaming_content)


def test_an_export_holds_the_filtered_rows_in_scope_and_is_on_record(cast, sign_in):
    rows = sheets(sign_in(cast.secretary).get("/grids/grids/export/", {"kind": "compound"}))
    assert [row[0] for row in rows[1:]] == [cast.compound.code]
    entry = AuditEntry.objects.get(action="export")
    assert entry.actor == cast.secretary
    assert entry.changes == {"register": "网格", "rows": 1, "filters": "层级：小区/楼院", "format": "xlsx"}


def test_exported_text_never_becomes_a_formula(cast, sign_in):
    for index, start in enumerate("=+-@\t"):
        make.make_organisation(f"F{index}", f"{start}cmd|'/c calc'!A{index}" if start != "\t" else "=1+1\t")
    client = sign_in(cast.district)
    content = b"".join(client.get("/streets/organisations/export/").streaming_content)
    sheet = zipfile.ZipFile(io.BytesIO(content)).read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet
    text = b"".join(client.get("/streets/organisations/export/", {"format": "csv"}).streaming_content).decode(
        "utf-8-sig"
    )
    assert "'=cmd" in text
    assert ",=" not in text
    assert ",@" not in text


def test_an_invalid_filter_exports_nothing(cast, sign_in):
    assert sign_in(cast.secretary).get("/grids/grids/export/", {"community": cast.c2.code}).status_code == 400
    assert not AuditEntry.objects.filter(action="export").exists()


def test_an_export_costs_the_same_queries_for_more_rows(cast, sign_in):
    client = sign_in(cast.district)

    def queries():
        with CaptureQueriesContext(connection) as captured:
            b"".join(client.get("/streets/organisations/export/").streaming_content)
        return len(captured)

    queries()
    few = queries()
    for number in range(50):
        make.make_organisation(f"E{number}", f"单位{number}", community=cast.c1)
    assert queries() == few


def test_an_export_can_be_imported_again(cast, sign_in):
    post_of(cast.g1)
    for name in ("organisations", "communities", "grids", "areas", "issue-categories"):
        client = sign_in(cast.district)
        url = site[name].list_url
        content = b"".join(client.get(url + "export/").streaming_content)
        answer = client.post(url + "import/", {"file": SimpleUploadedFile("x.xlsx", content)})
        assert answer.status_code == 200, answer.context["failed"]
        assert answer.context["counts"]["error"] == 0
        assert answer.context["counts"]["same"] == site[name].rows(cast.district).count()


# --- template -----------------------------------------------------------------------------------------


# The roster's sheet is the roster as it stands (tests/grids/rosters/test_rosters.py).
@pytest.mark.parametrize("name", [name for name in BUSINESS if site[name].fields and name != "grid-posts"])
def test_the_template_can_be_filled_and_imported(cast, sign_in, name):
    client = sign_in(cast.district)
    rows = sheets(client.get(site[name].list_url + "template/"))
    assert rows[1][0].startswith("填写说明：")
    answer = client.post(site[name].list_url + "import/", {"file": workbook(*rows[:2])})
    assert "文件里没有数据" in answer.content.decode()


# --- import ------------------------------------------------------------------------------------------------


def test_a_preview_changes_nothing(cast, sign_in):
    client = sign_in(cast.district)
    before = AuditEntry.objects.count()
    answer = client.post(
        IMPORT, {"file": workbook(HEAD, ["N1", "新单位", "是", cast.s1.name, ""], ["D01", "改名", "是"])}
    )
    assert answer.status_code == 200
    assert answer.context["counts"] == {"create": 1, "update": 1, "same": 0, "error": 0}
    assert not Organisation.objects.filter(code="N1").exists()
    assert Organisation.objects.get(code="D01").name == "城管执法队"
    assert AuditEntry.objects.count() == before


def test_a_confirmed_import_creates_and_updates(cast, sign_in):
    client = sign_in(cast.district)
    file = workbook(HEAD, ["N1", "新单位", "是", cast.s1.code, 100], ["D01", "改名", "是", "", ""])
    answer = client.post(IMPORT, {"file": file})
    assert client.post(IMPORT, {"token": token_of(answer)}).status_code == 302
    new = Organisation.objects.get(code="N1")
    assert (new.street, new.address) == (cast.s1, "100")
    assert Organisation.objects.get(code="D01").name == "改名"
    summary = AuditEntry.objects.get(action="import")
    assert summary.changes == {"register": "单位", "file": "单位.xlsx", "created": 1, "updated": 1, "failed": 0}
    assert AuditEntry.objects.filter(reason="导入：单位.xlsx", object_id=str(new.pk), action="create").exists()
    again = client.post(IMPORT, {"token": token_of(answer)})
    assert again.status_code == 422
    assert "重新上传" in again.content.decode()


def test_all_or_nothing_unless_told_otherwise(cast, sign_in):
    client = sign_in(cast.district)
    file = workbook(HEAD, ["N1", "新单位", "是"], ["N2", "", "是"], ["N3", "城管执法队", "也许"])
    answer = client.post(IMPORT, {"file": file})
    body = answer.content.decode()
    assert answer.status_code == 422
    assert answer.context["counts"]["error"] == 2
    assert "请填“是”或“否”" in body
    assert client.post(IMPORT, {"token": token_of(answer)}).status_code == 422
    assert not Organisation.objects.filter(code="N1").exists()
    assert client.post(IMPORT, {"token": token_of(answer), "partial": "1"}).status_code == 302
    assert list(Organisation.objects.filter(code__startswith="N").values_list("code", flat=True)) == ["N1"]


def test_the_error_file_is_the_upload_with_reasons(cast, sign_in):
    client = sign_in(cast.district)
    client.post(IMPORT, {"file": workbook(HEAD, ["N1", "新单位", "是"], ["N2", "", "是", "", "-1+1"])})
    rows = sheets(client.get(IMPORT + "errors/"))
    assert rows[0] == [*HEAD, "错误"]
    assert rows[1][-1] == ""
    assert rows[2][:2] == ["N2", ""]
    assert rows[2][4] == "-1+1"
    assert "名称" in rows[2][-1]
    # Corrected, the error file itself can be uploaded.
    rows[2][1] = "已补名称"
    assert client.post(IMPORT, {"file": workbook(*rows)}).status_code == 200
    assert sign_in(cast.officer).get(IMPORT + "errors/").status_code == 302


def test_rows_of_one_file_may_build_on_each_other(cast, sign_in):
    client = sign_in(cast.secretary)
    head = ["编码", "名称", "层级", "社区", "上级网格"]
    top, below = f"{cast.c1.code}007", f"{cast.c1.code}007001"
    file = workbook(
        head, [top, "七组", "居民小组", cast.c1.name, ""], [below, "七组小区", "小区/楼院", cast.c1.name, top]
    )
    answer = client.post("/grids/grids/import/", {"file": file})
    assert answer.status_code == 200, answer.context["failed"]
    client.post("/grids/grids/import/", {"token": token_of(answer)})
    assert Grid.objects.get(code=below).parent.code == top


def test_an_import_stays_in_scope(cast, sign_in):
    client = sign_in(cast.secretary)
    head = ["编码", "名称", "层级", "社区", "上级网格"]
    file = workbook(
        head,
        [f"{cast.c2.code}009", "闯入", "居民小组", cast.c2.name, ""],
        [cast.g2.code, "改邻居", "居民小组", cast.c1.name, ""],
        [f"{cast.c1.code}009001", "挂到邻居", "小区/楼院", cast.c1.name, cast.g2.code],
    )
    answer = client.post("/grids/grids/import/", {"file": file})
    assert answer.context["counts"]["error"] == 3
    assert Grid.objects.get(pk=cast.g2.pk).name != "改邻居"
    officer = sign_in(cast.officer).post(IMPORT, {"file": workbook(HEAD, ["D01", "改部门", "是", "", ""])})
    assert officer.context["counts"]["error"] == 1
    assert sign_in(cast.leader).get("/grids/grids/import/").status_code == 403
    assert sign_in(cast.leader).get("/grids/grids/template/").status_code == 403


def test_what_is_fixed_is_not_changed_by_a_file(cast, sign_in):
    file = workbook(["编码", "名称", "管理街道"], [cast.c1.code, "新名", cast.s2.name])
    answer = sign_in(cast.district).post("/communities/communities/import/", {"file": file})
    assert answer.context["counts"]["error"] == 1
    assert "管理街道" in answer.content.decode()


def test_a_row_changed_since_the_preview_is_an_error(cast, sign_in):
    client = sign_in(cast.district)
    answer = client.post(IMPORT, {"file": workbook(HEAD, ["D01", "改名", "是", "", ""])})
    site["organisations"].update(cast.law, {"address": "刚改"}, by=cast.district)
    late = client.post(IMPORT, {"token": token_of(answer)})
    assert late.status_code == 422
    assert "预览之后已被他人修改" in late.content.decode()
    assert Organisation.objects.get(code="D01").name == "城管执法队"


def test_a_preview_belongs_to_its_user(cast, sign_in):
    answer = sign_in(cast.district).post(IMPORT, {"file": workbook(HEAD, ["N1", "新单位", "是"])})
    assert sign_in(cast.officer).post(IMPORT, {"token": token_of(answer)}).status_code == 422
    assert not Organisation.objects.filter(code="N1").exists()


def test_dates_and_phone_numbers_arrive_as_typed(cast, sign_in):
    client = sign_in(cast.secretary)
    head = ["网格", "职务", "姓名", "联系电话", "任职起"]
    for text, name in (("2026/1/31", "甲"), ("2026年1月31日", "乙")):
        GridPost.objects.all().delete()
        answer = client.post(
            "/grids/grid-posts/import/", {"file": workbook(head, [cast.g1.code, "网格长", name, 13900001111, text])}
        )
        assert answer.status_code == 200, answer.context["failed"]
        client.post("/grids/grid-posts/import/", {"token": token_of(answer)})
        post = GridPost.objects.get(name=name)
        assert (post.telephone, post.starts.isoformat()) == ("13900001111", "2026-01-31")


BAD_FILES = {
    "empty": b"",
    "text": b"hello",
    "broken": b"PK\x03\x04" + b"\x00" * 100,
    "other zip": None,
}


@pytest.mark.parametrize("kind", BAD_FILES)
def test_unreadable_files_are_named_as_such(cast, sign_in, kind):
    content = BAD_FILES[kind]
    if content is None:
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr("a.txt", "a")
        content = buffer.getvalue()
    answer = sign_in(cast.district).post(IMPORT, {"file": SimpleUploadedFile("x.xlsx", content)})
    assert answer.status_code == 422
    assert "id_file_error" in answer.content.decode()


def test_a_missing_file_or_a_wrong_head_is_said(cast, sign_in):
    client = sign_in(cast.district)
    for data, words in (
        ({}, "请选择"),
        ({"file": workbook(["名称"], ["x"])}, "缺少列“编码”"),
        ({"file": workbook(["编码", "颜色"], ["x", "y"])}, "不认识列“颜色”"),
        ({"file": workbook(["编码", "编码"], ["x", "y"])}, "出现了两次"),
        ({"file": workbook(HEAD)}, "没有数据"),
        ({"token": "x"}, "重新上传"),
    ):
        answer = client.post(IMPORT, data)
        assert answer.status_code == 422
        assert words in answer.content.decode()


def test_a_sheet_that_unfolds_to_gigabytes_is_refused(cast, sign_in):
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer)
    sheet = book.add_worksheet()
    sheet.write(0, 0, "编码")
    sheet.write(1_048_575, 16_383, "x")
    book.close()
    answer = sign_in(cast.district).post(IMPORT, {"file": SimpleUploadedFile("x.xlsx", buffer.getvalue())})
    assert answer.status_code == 422


def test_size_limits(cast, sign_in, monkeypatch):
    client = sign_in(cast.district)
    rows = [["编码", "名称", "职能部门"]] + [[f"R{n}", f"第{n}单位", "是"] for n in range(spreadsheets.MAX_ROWS + 2)]
    assert "一次最多导入" in client.post(IMPORT, {"file": workbook(*rows)}).content.decode()
    monkeypatch.setattr(spreadsheets, "MAX_BYTES", 10)
    assert "MB" in client.post(IMPORT, {"file": workbook(HEAD)}).content.decode()


def test_cells_of_any_kind_are_row_errors_at_worst(cast, sign_in):
    head = ["编码", "名称", "大类", "起办层级", "办理时限", "时限单位", "启用"]
    strange = ["x" * 6000, "-1", "1e9", 1e300, "９９", "=1", "\u202e", "<b>", "NaN", -5, 2.5, True]
    rows = [[f"99{n:02d}", value, value, value, value, value, value] for n, value in enumerate(strange)]
    answer = sign_in(cast.district).post("/grids/issue-categories/import/", {"file": workbook(head, *rows)})
    assert answer.status_code == 422
    assert answer.context["counts"]["error"] == len(strange)
    assert not IssueCategory.objects.filter(code__startswith="99").exists()
