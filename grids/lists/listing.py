"""Issues as lists show them: rows from ``values()``, named from the kept names, paged by key.

The desk, "my grid" and prev/next of the issue page share this. Dates and marks are made
here, before the template's loop, which only writes them out.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html import escape
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote

from django.db.models import BooleanField, ExpressionWrapper
from django.db.models.functions import Left
from django.utils import timezone
from django.utils.safestring import SafeString

from grids.issues.models import UNCOUNTED, Holder, IssueQuerySet, Light, Status, light_at
from grids.issues.reach import unreceived
from grids.places.models import grid_called
from grids.places.names import Names, names
from grids.searching.highlighting import LENGTH, line_of, pieces_of
from suzhou_portal.accounts.reach import NOBODY
from suzhou_portal.lib.api.paging import after, reversed_order
from suzhou_portal.lib.text.search import Word
from suzhou_portal.lib.text.snippets import highlight
from suzhou_portal.templatetags.portal import light_html, short_time

PAGE_SIZE = 50
TEXT_LENGTH = LENGTH
COLUMNS = (
    *("id", "version", "number", "status", "holder", "category_id", "street_id", "community_id", "grid_id"),
    *(
        "organisation_id",
        "grid__name",
        "grid__kind",
        "grid__parent__name",
        "warn_at",
        "due_at",
        "suspended_at",
        "closed_at",
        "created_at",
        "closed_level",
        "visit_until",
        "visit_attempts",
    ),
)
WHOLE_TEXTS = ("description", "address")
STATUS_WORDS = dict(Status.choices)
# What of a row is text, and so has to be escaped in markup.
ROW_TEXTS = ("key", "number", "href", "category", "place", "text", "holder")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


class BadPosition(ValueError):
    """A page position that this list did not give."""


@dataclass(frozen=True)
class IssuePage:
    """One page of a list; ``newer`` and ``older`` are the positions to go on from, "" at the ends."""

    rows: list[dict[str, Any]]
    newer: str
    older: str


def position_text(row: dict[str, Any], order: Sequence[str]) -> str:
    """Where ``row`` stands in ``order`` (a time and the key), for a URL."""
    moment: datetime = row[order[0].removeprefix("-")]
    return f"{(moment - EPOCH) // MICROSECOND}.{row['id']}"


def read_position(text: str) -> tuple[datetime, int]:
    """The time and key of :func:`position_text`. Raises :class:`BadPosition`."""
    moment, dot, key = text.partition(".")
    if not (dot and text.isascii() and moment.isdigit() and key.isdigit() and len(moment) <= 17 and len(key) <= 18):
        raise BadPosition(text)
    try:
        return EPOCH + int(moment) * MICROSECOND, int(key)
    except OverflowError as error:
        raise BadPosition(text) from error


def page_of(
    rows: IssueQuerySet,
    order: Sequence[str],
    *,
    after_text: str = "",
    before_text: str = "",
    size: int = PAGE_SIZE,
    whole: bool = False,
) -> IssuePage:
    """The page of ``rows`` behind ``after_text`` or before ``before_text``; one query.

    ``whole``: with the whole texts, for :func:`mark`. Raises :class:`BadPosition`.
    """
    back = bool(before_text)
    wanted = reversed_order(order) if back else list(order)
    rows = rows.order_by(*wanted)
    if text := before_text or after_text:
        rows = rows.filter(after(wanted, read_position(text)))
    columns = (*COLUMNS, *WHOLE_TEXTS) if whole else COLUMNS
    unheard = ExpressionWrapper(unreceived(), BooleanField())
    found = list(rows.values(*columns, text=Left("description", TEXT_LENGTH + 1), unreceived=unheard)[: size + 1])
    more, found = len(found) > size, found[:size]
    if back:
        found.reverse()
    has_newer = more if back else bool(after_text)
    has_older = bool(before_text) if back else more
    return IssuePage(
        rows=found,
        newer=position_text(found[0], order) if found and has_newer else "",
        older=position_text(found[-1], order) if found and has_older else "",
    )


def neighbours(rows: IssueQuerySet, order: Sequence[str], moment: datetime, key: int) -> tuple[str, str]:
    """The numbers of the issues before and behind the one that stands at (``moment``, ``key``); "" for none.

    Two queries, however long the list; the issue itself need not be in it any more.
    """
    found = []
    for wanted in (reversed_order(order), list(order)):
        row = rows.filter(after(wanted, (moment, key))).order_by(*wanted).values_list("number", flat=True).first()
        found.append(row or "")
    return found[0], found[1]


def _name(table: dict[int, Any], key: int | None) -> str:
    named = table.get(key) if key else None
    return named.name if named else ""


def grid_name(row: dict[str, Any]) -> str:
    """The grid of ``row``, a building with its compound: "春风家园 2号楼"; "" for none."""
    return grid_called(row["grid__name"], row["grid__kind"], row["grid__parent__name"]) if row["grid__name"] else ""


def place_name(row: dict[str, Any], kept: Names, *, with_street: bool = False) -> str:
    """The place of ``row``, short: its community (with ``with_street`` its street, too) and grid."""
    parts = [_name(kept.communities, row["community_id"])]
    if with_street or not parts[0]:
        parts.insert(0, _name(kept.streets, row["street_id"]))
    parts.append(grid_name(row))
    return " ".join(filter(None, parts))


def holder_name(row: dict[str, Any], kept: Names) -> str:
    """Who has ``row`` in hand; "" for nobody."""
    holder = row["holder"]
    if holder == Holder.ORGANISATION:
        return _name(kept.organisations, row["organisation_id"])
    if holder == Holder.GRID:
        return grid_name(row)
    if holder == Holder.COMMUNITY:
        return _name(kept.communities, row["community_id"])
    if holder == Holder.STREET:
        return _name(kept.streets, row["street_id"])
    return {Holder.DISTRICT: "区级", Holder.PARTS: Holder.PARTS.label}.get(holder, "")


def answerer_name(row: dict[str, Any], kept: Names) -> str:
    """Who answered the closed ``row``: the organisation that it was sent to, else the level that answered for it."""
    holder = Holder.ORGANISATION if row["organisation_id"] else row["closed_level"]
    return holder_name({**row, "holder": holder}, kept)


def light_of(row: dict[str, Any], now: datetime) -> str:
    """The light of ``row``: now while open, at closure when closed; "" when void or merged."""
    if row["status"] in UNCOUNTED:
        return ""
    return light_at(row["warn_at"], row["due_at"], row["closed_at"] or now, row["suspended_at"])


def _to_visit(row: dict[str, Any], kept: Names) -> dict[str, str]:
    """What stands in the columns of a row whose reporter is to be asked."""
    attempts = row["visit_attempts"]
    return {
        "holder": answerer_name(row, kept),
        "status_word": f"未接 {attempts} 次" if attempts else "待回访",
        "due": short_time(row["closed_at"]),
        "created": short_time(row["visit_until"]),
    }


def shown(
    rows: Iterable[dict[str, Any]], *, query: str = "", community_known: bool = False, visiting: bool = False
) -> list[dict[str, Any]]:
    """``rows`` as the template writes them out.

    ``query`` is the list's query string, carried along so that the issue page knows its
    neighbours. ``community_known``: the reader has one community, which need not be named.
    ``visiting``: for those who ask the reporters, who want to know when it was closed by whom.
    """
    kept, now = names(), timezone.now()
    suffix = f"?list={quote(query, safe='')}" if query else ""
    result = []
    for row in rows:
        text = row["text"]
        light, word = light_of(row, now), ""
        if row["closed_at"] is not None and light != Light.OVERDUE:
            light, word = Light.NORMAL.value, "按期"
        place = (community_known and grid_name(row)) or place_name(row, kept)
        result.append(
            {
                "id": row["id"],
                "key": f"{row['id']}.{row['version']}",
                "number": row["number"],
                "href": f"/issues/{row['number']}/{suffix}",
                "category": _name(kept.categories, row["category_id"]),
                "place": place,
                "text": f"{text[:TEXT_LENGTH]}…" if len(text) > TEXT_LENGTH else text,
                "holder": f"{holder_name(row, kept)}（{NOBODY}）" if row.get("unreceived") else holder_name(row, kept),
                "status": row["status"],
                "status_word": STATUS_WORDS[row["status"]],
                "light": light_html(light, word),
                "due": short_time(row["due_at"]),
                "created": short_time(row["created_at"]),
                **(_to_visit(row, kept) if visiting else {}),
            }
        )
    return result


def mark(lines: Iterable[dict[str, Any]], rows: Iterable[dict[str, Any]], words: Sequence[Word]) -> None:
    """Mark ``words`` in ``lines``, made by :func:`shown` of ``rows`` of a page with whole texts.

    What is found deeper in a text, or in a note, takes the place of its beginning. One query at most.
    """
    pairs = list(zip(lines, rows, strict=True))
    looked = ((SimpleNamespace(**row), f"{line['number']} {line['category']} {line['place']}") for line, row in pairs)
    found = pieces_of(looked, words)
    for line, row in pairs:
        marked = {name: highlight(line[name], words, inside=True).html() for name in ("number", "category", "place")}
        line["marked"] = {**marked, "text": line_of(row["description"], found[row["id"]], words).html()}


def table_rows(rows: Iterable[dict[str, Any]], *, checkable: bool) -> SafeString:
    """The ``<tr>``s of the desk's table for rows of :func:`shown`.

    Written here and not in the template: fifty rows of twelve variables are most of the cost
    of the page. Everything is escaped, but the light and the marks of :func:`mark`, which are our own markup.
    """
    lines = []
    for row in rows:
        text = {name: escape(str(row[name])) for name in ROW_TEXTS}
        shown_as = text | row.get("marked", {})
        check = (
            f'<td class="c-check"><input class="form-check-input" type="checkbox" name="issue" '
            f'value="{text["key"]}" aria-label="选择 {text["number"]}"></td>'
            if checkable
            else ""
        )
        lines.append(
            f'<tr id="i{row["id"]}" data-href="{text["href"]}">{check}'
            f'<td class="c-number"><a href="{text["href"]}">{shown_as["number"]}</a></td>'
            f'<td class="c-category">{shown_as["category"]}</td><td class="c-place">{shown_as["place"]}</td>'
            f'<td class="c-text">{shown_as["text"]}</td><td class="c-holder">{text["holder"]}</td>'
            f'<td class="c-status">{row["status_word"]}</td><td class="c-light">{row["light"]}</td>'
            f'<td class="c-due">{row["due"]}</td><td class="c-created">{row["created"]}</td></tr>'
        )
    return SafeString("\n".join(lines))
