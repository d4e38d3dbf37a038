"""Bulk assignment from the desk: choose, see what will happen, do it."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from grids.forms import make_searchable
from grids.models import Issue
from grids.services.bulk import ACTION, Outcome, dispatch_many, preview_dispatch
from grids.views.desk import IssueList
from grids.views.entry import require
from grids.workflow import WORKFLOW
from suzhou_portal.accounts.roles import Verb

MOST = 100
NAMED = 10


def _keys(values: list[str]) -> dict[int, int]:
    """Issue key → version seen, from ``12.3`` (key.version); what cannot be read is left out."""
    found = {}
    for value in values[: MOST + 1]:
        key, _dot, version = value.partition(".")
        if value.isascii() and key.isdigit() and version.isdigit() and len(key) <= 18 and len(version) <= 9:
            found[int(key)] = int(version)
    return found


@require_http_methods(["GET", "POST"])
def bulk(request: HttpRequest) -> HttpResponse:
    """Preview with the inputs, and with ``confirmed`` the dispatch itself; then back to the list."""
    require(request.user, Verb.ISSUES_KEEP)
    back = _back_to(request)
    if request.method != "POST":
        return redirect(back)
    versions = _keys(request.POST.getlist("issue"))
    rows = Issue.objects.visible_to(request.user, Verb.ISSUES_VIEW).filter(pk__in=list(versions))
    issues = list(rows.select_related("category", "street", "community", "grid__parent").order_by("due_at", "id"))
    if not issues or len(versions) > MOST:
        messages.error(request, f"一次最多派办 {MOST} 件。" if issues else "请先勾选要派办的事件。")
        return redirect(back)
    possible = [outcome for outcome in preview_dispatch(issues, by=request.user) if not outcome.reason]
    if not possible:
        messages.error(request, _refused(preview_dispatch(issues, by=request.user)))
        return redirect(back)
    form = WORKFLOW.form(possible[0].issue, ACTION, request.user, request.POST if "confirmed" in request.POST else None)
    if form.is_bound and form.is_valid():
        done = dispatch_many(
            issues,
            versions=versions,
            organisation=form.cleaned_data["organisation"].pk,
            note=form.cleaned_data["note"],
            not_personal=form.confirmed,
            by=request.user,
        )
        _tell(request, done, form.cleaned_data["organisation"])
        return redirect(back)
    return _show(request, form, issues, versions)


def _back_to(request: HttpRequest) -> str:
    query = QueryDict(request.POST.get("list", "")[:1000])
    kept = IssueList(query, request.user, request).canonical.urlencode()
    return f"{reverse('issue-list')}?{kept}".rstrip("?")


def _show(request: HttpRequest, form: Any, issues: list[Issue], versions: dict[int, int]) -> HttpResponse:
    outcomes = preview_dispatch(issues, by=request.user)
    context = {
        "form": make_searchable(form),
        "possible": [outcome for outcome in outcomes if not outcome.reason],
        "refused": [outcome for outcome in outcomes if outcome.reason],
        "keys": [f"{issue.pk}.{versions[issue.pk]}" for issue in issues],
        "list": request.POST.get("list", "")[:1000],
        "back": _back_to(request),
    }
    return render(request, "grids/issue_bulk.html", context, status=422 if form.is_bound else 200)


def _refused(outcomes: list[Outcome]) -> str:
    refused = [outcome for outcome in outcomes if outcome.reason]
    named = "；".join(f"{outcome.issue.number} {outcome.reason}" for outcome in refused[:NAMED])
    more = f"；另有 {len(refused) - NAMED} 件" if len(refused) > NAMED else ""
    return f"{len(refused)} 件没有派办：{named}{more}。"


def _tell(request: HttpRequest, outcomes: list[Outcome], organisation: Any) -> None:
    done = sum(not outcome.reason for outcome in outcomes)
    if done:
        messages.success(request, f"已派办 {done} 件给 {organisation}。")
    if done < len(outcomes):
        messages.warning(request, _refused(outcomes))
