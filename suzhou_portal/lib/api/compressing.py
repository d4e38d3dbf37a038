"""Answers in JSON go over the wire compressed, to whoever takes them so, and stay in no cache on the way."""

import gzip
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.utils.cache import patch_vary_headers

SMALL = 1000  # bytes that are not worth it
LEVEL = 1  # a list shrinks to a tenth already; more takes several times as long


class CompressJSONMiddleware:
    """Compresses bodies of JSON. Pages are left alone: they hold texts of users beside the token of their forms."""

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> Any:
        """The response, compressed where it is JSON."""
        response = self.get_response(request)
        kind = response.get("Content-Type", "").partition(";")[0]
        if response.streaming or not kind.endswith("json") or response.has_header("Content-Encoding"):
            return response
        patch_vary_headers(response, ["Accept-Encoding"])
        response.setdefault("Cache-Control", "private, no-store")
        if len(response.content) >= SMALL and "gzip" in request.headers.get("Accept-Encoding", ""):
            response.content = gzip.compress(response.content, LEVEL, mtime=0)
            response["Content-Encoding"] = "gzip"
            response["Content-Length"] = str(len(response.content))
            if tag := response.get("ETag"):
                response["ETag"] = tag if tag.startswith("W/") else f"W/{tag}"
        return response
