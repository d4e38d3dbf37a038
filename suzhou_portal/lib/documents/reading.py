"""Reads a workbook that somebody has sent: run as a program, in a process of its own (``lib.documents.sheets``).

Usage: reading.py <file> <most rows>; prints JSON: [name of the sheet or "", rows]. Imports nothing of the portal.
"""

import datetime
import json
import re
import sys
import zipfile
from typing import Any

MAX_COLUMNS = 100
MAX_CELL = 5000
MAX_TEXT = 4_000_000  # characters of all cells: a text that stands once in the file can fill every cell
READ_SECONDS = 20
HEAD_ROWS = 12  # the head stands among so many rows, below titles
TOO_MUCH = 3  # how this process says that there is more than MAX_TEXT


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


def read_file(name: str, most: int) -> tuple[str, list[list[str]]]:
    """The name of the sheet, "" where the file has one only, and its rows (``lib.documents.sheets.read_sheet``)."""
    import python_calamine  # noqa: PLC0415 -- needed in the child process only

    book = python_calamine.CalamineWorkbook.from_path(name)
    shown = python_calamine.SheetVisibleEnum.Visible
    seen = [sheet.name for sheet in book.sheets_metadata if sheet.visible == shown] or book.sheet_names[:1]
    opened = book.sheet_names[_opened(name) : _opened(name) + 1]
    chosen = opened[0] if opened and opened[0] in seen else seen[0]
    read = 0
    rows = []
    cells = book.get_sheet_by_name(chosen).to_python(skip_empty_area=False, nrows=10 * most)
    for number, line in enumerate(cells, start=1):
        texts = [plain_text(cell) for cell in line[: MAX_COLUMNS + 1]]
        read += sum(map(len, texts))
        if read > MAX_TEXT:
            sys.exit(TOO_MUCH)
        while texts and not texts[-1]:
            texts.pop()
        if texts:
            rows.append([str(number), *texts])
        if len(rows) > most + 2:
            break
    return chosen if len(book.sheet_names) > 1 else "", rows


def _opened(name: str) -> int:
    """The index of the sheet that was open when an .xlsx was saved; 0 for other files."""
    try:
        with zipfile.ZipFile(name) as archive, archive.open("xl/workbook.xml") as part:
            found = re.search(rb'activeTab="(\d{1,4})"', part.read(1_000_000))
    except (KeyError, OSError, zipfile.BadZipFile):
        return 0
    return int(found[1]) if found else 0


if __name__ == "__main__":
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (768 * 1024 * 1024, 768 * 1024 * 1024))
    resource.setrlimit(resource.RLIMIT_CPU, (READ_SECONDS, READ_SECONDS))
    sys.stdout.write(json.dumps(read_file(sys.argv[1], int(sys.argv[2]))))
