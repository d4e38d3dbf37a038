"""How the API reads and writes bytes: JSON through orjson, nothing else.

Apart from ``lib.api.answers``, because Django REST framework loads these classes while its own
views are still being imported.
"""

from decimal import Decimal
from typing import Any

import orjson
from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.db.models import Model
from django.utils.functional import Promise
from rest_framework.exceptions import ParseError
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer

from suzhou_portal.lib.text.entering import clean

OPTIONS = orjson.OPT_NON_STR_KEYS
# Bodies nested deeper can be read, but not written again (idempotency, conflicts).
DEEPEST = 200


def _plain(value: Any) -> Any:
    """What orjson does not know by itself: lazy texts and decimals as text, sets as lists, rows as their key."""
    if isinstance(value, (Promise, Decimal)):
        return str(value)
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    if isinstance(value, Model):
        return value.pk
    raise TypeError(f"cannot write {type(value).__name__} as JSON")


def to_json(data: Any) -> bytes:
    """``data`` as JSON in UTF-8. Dates become ISO texts, decimals and lazy texts strings."""
    return orjson.dumps(data, _plain, OPTIONS)


class ORJSONRenderer(BaseRenderer):
    """Writes answers with orjson."""

    media_type = "application/json"
    format = "json"
    charset = None

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> bytes:
        """The body; empty for an answer without data."""
        return b"" if data is None else to_json(data)


def depth_of(data: Any) -> int:
    """How many lists and objects of ``data`` lie in one another."""
    depth, level = 0, [data]
    while level := [item for item in level if isinstance(item, (dict, list))]:
        depth += 1
        level = [part for item in level for part in (item.values() if isinstance(item, dict) else item)]
    return depth


class StrictJSONParser(BaseParser):
    """Reads a request body: one JSON object in UTF-8, or an error 400."""

    media_type = "application/json"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> dict[str, Any]:
        """The object. Raises ``ParseError`` for anything else, ``RequestDataTooBig`` for too much of it."""
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        raw = stream.read(limit + 1)  # Django checks the size only of bodies that it reads itself
        if len(raw) > limit:
            raise RequestDataTooBig
        try:
            data = orjson.loads(raw)
        except orjson.JSONDecodeError as error:
            raise ParseError("请求内容不是有效的 JSON（UTF-8 编码）。", code="invalid_json") from error
        if raw.count(b"[") + raw.count(b"{") > DEEPEST and depth_of(data) > DEEPEST:
            raise ParseError("请求内容的嵌套过深。", code="invalid_json")
        if not isinstance(data, dict):
            raise ParseError("请求内容须为 JSON 对象。", code="invalid_json")
        cleaned: dict[str, Any] = clean(data)
        return cleaned


class JSONNegotiation(BaseContentNegotiation):
    """The answer is JSON, whatever the client says that it accepts."""

    def select_parser(self, request: Any, parsers: Any) -> Any:
        """The parser of the request's content type, or None (answered 415)."""
        kind = (request.content_type or "").partition(";")[0].strip().lower()
        return next((parser for parser in parsers if parser.media_type == kind), None)

    def select_renderer(self, request: Any, renderers: Any, format_suffix: str | None = None) -> Any:
        """The first renderer of the view."""
        return renderers[0], renderers[0].media_type
