"""Saved filters of the desk: a name for a query string, each user's own."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from grids.forms import SavedFilterForm
from grids.views.desk import SAVED_PAGE, IssueList
from grids.views.entry import require
from suzhou_portal.accounts.models import SavedFilter
from suzhou_portal.accounts.roles import Verb
from suzhou_portal.audit import trail
from suzhou_portal.lib import records
from suzhou_portal.lib.free_text import CONFIRM


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
    row = SavedFilter(user=request.user, page=SAVED_PAGE, name=form.cleaned_data["name"], query=query)
    try:
        records.create(row, by=request.user)
        messages.success(request, f"已存为常用筛选“{row.name}”。")
    except ValidationError as error:
        messages.error(request, "；".join(error.messages))
    except IntegrityError:  # sent twice at once
        messages.error(request, "已有同名的常用筛选。")
    return redirect(f"{reverse('issue-list')}?{query}")


@require_POST
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Forget one of the user's own filters."""
    row = get_object_or_404(SavedFilter.objects.visible_to(request.user), pk=pk, page=SAVED_PAGE)
    with transaction.atomic():
        trail.record("delete", row, by=request.user, changes=trail.diff(trail.snapshot(row), {}))
        row.delete()
    messages.success(request, f"已删除常用筛选“{row.name}”。")
    return redirect("issue-list")
