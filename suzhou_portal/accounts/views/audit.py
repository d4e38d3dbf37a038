"""The auditor's page: the whole trail, filtered, one entry in full, and as a file."""

from typing import Any

from django.conf import settings
from django.core.signing import BadSignature
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from suzhou_portal.accounts.audit_files import KINDS, LIMIT, write_entries
from suzhou_portal.accounts.guards import needs
from suzhou_portal.accounts.roles import Verb
from suzhou_portal.audit import describing, trail
from suzhou_portal.audit.filters import AuditFilter
from suzhou_portal.audit.models import AuditEntry
from suzhou_portal.lib.api.paging import after, position_of, signer
from suzhou_portal.lib.rows.counts import capped_counts, capped_text

PAGE_SIZE = 50
COUNTED = 1000
ORDER = ("-at", "-id")
SIGNER = signer("audit")
# Filters that the page folds away until they are used.
MORE = ("source", "address", "request_id", "q")


def entries() -> QuerySet[AuditEntry]:
    """The trail with its actors; who may see it sees all of it (pages are guarded by the verb), of confidential rows
    only that something happened (``describing.cover``).
    """
    return AuditEntry.objects.select_related("actor")  # unscoped: the auditor's scope is the whole trail


def _position(request: HttpRequest) -> list[Any] | None:
    """Where the page begins: behind the entry that ``before`` names; None for the newest."""
    text = request.GET.get("before")
    if not text:
        return None
    try:
        position = SIGNER.unsign_object(text)
    except (BadSignature, ValueError, UnicodeError):
        return None
    return position if isinstance(position, list) and len(position) == len(ORDER) else None


@require_safe
@needs(Verb.AUDIT_VIEW)
def entry_list(request: HttpRequest) -> HttpResponse:
    """The trail, newest first, by key: a deep page costs what the first one costs."""
    chosen = AuditFilter(request.GET, queryset=entries(), request=request)
    found = chosen.qs
    position = _position(request)
    rows = found.filter(after(ORDER, position)) if position else found
    shown = list(rows.order_by(*ORDER)[: PAGE_SIZE + 1])
    older = SIGNER.sign_object(position_of(shown[PAGE_SIZE - 1], ORDER)) if len(shown) > PAGE_SIZE else ""
    (count,) = capped_counts([found], COUNTED)
    context = {
        "filter": chosen,
        "rows": [_line(entry) for entry in describing.cover(shown[:PAGE_SIZE])],
        "older": older,
        "later_page": position is not None,
        "count": capped_text(count, COUNTED),
        "query": _query(request),
        "limit": f"{LIMIT:,}",
        "demo_load": entries().filter(action="demo.load").order_by("id").first() if settings.DEMO else None,
        "more": MORE,
        "more_used": any(request.GET.get(name) for name in MORE),
    }
    return render(request, "audit/entry_list.html", context)


def _line(entry: AuditEntry) -> dict[str, Any]:
    return {
        "entry": entry,
        "action": describing.action_name(entry.action),
        "type": describing.type_name(entry.object_type),
        "fields": "、".join(describing.fields_of(entry)),
    }


def _query(request: HttpRequest) -> str:
    """The filters of the request as a query string, without the page's position and empty ones."""
    params = request.GET.copy()
    params.pop("before", None)
    for name in [name for name, value in params.items() if not value]:
        del params[name]
    return params.urlencode()


@require_safe
@needs(Verb.AUDIT_VIEW)
def entry_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One entry: every changed field before and after."""
    (entry,) = describing.cover([get_object_or_404(entries(), pk=pk)])
    context = {
        **_line(entry),
        "changes": describing.changes_of([entry])[entry.pk],
        "details": describing.details_of(entry),
    }
    return render(request, "audit/entry_detail.html", context)


@require_safe
@needs(Verb.AUDIT_VIEW)
def export(request: HttpRequest, kind: str) -> HttpResponse:
    """The filtered entries as a file, the newest ``LIMIT`` of them; taking it away is itself audited."""
    if kind not in KINDS:
        raise Http404
    chosen = AuditFilter(request.GET, queryset=entries(), request=request)
    if not chosen.is_valid():
        return HttpResponse("筛选条件有误，请返回修改。", status=400, content_type="text/plain; charset=utf-8")
    content, count = write_entries(chosen.qs.order_by(*ORDER)[:LIMIT], kind)
    told = {name: str(value) for name, value in chosen.form.cleaned_data.items() if value not in (None, "")}
    with transaction.atomic():
        details = {"file": "审计记录", "format": kind, "rows": count, "filters": told}
        trail.record("export", None, by=request.user, changes=details)
    response = HttpResponse(content, content_type=KINDS[kind])
    response["Content-Disposition"] = f'attachment; filename="audit.{kind}"'
    response["Cache-Control"] = "no-store"
    return response
