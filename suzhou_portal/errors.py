"""Errors that reach Django itself: a problem for programs (``/api/``), a page for people."""

import sys
from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import BadRequest
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import Resolver404, resolve
from django.views import defaults

from suzhou_portal.lib.api.problems import problem_response


def _is_api(request: HttpRequest) -> bool:
    return request.path.startswith("/api/")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400; a page says what is missing, where we know it."""
    if _is_api(request):
        return problem_response(400, "bad_request")
    told = str(exception) if isinstance(exception, BadRequest) else ""
    return HttpResponse(render_to_string("400.html", {"told": told}), status=400)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403."""
    if _is_api(request):
        return problem_response(403, "permission_denied")
    return defaults.permission_denied(request, exception)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404."""
    return problem_response(404, "not_found") if _is_api(request) else defaults.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    """500: a bug of ours; the request's number leads to the log. 503 when it is the database that went away."""
    if isinstance(sys.exc_info()[1], (OperationalError, InterfaceError)):
        busy = (
            problem_response(503, "busy")
            if _is_api(request)
            else HttpResponse(render_to_string("503.html"), status=503)
        )
        busy["Retry-After"] = "2"
        return busy
    return problem_response(500, "server_error") if _is_api(request) else defaults.server_error(request)


class BodyLimitMiddleware:
    """Answers 413 to a request whose body is larger than anything the portal takes, without reading it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        length = request.META.get("CONTENT_LENGTH") or "0"
        if length.isdigit() and int(length) <= settings.BODY_LIMIT:
            return self.get_response(request)
        limit = settings.UPLOAD_BODY_LIMIT if _takes_files(request) else settings.BODY_LIMIT
        if length.isdigit() and int(length) <= limit:
            return self.get_response(request)
        if _is_api(request):
            return problem_response(413, "too_large")
        return render(request, "413.html", {"megabytes": limit // 1024**2}, status=413)


def _takes_files(request: HttpRequest) -> bool:
    """The view of this address is marked by ``lib.registers.uploads.takes_files``."""
    try:
        return getattr(resolve(request.path_info).func, "takes_files", False)
    except Resolver404:
        return False
