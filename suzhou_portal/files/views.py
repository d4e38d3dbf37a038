"""The pages of attachments: looking at them, adding and removing them. They know no owner by name."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_http_methods, require_safe

from suzhou_portal.files import serving
from suzhou_portal.files.models import Attachment
from suzhou_portal.files.owners import OWNERS, Owner
from suzhou_portal.files.pages import panel_of
from suzhou_portal.files.receiving import receive, tell
from suzhou_portal.files.services import may_remove, remove
from suzhou_portal.lib.registers.uploads import takes_files

FIELD = "file"


def wants_json(request: HttpRequest) -> bool:
    """A script asks, not somebody who will read the answer as a page."""
    return request.headers.get("Accept", "").startswith("application/json")


def _owner_in_scope(request: HttpRequest, name: str, key: int) -> tuple[Owner, Any]:
    """The owner's declaration and row. 403 without the right to view any, 404 outside the scope."""
    owner = OWNERS.get(name)
    if owner is None:
        raise Http404
    user: Any = request.user
    if not user.can(owner.view_verb):
        raise PermissionDenied
    row = owner.rows(user).filter(pk=key).first() if key < 2**63 else None
    if row is None:
        raise Http404
    return owner, row


def _attachment_in_scope(request: HttpRequest, key: int) -> Attachment:
    user: Any = request.user
    if not any(user.can(owner.view_verb) for owner in OWNERS.values()):
        raise PermissionDenied
    return serving.found(Attachment.objects.visible_to(user), key)


@takes_files
@require_http_methods(["GET", "HEAD", "POST"])
def attachments(request: HttpRequest, owner: str, key: int) -> HttpResponse:
    """GET: the part of the owner's page that shows its attachments, for the script. POST: add files to it."""
    declared, row = _owner_in_scope(request, owner, key)
    page = f"{row.get_absolute_url()}#attachments"
    if request.method != "POST":
        if not request.htmx:  # type: ignore[attr-defined]
            response: HttpResponse = redirect(page)
        else:
            response = render(request, "files/_attachments.html", {"attachments": panel_of(row, request.user)})
        patch_vary_headers(response, ["HX-Request"])
        return response
    if not declared.may_add(row, request.user):
        raise PermissionDenied
    outcomes = receive(
        request, row, field=FIELD, stage=request.POST.get("stage", ""), key=request.POST.get("upload_key")
    )
    if wants_json(request):
        results = [{"name": outcome.name, "error": outcome.reason or None} for outcome in outcomes]
        return JsonResponse({"results": results}, status=200 if any(not row["error"] for row in results) else 422)
    if outcomes:
        tell(request, outcomes)
    else:
        messages.warning(request, "请先选择照片或文件。")
    return redirect(page)


@require_safe
def download(request: HttpRequest, pk: int) -> HttpResponse:
    """The file: photos are shown (``?save`` saves them), documents saved."""
    return serving.answer(request, _attachment_in_scope(request, pk), saving="save" in request.GET)


@require_safe
def thumbnail(request: HttpRequest, pk: int) -> HttpResponse:
    """The small picture of a photo."""
    return serving.answer(request, _attachment_in_scope(request, pk), thumbnail=True)


@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Take one's own attachment away."""
    attachment = _attachment_in_scope(request, pk)
    row = attachment.owner.rows(request.user).filter(pk=attachment.owner_key).first()
    if row is None:  # shown with another row, and none of this user's
        raise PermissionDenied
    page = f"{row.get_absolute_url()}#attachments"
    if request.method != "POST":  # after signing in again
        return redirect(page)
    if not may_remove(attachment, row, request.user):
        raise PermissionDenied
    remove(attachment, by=request.user)
    messages.success(request, f"已删除{attachment.get_kind_display()} {attachment.name}。")
    return redirect(page)
