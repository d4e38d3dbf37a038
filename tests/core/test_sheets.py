"""What a workbook's cells become: text as a person would type it, within bounds that a hostile file cannot pass."""

import datetime

import pytest

from suzhou_portal.lib.documents import sheets


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
        ("长" * 9_999_9, "长" * (sheets.MAX_CELL + 1)),
    ],
)
def test_a_cell_is_text_as_a_person_would_type_it(cell, text):
    assert sheets.plain_text(cell) == text


@pytest.fixture
def workbook(tmp_path):
    def write(*rows):
        path = tmp_path / "rows.xlsx"
        path.write_bytes(sheets.write_xlsx(rows[0], rows[1:], notes=()).read())
        return str(path)

    return write


def test_rows_keep_their_numbers_and_lose_empty_cells_at_their_end(workbook):
    rows = sheets._read_file(workbook(("姓名", "电话"), ("王秀兰", ""), ("", ""), ("李建国", "13800138000")), 10)
    assert rows == [["1", "姓名", "电话"], ["2", "王秀兰"], ["4", "李建国", "13800138000"]]


def test_no_more_is_read_than_is_asked_for(workbook):
    rows = sheets._read_file(workbook(("姓名",), *((f"第{n}人",) for n in range(50))), 5)
    assert len(rows) == 8  # one more than the head, five rows and one too many tell


def test_too_much_text_ends_the_reading(workbook, monkeypatch):
    monkeypatch.setattr(sheets, "MAX_TEXT", 10)
    with pytest.raises(SystemExit) as ended:
        sheets._read_file(workbook(("姓名",), ("一二三四五六七八九十",)), 5)
    assert ended.value.code == sheets.TOO_MUCH
