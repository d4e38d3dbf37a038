"""Spreadsheets in and out. What is written can not run; what is read can not hurt.

Writing: text stays text (XlsxWriter's habit of making formulas and links of it is off), rows
stream to a temporary file. Reading: a child process with a limit on memory and time opens the
upload, since a small file can unfold to gigabytes.
"""

import csv
import io
import json
import re
import subprocess
import sys
import tempfile
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import IO, Any

import xlsxwriter

from suzhou_portal.lib.documents.reading import HEAD_ROWS, MAX_COLUMNS, READ_SECONDS, TOO_MUCH
from suzhou_portal.lib.text import canonical

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV = "text/csv; charset=utf-8"
MAX_BYTES = 5 * 1024 * 1024
MAX_ROWS = 2000
# A text that begins like this would be computed by Excel when a CSV file is opened.
TOO_MANY = "一次最多导入 {} 行，请分成几个文件。"
_LOST = re.compile(r"\d(?:\.\d+)?[eE]\+\d{2}")
LOST_DIGITS = "“{}”是被 Excel 当作数字的编码，后几位已丢失：请把这一列设为“文本”格式，重新填写编码后再上传。"
SEEN_FOR_WIDTHS = 200  # so many rows tell how wide the columns are: the others are written as they come
WIDEST = 48
LIVE = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n")


class BadFile(Exception):
    """The upload can not be used; the message is for its user."""


# --- writing ------------------------------------------------------------------------------------


def neutral(value: Any) -> Any:
    """``value`` for a CSV cell: a text that Excel would compute gets an apostrophe in front."""
    return f"'{value}" if isinstance(value, str) and value.startswith(LIVE) else value


def write_csv(rows: Iterable[Sequence[Any]]) -> Iterator[bytes]:
    """``rows`` as CSV for Excel, in pieces: UTF-8 with its mark, formulas neutralised."""
    yield b"\xef\xbb\xbf"
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    for row in rows:
        writer.writerow([neutral(value) for value in row])
        yield buffer.getvalue().encode()
        buffer.seek(0)
        buffer.truncate()


def _explain(book: xlsxwriter.Workbook, notes: Sequence[tuple[str, str]]) -> None:
    about = book.add_worksheet("说明")
    about.set_column(0, 0, 12)
    about.set_column(1, 1, 60)
    for line, pair in enumerate(notes):
        _write_row(about, line, pair)


def _widths(headers: Sequence[str], rows: Sequence[Sequence[Any]]) -> list[int]:
    """The widths of the columns, in digits, by what stands in them; long texts are wrapped by whoever reads them."""

    def width(value: Any) -> int:
        lines = str("" if value is None else value).split("\n")
        return max(sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in line) for line in lines)

    return [
        max(8, min(WIDEST, max(width(cell) for cell in (header, *(row[at] for row in rows if at < len(row)))) + 3))
        for at, header in enumerate(headers)
    ]


def _for_paper(sheet: Any, told: Mapping[str, str]) -> None:
    """A4 across, one page wide, the head on every page; below who exported it and when."""
    sheet.set_paper(9)
    sheet.set_landscape()
    sheet.set_margins(left=0.5, right=0.5, top=0.6, bottom=0.7)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
    who = " ".join(told[name] for name in ("导出人", "导出时间") if name in told).replace("&", "&&")
    sheet.set_footer(f"&L{who[:100]}&R第 &P 页，共 &N 页")


def write_xlsx(
    headers: Sequence[str],
    rows: Iterable[Sequence[Any]],
    *,
    notes: Sequence[tuple[str, str]] = (),
    hints: Sequence[str] = (),
    choices: Mapping[int, Sequence[str]] | None = None,
) -> IO[bytes]:
    """A workbook in a temporary file, rewound.

    ``notes`` are (name, text) lines of a second sheet 说明; ``hints`` a grey row under the
    headers; ``choices`` lists by column, offered in the cells below. A workbook with either is one to
    fill in: its cells hold text.
    """
    file = tempfile.TemporaryFile()  # noqa: SIM115 -- the caller sends and closes it
    book = xlsxwriter.Workbook(
        file, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "in_memory": False}
    )
    sheet = book.add_worksheet("数据")
    head = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
    grey = book.add_format({"font_color": "#666666", "italic": True, "text_wrap": True, "valign": "top"})
    text = book.add_format({"num_format": "@"})  # codes typed into the file keep their digits and zeros
    sheet.freeze_panes(1, 0)
    waiting = iter(rows)
    first = list(islice(waiting, SEEN_FOR_WIDTHS))
    for column, width in enumerate(_widths(headers, [*first, hints])):
        sheet.set_column(column, column, width, text if hints or choices else None)
    _for_paper(sheet, dict(notes))
    _write_row(sheet, 0, headers, head)
    number = 1
    if hints:
        _write_row(sheet, 1, hints, grey)
        number = 2
    for row in chain(first, waiting):
        _write_row(sheet, number, row)
        number += 1
    if not hints and headers:
        sheet.autofilter(0, 0, max(1, number - 1), len(headers) - 1)
    _offer(book, sheet, choices or {}, first=2 if hints else 1, last=max(number, MAX_ROWS + 1))
    if notes:
        _explain(book, notes)
    book.close()
    file.seek(0)
    return file


def _write_row(sheet: Any, number: int, values: Sequence[Any], style: Any = None) -> None:
    for column, value in enumerate(values):
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            sheet.write_number(number, column, value, style)
        elif value not in (None, ""):
            sheet.write_string(number, column, str(value)[:32_000], style)
        elif style is not None:
            sheet.write_blank(number, column, None, style)


def _offer(book: Any, sheet: Any, choices: Mapping[int, Sequence[str]], *, first: int, last: int) -> None:
    """Drop-down lists in the cells of the rows ``first`` to ``last``.

    Their choices stand on a sheet: a rule itself holds 255 characters.
    """
    if not any(choices.values()):
        return
    lists = book.add_worksheet("选项")
    columns = [(column, list(options)) for column, options in choices.items() if options]
    for line in range(max(len(options) for _column, options in columns)):
        _write_row(lists, line, [options[line] if line < len(options) else "" for _column, options in columns])
    for at, (column, options) in enumerate(columns):
        letter = xlsxwriter.utility.xl_col_to_name(at, col_abs=True)
        source = f"=选项!{letter}$1:{letter}${len(options)}"
        rule = {"validate": "list", "source": source, "error_type": "warning", "error_message": "请从列表中选择。"}
        sheet.data_validation(first, column, last, column, rule)


# --- reading --------------------------------------------------------------------------------------


@dataclass
class Sheet:
    """What was read: the ``name`` of the sheet ("" where the file has one only), and its ``rows`` as texts, each behind
    its number in the file, empty ones left out.
    """

    name: str
    rows: list[list[str]]


def read_sheet(upload: Any, most: int = 0) -> Sheet:
    """The sheet of an uploaded workbook (.xlsx, .xls, .ods) that was open when it was saved, never a hidden one.

    ``most``: how many rows are taken at most (0: :data:`MAX_ROWS`). Whole numbers lose their ".0", dates become ISO,
    texts have their canonical form. Raises :class:`BadFile`.
    """
    most = most or MAX_ROWS
    if upload.size > MAX_BYTES:
        raise BadFile(f"文件超过 {MAX_BYTES // 1024 // 1024} MB，请分成几个文件。")
    with tempfile.NamedTemporaryFile(suffix=".upload") as file:
        for chunk in upload.chunks():
            file.write(chunk)
        file.flush()
        name, found = _read_apart(file.name, most)
    rows = [[canonical.text(cell).strip() for cell in row] for row in found]
    if len(rows) > most + 2:  # the head, and hints
        raise BadFile(TOO_MANY.format(most))
    if any(len(row) > MAX_COLUMNS for row in rows):
        raise BadFile(f"列数超过 {MAX_COLUMNS} 列，请使用导入模板。")
    return Sheet(name, rows)


def _read_apart(name: str, most: int) -> tuple[str, list[list[str]]]:
    """The file ``name``, read in a process of its own, with a limit on memory and time."""
    try:
        done = subprocess.run(  # noqa: S603 -- our own file, no shell
            [sys.executable, "-I", str(Path(__file__).with_name("reading.py")), name, str(most)],
            capture_output=True,
            timeout=READ_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise BadFile("文件内容过于复杂，无法读取。请只保留数据，另存为 .xlsx 后再试。") from error
    if done.returncode == TOO_MUCH:
        raise BadFile("文件中的文字过多，请分成几个文件。")
    if done.returncode:
        raise BadFile("无法读取这个文件。请用 Excel 或 WPS 另存为 .xlsx 后再试（不支持加密文件）。")
    sheet, rows = json.loads(done.stdout)
    return sheet, rows


def below_titles(rows: list[list[str]], known: Callable[[str], bool]) -> list[list[str]]:
    """``rows`` from their head on: the first row with two headers that are ``known`` (or as many as there are). Titles
    above it, often merged over all columns, are passed over. As they are where no row looks like a head.
    """
    for index, (_number, *cells) in enumerate(rows[:HEAD_ROWS]):
        filled = [cell for cell in cells if cell]
        if filled and sum(map(known, filled)) >= min(2, len(filled)):
            return rows[index:]
    return rows


def lost_digits(text: str) -> str:
    """What is to be done about a code that Excel took for a number ("6.20902001003E+17"); "" for any other text."""
    return LOST_DIGITS.format(text) if _LOST.fullmatch(text) else ""
