"""Errors that reach Django itself: a problem for programs (``/api/``), a page for people."""

from django.http import HttpRequest, HttpResponse
from django.views import defaults

from suzhou_portal.lib.problems import problem_response


def _is_api(request: HttpRequest) -> bool:
    return request.path.startswith("/api/")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400."""
    return problem_response(400, "bad_request") if _is_api(request) else defaults.bad_request(request, exception)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403."""
    if _is_api(request):
        return problem_response(403, "permission_denied")
    return defaults.permission_denied(request, exception)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404."""
    return problem_response(404, "not_found") if _is_api(request) else defaults.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    """500: a bug of ours; the request's number leads to the log."""
    return problem_response(500, "server_error") if _is_api(request) else defaults.server_error(request)
