"""Paging by key: a page begins after the last row of the one before, however deep it is.

A cursor is the position of a row in the order, signed for its list: that of another list is
refused. Two rows never share a position, for the last field of every order is unique, so a
row is neither skipped nor shown twice when others come in between.
"""

from collections.abc import Sequence
from typing import Any

from django.core.signing import BadSignature, Signer
from django.db.models import Model, Q
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response

from suzhou_portal.audit.trail import plain
from suzhou_portal.lib.api.problems import Problem
from suzhou_portal.lib.rows.stretches import stretch

FORWARD, BACK = "n", "p"


def signer(of: str) -> Signer:
    """What signs the positions of the list called ``of``: values of another would not fit its order."""
    return Signer(salt=f"portal.cursor:{of}")


def reversed_order(ordering: Sequence[str]) -> list[str]:
    """The opposite of ``ordering`` (names as in ``order_by``)."""
    return [name[1:] if name.startswith("-") else f"-{name}" for name in ordering]


def after(ordering: Sequence[str], position: Sequence[Any]) -> Q:
    """The rows behind ``position`` in ``ordering``; the fields must not be null.

    Written as ``a <= x AND (a < x OR (a = x AND b < y))``: the first condition lets the
    database begin in the middle of the index, which the plain OR form does not.
    """
    names = [name.removeprefix("-") for name in ordering]
    signs = ["lt" if name.startswith("-") else "gt" for name in ordering]
    beyond = Q()
    for index in reversed(range(len(names))):
        step = Q(**{f"{names[index]}__{signs[index]}": position[index]})
        beyond = step | Q(Q(**{names[index]: position[index]}), beyond) if beyond else step
    if len(names) == 1:
        return beyond
    return Q(**{f"{names[0]}__{signs[0]}e": position[0]}) & beyond


def position_of(row: Any, ordering: Sequence[str]) -> list[Any]:
    """The values of ``row`` (a model instance or a dict) that place it in ``ordering``."""
    position = []
    for name in ordering:
        value = row
        for part in (name.removeprefix("-"),) if isinstance(row, dict) else name.removeprefix("-").split("__"):
            value = value[part] if isinstance(value, dict) else getattr(value, part)
        position.append(plain(value) if not isinstance(value, Model) else value.pk)
    return position


class KeysetPagination(BasePagination):
    """``{"next", "previous", "results"}``; ``?page_size=`` to 200 and an opaque ``?cursor=``.

    The view names its order in ``keyset``, e.g. ``("-created_at", "-id")``: fields that are
    never null, the last one unique. Rows are model instances or dicts; a view whose rows
    are something else has ``keyset_position(row) -> list``. ``unread`` names columns that its answers do not tell.
    """

    page_size = 50
    max_page_size = 200
    parameters = frozenset({"cursor", "page_size"})

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        """The rows of the requested page, in order. Raises 400 for a bad cursor or size."""
        self.request = request
        ordering: Sequence[str] = view.get_keyset() if hasattr(view, "get_keyset") else view.keyset
        place = getattr(view, "keyset_position", None) or (lambda row: position_of(row, ordering))
        size = self.size_of(request)
        direction, position = self.read_cursor(request, len(ordering))
        wanted = reversed_order(ordering) if direction == BACK else list(ordering)
        rows = queryset.order_by(*wanted)
        if position is not None:
            rows = rows.filter(after(wanted, position))
        found = stretch(rows, 0, size + 1, getattr(view, "unread", frozenset()))
        more, found = len(found) > size, found[:size]
        if direction == BACK:
            found.reverse()
        has_next = more if direction == FORWARD else position is not None
        has_previous = more if direction == BACK else position is not None
        self.next = self.link(FORWARD, place(found[-1])) if found and has_next else None
        self.previous = self.link(BACK, place(found[0])) if found and has_previous else None
        return found

    def size_of(self, request: Request) -> int:
        """The requested page size; 400 unless it is a number from 1 to 200."""
        raw = request.query_params.get("page_size")
        if raw is None:
            return self.page_size
        if not (raw.isascii() and raw.isdigit() and len(raw) <= 3 and 1 <= int(raw) <= self.max_page_size):
            self.refuse("page_size", f"须为 1 至 {self.max_page_size} 的整数。")
        return int(raw)

    def read_cursor(self, request: Request, length: int) -> tuple[str, list[Any] | None]:
        """(direction, position) of the request; ``("n", None)`` for the first page."""
        raw = request.query_params.get("cursor")
        if raw is None:
            return FORWARD, None
        try:
            direction, *position = signer(request.path).unsign_object(raw)
        except (BadSignature, ValueError, TypeError, UnicodeError):
            direction, position = "", []
        if direction not in (FORWARD, BACK) or len(position) != length:
            self.refuse("cursor", "翻页位置无效，请从第一页重新开始。")
        return direction, position

    def refuse(self, name: str, message: str) -> None:
        """Raise the problem of a bad paging parameter."""
        raise Problem(400, "validation_error", errors={name: [message]})

    def link(self, direction: str, position: list[Any]) -> str:
        """The address of the page that begins at ``position``."""
        query = self.request.query_params.copy()
        query["cursor"] = signer(self.request.path).sign_object([direction, *map(plain, position)])
        return self.request.build_absolute_uri(f"{self.request.path}?{query.urlencode()}")

    def get_paginated_response(self, data: Any) -> Response:
        """The page around ``data``."""
        return Response({"next": self.next, "previous": self.previous, "results": data})

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """The page in the OpenAPI document."""
        link = {"type": "string", "nullable": True, "format": "uri"}
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {"next": link, "previous": link, "results": schema},
        }

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        """The paging parameters in the OpenAPI document."""
        size = {"type": "integer", "minimum": 1, "maximum": self.max_page_size, "default": self.page_size}
        return [
            {"name": "page_size", "in": "query", "required": False, "description": "每页条数", "schema": size},
            {
                "name": "cursor",
                "in": "query",
                "required": False,
                "description": "翻页位置，取自 next 或 previous",
                "schema": {"type": "string"},
            },
        ]
