"""The table of a register's list: its heads, its page of rows, written as markup.

Written here and not in a template: fifty rows of eight cells were three quarters of the cost of the page. All texts
are escaped; a computed column that answers markup is shown as text, too.
"""

from collections.abc import Callable, Collection
from html import escape
from typing import Any
from urllib.parse import quote

from django.db import models
from django.http import QueryDict
from django.utils.safestring import SafeString

from suzhou_portal.lib.rows.stretches import stretch

NOTHING = "—"
# Longer texts are cut in lists; what is as short as a date or a status stays on one line.
LONG, SHORT, DATE = 40, 10, len("2026-11-22 09:30")
SWAP = 'hx-target="#rows" hx-swap="outerHTML" hx-push-url="true"'
CHECK_ALL = (
    '<th scope="col"><input class="form-check-input" type="checkbox" aria-label="全选本页" data-check-all="row"></th>'
)
NO_CHECK = '<td class="c-check" data-label="选择"></td>'


def without(query: QueryDict, *names: str) -> str:
    """The query string without ``names`` and without empty values."""
    rest = QueryDict(mutable=True)
    for name, values in query.lists():
        if name not in names and any(values):
            rest.setlist(name, [value for value in values if value])
    return rest.urlencode()


def ordered(register: Any, rows: models.QuerySet, wanted: str) -> models.QuerySet:
    """``rows`` sorted by a column of ``register`` ("name", "-name"); as they are for ""."""
    if not wanted:
        return rows
    minus = "-" if wanted.startswith("-") else ""
    order = register.order_of(wanted.removeprefix("-"))
    return rows.order_by(*(f"{minus}{name}" for name in order), f"{minus}pk")


def text_cell(text: str) -> str:
    """A text in a cell, escaped. A short one, a date, a time or a number does not break; a long one is cut, and
    whole when it has the focus.
    """
    length = len(text)
    if length <= 1:
        return escape(text)
    if length > LONG:
        return f'<span class="cut" tabindex="0">{escape(text)}</span>'
    together = length <= SHORT or (length <= DATE and text.isascii())
    return f'<span class="nowrap">{escape(text)}</span>' if together else escape(text)


def _named(text: str) -> str:
    """The same for the column that names the row: a link is never cut."""
    text = text or NOTHING
    return text_cell(text) if len(text) <= LONG else escape(text)


class RegisterTable:
    """A page of a register's list: the columns that the user chose; a row opens its detail.

    ``rows``: those of page ``number``, or of the first where there are no more so many. Nothing is counted:
    ``has_next`` is known from one row more. ``checkable``: keys of rows that have a check box.
    """

    def __init__(
        self,
        rows: models.QuerySet,
        *,
        register: Any,
        names: list[str],
        query: QueryDict,
        sort: str = "",
        number: int = 1,
    ) -> None:
        self.register, self.names, self.query, self.sort = register, names, query, sort
        self.checkable: Collection[Any] = ()
        rows, size = ordered(register, register.listed(rows, names), sort), register.page_size
        start, unread = (number - 1) * size, register.unread(names)
        found = stretch(rows, start, size + 1, unread)
        if not found and start:
            number, found = 1, stretch(rows, 0, size + 1, unread)
        self.number, self.has_next, self.rows = number, len(found) > size, found[:size]
        self.start = (number - 1) * size

    @property
    def newer(self) -> str:
        """The query string of the page before; "" for none."""
        return self._page(self.number - 1) if self.number > 1 else ""

    @property
    def older(self) -> str:
        """The query string of the page behind; "" for none."""
        return self._page(self.number + 1) if self.has_next else ""

    def _page(self, number: int) -> str:
        rest = without(self.query, "page")
        return f"?{rest}&page={number}" if rest else f"?page={number}"

    def html(self) -> SafeString:
        """The ``<table>``."""
        heads = (CHECK_ALL if self.checkable else "") + "\n".join(map(self._head, self.names))
        body = "\n".join(self._lines())
        table = (
            f'<table class="table stack" data-rows>\n<thead><tr>{heads}</tr></thead>\n<tbody>\n{body}\n</tbody></table>'
        )
        return SafeString(f'<div class="table-scroll">\n{table}\n</div>')

    def _head(self, name: str) -> str:
        register, label = self.register, escape(self.register.label_of(name))
        css = ' class="num"' if register.is_number(name) else ""
        if not register.order_of(name):
            return f'<th{css} scope="col">{label}</th>'
        asked, arrow, state = name, "", ""
        if self.sort.removeprefix("-") == name:
            down = self.sort.startswith("-")
            asked = name if down else f"-{name}"
            state = f' aria-sort="{"descending" if down else "ascending"}"'
            arrow = f'<span aria-hidden="true"> {"▼" if down else "▲"}</span>'
        rest = without(self.query, "page", "sort")
        address = escape(f"?{rest}&sort={asked}" if rest else f"?sort={asked}")
        link = f'<a href="{address}" hx-get="{address}" {SWAP}>{label}{arrow}</a>'
        return f'<th{css} scope="col"{state}>{link}</th>'

    def _columns(self) -> list[tuple[str, Callable[[Any], str], bool, str]]:
        """Per column: how its cells begin, what reads them, whether it names the row, and what it does not speak of."""
        register = self.register
        linked = register.title_column if register.title_column in self.names else self.names[0]
        found = []
        for name in self.names:
            css = 'class="num" ' if register.is_number(name) else ""
            begin = f'<td {css}data-label="{escape(register.label_of(name))}">'
            quiet = register.computed[name].quiet if name in register.computed else ""
            found.append((begin, register.reader(name), name == linked, quiet))
        return found

    def _lines(self) -> list[str]:
        """The ``<tr>``s."""
        columns, lines, way = self._columns(), [], self._way()
        for at, row in enumerate(self.rows, self.start):
            address = escape(f"{self.register.url_of(row)}{way}{at}" if way else self.register.url_of(row))
            parts = [f'<tr data-href="{address}">', self._check(row)]
            for begin, read, names_row, quiet in columns:
                text = read(row)
                if names_row:
                    parts.append(f'{begin}<a href="{address}">{_named(text)}</a></td>')
                else:
                    parts.append(f"{begin}</td>" if text == quiet else f"{begin}{text_cell(text)}</td>")
            parts.append("</tr>")
            lines.append("".join(parts))
        return lines

    def _way(self) -> str:
        """What the address of a row that steps on to the next one says of this list, but for the row's place in it
        (``lib.cases.onward``).
        """
        if not self.register.steps_on:
            return ""
        query = without(self.query)
        return f"?list={quote(query, safe='')}&at=" if query else "?at="

    def _check(self, row: Any) -> str:
        """The check box with which something can be done in bulk, named by key and version."""
        if not self.checkable:
            return ""
        if row.pk not in self.checkable:
            return NO_CHECK
        name = escape(str(getattr(row, "number", row)))
        box = f'type="checkbox" name="row" value="{row.pk}.{row.version}" aria-label="选择 {name}"'
        return f'<td class="c-check" data-label="选择"><input class="form-check-input" {box}></td>'
