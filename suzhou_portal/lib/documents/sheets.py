"""Spreadsheets in and out. What is written can not run; what is read can not hurt.

Writing: text stays text (XlsxWriter's habit of making formulas and links of it is off), rows
stream to a temporary file. Reading: a child process with a limit on memory and time opens the
upload, since a small file can unfold to gigabytes.
"""

import csv
import datetime
import io
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

import xlsxwriter

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV = "text/csv; charset=utf-8"
MAX_BYTES = 5 * 1024 * 1024
MAX_ROWS = 2000
MAX_COLUMNS = 100
MAX_CELL = 5000
MAX_TEXT = 4_000_000  # characters of all cells: a text that stands once in the file can fill every cell
READ_SECONDS = 20
TOO_MUCH = 3  # how the child process says that there is more than MAX_TEXT
# A text that begins like this would be computed by Excel when a CSV file is opened.
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
    for column, header in enumerate(headers):
        sheet.set_column(column, column, max(10, min(30, 2 * len(header) + 4)), text if hints or choices else None)
    _write_row(sheet, 0, headers, head)
    number = 1
    if hints:
        _write_row(sheet, 1, hints, grey)
        number = 2
    for row in rows:
        _write_row(sheet, number, row)
        number += 1
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


def read_rows(upload: Any, most: int = 0) -> list[list[str]]:
    """The first sheet of an uploaded workbook (.xlsx, .xls, .ods) as texts, empty rows left out.

    ``most``: how many rows are taken at most (0: :data:`MAX_ROWS`). Each row begins with its number in
    the file. Whole numbers lose their ".0", dates become ISO.
    Raises :class:`BadFile`.
    """
    most = most or MAX_ROWS
    if upload.size > MAX_BYTES:
        raise BadFile(f"文件超过 {MAX_BYTES // 1024 // 1024} MB，请分成几个文件。")
    with tempfile.NamedTemporaryFile(suffix=".upload") as file:
        for chunk in upload.chunks():
            file.write(chunk)
        file.flush()
        try:
            done = subprocess.run(  # noqa: S603 -- our own file, no shell
                [sys.executable, "-I", str(Path(__file__).resolve()), file.name, str(most)],
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
    rows = json.loads(done.stdout)
    if len(rows) > most + 2:
        raise BadFile(f"一次最多导入 {most} 行，请分成几个文件。")
    if any(len(row) > MAX_COLUMNS for row in rows):
        raise BadFile(f"列数超过 {MAX_COLUMNS} 列，请使用导入模板。")
    return rows


def plain_text(value: Any) -> str:
    """A cell as text, as a person would type it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, datetime.datetime) and value.time() == datetime.time():
        return value.date().isoformat()
    if isinstance(value, (datetime.datetime, datetime.date, datetime.time)):
        return value.isoformat()
    return str(value).replace("\x00", "").strip()[: MAX_CELL + 1]


def _read_file(name: str, most: int) -> list[list[str]]:
    import python_calamine  # noqa: PLC0415 -- needed in the child process only

    read = 0
    sheet = python_calamine.CalamineWorkbook.from_path(name).get_sheet_by_index(0)
    rows = []
    for number, cells in enumerate(sheet.to_python(skip_empty_area=False, nrows=10 * most), start=1):
        texts = [plain_text(cell) for cell in cells[: MAX_COLUMNS + 1]]
        read += sum(map(len, texts))
        if read > MAX_TEXT:
            sys.exit(TOO_MUCH)
        while texts and not texts[-1]:
            texts.pop()
        if texts:
            rows.append([str(number), *texts])
        if len(rows) > most + 2:
            break
    return rows


if __name__ == "__main__":
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (768 * 1024 * 1024, 768 * 1024 * 1024))
    resource.setrlimit(resource.RLIMIT_CPU, (READ_SECONDS, READ_SECONDS))
    sys.stdout.write(json.dumps(_read_file(sys.argv[1], int(sys.argv[2]))))
