"""Bulk actions from the desk: choose, see what will happen, do it, see what became of it, take it back."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from grids.bulk.parameters import BULK_UNDO
from grids.bulk.services import BULKS, Bulk, apply_many, preview
from grids.issues.models import Issue
from grids.issues.reach import warning
from grids.issues.workflow import WORKFLOW
from grids.lists.issue_list import IssueList
from grids.routing.rules import Rule, rules
from suzhou_portal.accounts.guards import require
from suzhou_portal.accounts.roles import Verb
from suzhou_portal.lib.cases.bulk import MOST, Batches, Outcome, keys_of, may_be_undone, refused_words, undo_ends
from suzhou_portal.lib.registers.searchable import make_searchable
from suzhou_portal.rules.parameters import parameter


def _issues(user: Any, keys: Any) -> list[Issue]:
    rows = Issue.objects.visible_to(user, Verb.ISSUES_VIEW).filter(pk__in=list(keys))
    places = ("category", "street", "community", "grid__parent", "organisation")
    return list(rows.select_related(*places).order_by("due_at", "id"))


@require_http_methods(["GET", "HEAD", "POST"])
def bulk(request: HttpRequest) -> HttpResponse:
    """Preview with the inputs; with ``confirmed`` the step itself, and on to what became of it."""
    require(request.user, Verb.ISSUES_KEEP)
    back = _back_to(request)
    chosen = BULKS.get(request.POST.get("action") or "dispatch")
    if request.method != "POST" or chosen is None:
        return redirect(back)
    versions = keys_of(request.POST.getlist("issue"))
    issues = _issues(request.user, versions)
    if not issues or len(versions) > MOST:
        messages.error(request, f"一次最多办理 {MOST} 件。" if issues else f"请先勾选要{chosen.verb}的事件。")
        return redirect(back)
    outcomes = preview(issues, chosen, by=request.user)
    possible = [outcome.row for outcome in outcomes if not outcome.reason]
    if not possible:
        messages.error(request, _refused(chosen, outcomes))
        return redirect(back)
    data = request.POST if "confirmed" in request.POST else None
    form = WORKFLOW.form(possible[0], chosen.action, request.user, data)
    if form.is_bound and form.is_valid():
        done = apply_many(issues, chosen.action, versions=versions, inputs=request.POST, by=request.user)
        batch = _batches(request).remember(done, action=chosen.action, back=_back_to(request))
        return redirect("issue-bulk-result", batch=batch)
    return _show(request, chosen, form, outcomes, versions)


def _back_to(request: HttpRequest) -> str:
    query = QueryDict(request.POST.get("list", "")[:1000])
    kept = IssueList(query, request.user, request).canonical.urlencode()
    return f"{reverse('issue-list')}?{kept}".rstrip("?")


def _show(
    request: HttpRequest, chosen: Bulk, form: Any, outcomes: list[Outcome], versions: dict[int, int]
) -> HttpResponse:
    possible = [outcome for outcome in outcomes if not outcome.reason]
    advice = _common_rule(possible) if chosen.action == "dispatch" else None
    if "organisation" in form.fields:  # the first issue's rule says nothing about the others
        field = form.fields["organisation"]
        if advice is None:
            field.initial, field.help_text = None, ""
    context = {
        "bulk": chosen,
        "form": make_searchable(form),
        "possible": possible,
        "refused": [outcome for outcome in outcomes if outcome.reason],
        "keys": [f"{outcome.row.pk}.{versions[outcome.row.pk]}" for outcome in outcomes],
        "list": request.POST.get("list", "")[:1000],
        "back": _back_to(request),
    }
    return render(request, "grids/bulk/issue_bulk.html", context, status=422 if form.is_bound else 200)


def _common_rule(possible: list[Outcome]) -> Rule | None:
    """The routing rule under which all of ``possible`` fall; None when they differ."""
    found = {rules().rule_for(outcome.row) for outcome in possible}
    return found.pop() if len(found) == 1 else None


def _refused(chosen: Bulk, outcomes: list[Outcome]) -> str:
    refused = sum(bool(outcome.reason) for outcome in outcomes)
    return f"{refused} 件没有{chosen.verb}：{refused_words(outcomes)}。"


# --- afterwards -------------------------------------------------------------------------------


def _batches(request: HttpRequest) -> Batches:
    return Batches(request.session, "issue_batches")


def _batch(request: HttpRequest, name: str) -> dict[str, Any]:
    """A batch of this session. Raises ``Http404`` for any other."""
    found = _batches(request).get(name)
    if found is None:
        raise Http404
    return found


@require_safe
def result(request: HttpRequest, batch: str) -> HttpResponse:
    """What became of a batch, issue by issue, and the way to take it back."""
    require(request.user, Verb.ISSUES_KEEP)
    kept = _batch(request, batch)
    chosen = BULKS[kept["action"]]
    issues = {str(issue.pk): issue for issue in _issues(request.user, {*kept["done"], *kept["refused"]})}
    minutes = parameter(BULK_UNDO)
    undoable = chosen.undo and kept["done"] and may_be_undone(kept, minutes)
    context = {
        "bulk": chosen,
        "batch": batch,
        "back": kept["back"],
        "done_count": len(kept["done"]),
        "done": [issues[key] for key in kept["done"] if key in issues],
        "unheard": warning([issues[key].pk for key in kept["done"] if key in issues]),
        "refused": [(issues[key], reason) for key, reason in kept["refused"].items() if key in issues],
        "undo_until": undo_ends(kept, minutes) if undoable else None,
    }
    return render(request, "grids/bulk/issue_bulk_result.html", context)


@require_POST
def undo(request: HttpRequest, batch: str) -> HttpResponse:
    """Take a batch back: the reverse step with each issue that nobody has touched since."""
    require(request.user, Verb.ISSUES_KEEP)
    kept = _batch(request, batch)
    chosen = BULKS[kept["action"]]
    page = redirect("issue-bulk-result", batch=batch)
    if not chosen.undo or not may_be_undone(kept, parameter(BULK_UNDO)):
        messages.error(request, "已过可整批撤回的时间，或已撤回；请逐件办理。")
        return page
    versions = {int(key): version for key, version in kept["done"].items()}
    issues = _issues(request.user, versions)
    outcomes = apply_many(issues, chosen.undo, versions=versions, inputs=chosen.undo_inputs, by=request.user)
    _batches(request).undone(batch)
    back = sum(not outcome.reason for outcome in outcomes)
    if back:
        messages.success(request, f"已撤回 {back} 件。")
    if back < len(versions):
        words = refused_words(outcomes, named=MOST)
        gone = len(versions) - len(outcomes)
        told = "；".join(filter(None, [words, f"{gone} 件已不在您的管辖范围内" if gone else ""]))
        messages.warning(request, f"{len(versions) - back} 件没有撤回：{told}。")
    return page
