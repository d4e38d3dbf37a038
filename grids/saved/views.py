"""Saved filters of the desk: a name for a query string, one's own or shared with a place."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from grids.lists.issue_list import IssueList
from grids.saved.forms import EditFilterForm, SavedFilterForm
from grids.saved.services import PAGE, editable, share_choices, shared_code, sharing, visible
from suzhou_portal.accounts.guards import require
from suzhou_portal.accounts.models import SavedFilter
from suzhou_portal.accounts.roles import Verb
from suzhou_portal.audit import trail
from suzhou_portal.lib.rows import records
from suzhou_portal.lib.text.free_text import CONFIRM


@require_POST
def save(request: HttpRequest) -> HttpResponse:
    """Keep the filter that is on under a name; the query is reduced to what the filter understands."""
    require(request.user, Verb.ISSUES_VIEW)
    form = SavedFilterForm(request.POST)
    if not form.is_valid():
        for name, errors in form.errors.items():
            if name != CONFIRM:  # there is no place to confirm: a name does without numbers
                messages.error(request, errors[0])
        return redirect("issue-list")
    query = IssueList(QueryDict(form.cleaned_data["query"]), request.user, request).canonical.urlencode()
    row = SavedFilter(user=request.user, page=PAGE, name=form.cleaned_data["name"], query=query)
    try:
        records.create(row, by=request.user)
        messages.success(request, f"已存为常用筛选“{row.name}”。")
    except ValidationError as error:
        messages.error(request, "；".join(error.messages))
    except IntegrityError:  # sent twice at once
        messages.error(request, "已有同名的常用筛选。")
    return redirect(f"{reverse('issue-list')}?{query}")


def _editable(request: HttpRequest, pk: int) -> SavedFilter:
    """The filter. 404 for one that the user does not see, 403 for one that is not theirs to change."""
    require(request.user, Verb.ISSUES_VIEW)
    row = visible(request.user).select_related("user", "street", "community").filter(pk=pk).first()
    if row is None:
        raise Http404
    if not editable(request.user).filter(pk=pk).exists():
        raise PermissionDenied
    return row


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Rename a filter, share it with a place or take it back."""
    row = _editable(request, pk)
    initial = {"name": row.name, "share": shared_code(row)}
    form = EditFilterForm(request.POST or None, initial=initial, choices=share_choices(request.user, row))
    if form.is_valid() and (saved := _stored(row, form, request.user)):
        words = f"，共享给{saved.community or saved.street or '全区'}" if saved.is_shared else "，不共享"
        messages.success(request, f"已保存常用筛选“{saved.name}”{words}。")
        return redirect("issue-list")
    issues = IssueList(QueryDict(row.query), request.user, request)
    words = "；".join([issues.queue.label, *(f"{word['label']}：{word['value']}" for word in issues.words())])
    context = {"row": row, "form": form, "words": words, "mine": row.user_id == request.user.pk}
    return render(request, "grids/saved/saved_filter.html", context, status=422 if form.is_bound else 200)


def _stored(row: SavedFilter, form: EditFilterForm, user: Any) -> SavedFilter | None:
    """The filter as saved; None (and an error in ``form``) when its owner has another one of that name."""
    values = {"name": form.cleaned_data["name"]}
    if form.cleaned_data["share"] != shared_code(row):
        values |= sharing(form.cleaned_data["share"])
    try:
        with transaction.atomic():
            saved: Any = records.update(row, values, by=user)
    except (ValidationError, IntegrityError):
        form.add_error("name", "已有同名的常用筛选。")
        return None
    fresh: SavedFilter = saved
    return fresh


@require_POST
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Forget a filter: one's own, or one shared where one holds office."""
    row = _editable(request, pk)
    with transaction.atomic():
        trail.record("delete", row, by=request.user, changes=trail.diff(trail.snapshot(row), {}))
        row.delete()
    messages.success(request, f"已删除常用筛选“{row.name}”。")
    return redirect("issue-list")
