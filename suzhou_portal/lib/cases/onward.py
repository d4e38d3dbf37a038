"""上一件, 下一件: from the page of a row to its neighbours in the list that the reader came from.

The address of the row says which list that was (``?list=``: the query string of the register's own, or ``todo`` for the
one list of all that waits) and at which place the row stood (``&at=``). What was done with the row may have taken it
out of the list: then whatever stands at its place now is the next one.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from django.http import HttpRequest, HttpResponse, QueryDict

from suzhou_portal.lib.registers.listing import ordered
from suzhou_portal.lib.registers.pages import DetailPage, sort_of

LONGEST = 1000
# Lists besides those of registers, by the name that addresses give them: what stands around a place in them.
LISTS: dict[str, Callable[["Came", HttpRequest], "Around"]] = {}


@dataclass(frozen=True)
class Came:
    """Where the reader came from: the ``list`` in words of an address, and the place ``at`` in it."""

    list: str
    at: int

    @classmethod
    def of(cls, request: HttpRequest) -> "Came | None":
        """As the address of ``request`` says; None: from nowhere."""
        place = request.GET.get("at", "")
        if not (place.isascii() and place.isdigit() and len(place) < 6):
            return None
        return cls(request.GET.get("list", "")[:LONGEST].replace("\x00", ""), int(place))

    @property
    def suffix(self) -> str:
        """The same, for the address of a row."""
        return way_to(self.at, self.list)


def way_to(at: int, query: str = "") -> str:
    """What the address of a row says of the list that it is opened from."""
    return f"?list={quote(query, safe='')}&at={at}" if query else f"?at={at}"


def suffix_of(request: HttpRequest) -> str:
    """What the address of ``request`` says of a list, for the addresses of the row's steps; "" for nothing."""
    came = Came.of(request)
    return came.suffix if came else ""


@dataclass(frozen=True)
class Around:
    """The addresses of the rows of a list from place ``start`` on; where ``back`` leads."""

    start: int
    rows: Sequence[str]
    back: str
    label: str


@dataclass(frozen=True)
class Onward:
    """The addresses of the neighbours ("" for none), and the way back to the list."""

    previous: str
    next: str
    back: str
    label: str


def onward(came: Came, around: Around, url: str) -> Onward:
    """The neighbours of the row at ``url``, which may stand in the list more than once."""
    place = came.at - around.start
    found = sorted((n for n, one in enumerate(around.rows) if one == url), key=lambda n: abs(n - place))
    place = found[0] if found else place
    left, right = place - 1, place + 1 if found else place

    def address(index: int) -> str:
        if not 0 <= index < len(around.rows):
            return ""
        return around.rows[index] + way_to(around.start + index, came.list)

    return Onward(address(left), address(right), around.back, around.label)


def around_in(register: Any, came: Came, request: HttpRequest) -> Around | None:
    """The rows around a place in the list of ``register``. One query. None where the list cannot be read."""
    query = QueryDict(came.list)
    filters = register.filterset(query, queryset=register.rows(request.user), request=request)
    if not filters.is_valid():
        return None
    sort = sort_of(register, register.all_columns, query.get("sort", ""))
    start = max(came.at - 1, 0)
    keys = ordered(register, filters.qs, sort).values_list(register.key, flat=True)[start : came.at + 2]
    found = [f"{register.list_url}{key}/" for key in keys]
    return Around(start, found, f"{register.list_url}{'?' if came.list else ''}{came.list}", f"返回{register.title}")


def onward_of(url: str, request: HttpRequest, register: Any = None) -> Onward | None:
    """From the row at ``url`` to its neighbours in the list that ``request`` names; None for none. ``register``: whose
    own list may be meant.
    """
    came = Came.of(request)
    if came is None:
        return None
    if came.list in LISTS:
        return onward(came, LISTS[came.list](came, request), url)
    around = around_in(register, came, request) if register is not None else None
    return onward(came, around, url) if around else None


def came_back(register: Any, request: HttpRequest) -> str:
    """The list that the reader came from, where the row itself has left their sight."""
    came = Came.of(request)
    if came is None:
        return str(register.list_url)
    if came.list in LISTS:
        return LISTS[came.list](came, request).back
    return f"{register.list_url}{'?' if came.list else ''}{came.list}"


class AwaitedPage(DetailPage):
    """The page of a row that may wait for somebody: with the way to the next one."""

    @property
    def suffix(self) -> str:
        """What the address says of the list that the reader came from, for those of the steps."""
        return suffix_of(self.request)

    def render(self, context: dict[str, Any], **kwargs: Any) -> HttpResponse:
        """See the base."""
        register, row = self.register, self.obj
        found = onward_of(register.url_of(row), self.request, register) if row is not None else None
        return super().render({"onward": found, **context}, **kwargs)
