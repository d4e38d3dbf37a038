"""Gives every request an id and tells the trail which surface it came from."""

import uuid
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from suzhou_portal.audit.models import AuditEntry
from suzhou_portal.audit.origin import client_address
from suzhou_portal.audit.trail import audit_context


class AuditContextMiddleware:
    """Adds ``request.request_id`` and the ``X-Request-ID`` header; sets the audit context."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request_id = uuid.uuid4().hex
        source = AuditEntry.Source.API if request.path.startswith("/api/") else AuditEntry.Source.WEB
        request.request_id = request_id  # type: ignore[attr-defined]
        device = request.META.get("HTTP_USER_AGENT", "")[:400]
        with audit_context(source, request_id, client_address(request), device):
            response = self.get_response(request)
        response["X-Request-ID"] = request_id
        return response
