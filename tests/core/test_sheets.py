"""What a workbook's cells become: text as a person would type it, within bounds that a hostile file cannot pass."""

import datetime
import io
import re
import zipfile

import pytest
import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile

from suzhou_portal.lib.documents import reading, sheets


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (None, ""),
        (True, "是"),
        (False, "否"),
        (3.0, "3"),
        (2.5, "2.5"),
        (1e16, "1e+16"),
        (datetime.datetime(2026, 11, 30), "2026-11-30"),
        (datetime.datetime(2026, 11, 30, 9, 30), "2026-11-30T09:30:00"),
        (datetime.date(2026, 11, 30), "2026-11-30"),
        (datetime.time(9, 30), "09:30:00"),
        ("  第一\x00居民小组 ", "第一居民小组"),
        ("长" * 9_999_9, "长" * (reading.MAX_CELL + 1)),
    ],
)
def test_a_cell_is_text_as_a_person_would_type_it(cell, text):
    assert reading.plain_text(cell) == text


@pytest.fixture
def workbook(tmp_path):
    def write(*rows):
        path = tmp_path / "rows.xlsx"
        path.write_bytes(sheets.write_xlsx(rows[0], rows[1:], notes=()).read())
        return str(path)

    return write


def test_rows_keep_their_numbers_and_lose_empty_cells_at_their_end(workbook):
    rows = reading.read_file(workbook(("姓名", "电话"), ("王秀兰", ""), ("", ""), ("李建国", "13800138000")), 10)[1]
    assert rows == [["1", "姓名", "电话"], ["2", "王秀兰"], ["4", "李建国", "13800138000"]]


def test_no_more_is_read_than_is_asked_for(workbook):
    rows = reading.read_file(workbook(("姓名",), *((f"第{n}人",) for n in range(50))), 5)[1]
    assert len(rows) == 8  # one more than the head, five rows and one too many tell


def test_too_much_text_ends_the_reading(workbook, monkeypatch):
    monkeypatch.setattr(reading, "MAX_TEXT", 10)
    with pytest.raises(SystemExit) as ended:
        reading.read_file(workbook(("姓名",), ("一二三四五六七八九十",)), 5)[1]
    assert ended.value.code == reading.TOO_MUCH


def upload_of(*named, hidden=(), opened=0):
    """A workbook with the sheets ``named`` (name, rows)."""
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"in_memory": True})
    for index, (name, rows) in enumerate(named):
        sheet = book.add_worksheet(name)
        if name in hidden:
            sheet.hide()
        if index == opened:
            sheet.activate()
            sheet.set_first_sheet()
        for line, row in enumerate(rows):
            sheet.write_row(line, 0, row)
    book.close()
    return SimpleUploadedFile("rows.xlsx", file.getvalue())


def test_the_sheet_that_was_open_is_read_never_a_hidden_one():
    first, second = ("字典", [["街道"]]), ("名册", [["姓名"], ["王秀兰"]])
    assert sheets.read_sheet(upload_of(first, second, hidden=["字典"], opened=1)).rows[1] == ["2", "王秀兰"]
    read = sheets.read_sheet(upload_of(("说明", [["填法"]]), second, opened=1))
    assert (read.name, read.rows[0]) == ("名册", ["1", "姓名"])
    assert sheets.read_sheet(upload_of(second)).name == ""


def test_cells_have_their_canonical_form():
    assert sheets.read_sheet(upload_of(("名册", [["王\u200b秀兰\r\n"]]))).rows == [["1", "王秀兰"]]


def test_the_head_is_found_below_titles():
    rows = [["1", "网格长名册"], ["2", "2026年11月"], ["4", "姓名", "电话"], ["5", "王秀兰", ""]]
    assert sheets.below_titles(rows, {"姓名", "电话", "职务"}.__contains__) == rows[2:]
    assert sheets.below_titles(rows, {"编码"}.__contains__) == rows


@pytest.mark.parametrize("code", [620902001003001, 620902001003001001, 620902001003001001002])
def test_a_code_that_became_a_number_is_told_with_its_remedy(code):
    (_number, text), *_ = sheets.read_sheet(upload_of(("名册", [[code]]))).rows
    assert ("设为“文本”" in sheets.lost_digits(text)) == (code >= 10**15)
    assert not sheets.lost_digits("3E栋")


def test_a_workbook_is_made_to_be_read_and_printed(tmp_path):
    notes = [("导出人", "王秀兰（community.1）"), ("导出时间", "2026-11-30 09:00")]
    rows = [["SJ-2026-000001", "楼道堆物，影响通行，居民多次反映"], ["SJ-2026-000002", "路灯不亮"]]
    with zipfile.ZipFile(sheets.write_xlsx(["编号", "情况"], rows, notes=notes)) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()
        names = archive.read("xl/workbook.xml").decode()
    widths = [float(width) for width in re.findall(r'<col [^>]*?width="([\d.]+)"', sheet)]
    assert widths[0] >= len(rows[0][0])
    assert widths[1] >= 2 * len(rows[0][1])
    assert '<autoFilter ref="A1:B3"/>' in sheet
    assert 'paperSize="9"' in sheet
    assert 'orientation="landscape"' in sheet
    assert 'fitToHeight="0"' in sheet
    assert "王秀兰（community.1） 2026-11-30 09:00" in sheet
    assert "$1:$1" in names  # the head on every page
