"""``ETag`` of rows with a version: whoever has read a row asks again at the cost of a few bytes."""

from hashlib import sha256
from typing import Any

import orjson
from django.utils.cache import get_conditional_response
from rest_framework.request import Request
from rest_framework.response import Response

from suzhou_portal.lib.api.wire import to_json


def versioned(request: Request, answer: Any) -> Any:
    """The response with one row; 304 for whoever has it (``If-None-Match``).

    The tag begins with the version and tells the whole answer: the light of a clock and what the reader may do change
    while the version stays.
    """
    body = to_json(answer)
    version = answer.get("version") if isinstance(answer, dict) else None
    response = Response(orjson.Fragment(body))
    if version is None:
        return response
    tag = f'"{version}-{sha256(body).hexdigest()[:20]}"'
    response["ETag"], response["Cache-Control"] = tag, "private, no-cache"
    seen = get_conditional_response(request._request, etag=tag, response=response)
    return response if seen is None or seen is response else seen
