"""Bulk actions from the desk: choose, see what will happen, do it, see what became of it, take it back."""

import secrets
from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from grids.bulk.parameters import BULK_UNDO
from grids.bulk.services import BULKS, MOST, Bulk, Outcome, apply_many, preview
from grids.issues.models import Issue
from grids.issues.workflow import WORKFLOW
from grids.lists.issue_list import IssueList
from grids.routing.rules import Rule, rules
from suzhou_portal.accounts.guards import require
from suzhou_portal.accounts.roles import Verb
from suzhou_portal.lib.registers.searchable import make_searchable
from suzhou_portal.rules.parameters import parameter

# The session remembers the last batches of its user; older ones can be taken back one by one.
BATCHES, KEPT = "issue_batches", 5


def _keys(values: list[str]) -> dict[int, int]:
    """Issue key → version seen, from ``12.3`` (key.version); what cannot be read is left out."""
    found = {}
    for value in values[: MOST + 1]:
        key, _dot, version = value.partition(".")
        if value.isascii() and key.isdigit() and version.isdigit() and len(key) <= 18 and len(version) <= 9:
            found[int(key)] = int(version)
    return found


def _issues(user: Any, keys: Any) -> list[Issue]:
    rows = Issue.objects.visible_to(user, Verb.ISSUES_VIEW).filter(pk__in=list(keys))
    places = ("category", "street", "community", "grid__parent", "organisation")
    return list(rows.select_related(*places).order_by("due_at", "id"))


@require_http_methods(["GET", "POST"])
def bulk(request: HttpRequest) -> HttpResponse:
    """Preview with the inputs; with ``confirmed`` the step itself, and on to what became of it."""
    require(request.user, Verb.ISSUES_KEEP)
    back = _back_to(request)
    chosen = BULKS.get(request.POST.get("action") or "dispatch")
    if request.method != "POST" or chosen is None:
        return redirect(back)
    versions = _keys(request.POST.getlist("issue"))
    issues = _issues(request.user, versions)
    if not issues or len(versions) > MOST:
        messages.error(request, f"一次最多办理 {MOST} 件。" if issues else f"请先勾选要{chosen.verb}的事件。")
        return redirect(back)
    outcomes = preview(issues, chosen, by=request.user)
    possible = [outcome.issue for outcome in outcomes if not outcome.reason]
    if not possible:
        messages.error(request, _refused(chosen, outcomes))
        return redirect(back)
    data = request.POST if "confirmed" in request.POST else None
    form = WORKFLOW.form(possible[0], chosen.action, request.user, data)
    if form.is_bound and form.is_valid():
        done = apply_many(issues, chosen.action, versions=versions, inputs=request.POST, by=request.user)
        return redirect("issue-bulk-result", batch=_remember(request, chosen, done))
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
        "keys": [f"{outcome.issue.pk}.{versions[outcome.issue.pk]}" for outcome in outcomes],
        "list": request.POST.get("list", "")[:1000],
        "back": _back_to(request),
    }
    return render(request, "grids/bulk/issue_bulk.html", context, status=422 if form.is_bound else 200)


def _common_rule(possible: list[Outcome]) -> Rule | None:
    """The routing rule under which all of ``possible`` fall; None when they differ."""
    found = {rules().rule_for(outcome.issue) for outcome in possible}
    return found.pop() if len(found) == 1 else None


def _refused(chosen: Bulk, outcomes: list[Outcome], named: int = 10) -> str:
    refused = [outcome for outcome in outcomes if outcome.reason]
    words = "；".join(f"{outcome.issue.number} {outcome.reason}" for outcome in refused[:named])
    more = f"；另有 {len(refused) - named} 件" if len(refused) > named else ""
    return f"{len(refused)} 件没有{chosen.verb}：{words}{more}。"


# --- afterwards -------------------------------------------------------------------------------


def _remember(request: HttpRequest, chosen: Bulk, outcomes: list[Outcome]) -> str:
    """Put what was done into the session; returns the batch's name."""
    batch = secrets.token_hex(8)
    kept = list(request.session.get(BATCHES, {}).items())[1 - KEPT :]
    request.session[BATCHES] = {
        **dict(kept),
        batch: {
            "action": chosen.action,
            "at": timezone.now().isoformat(),
            "back": _back_to(request),
            "done": {str(outcome.issue.pk): outcome.issue.version for outcome in outcomes if not outcome.reason},
            "refused": {str(outcome.issue.pk): outcome.reason for outcome in outcomes if outcome.reason},
        },
    }
    return batch


def _batch(request: HttpRequest, name: str) -> dict[str, Any]:
    """A batch of this session. Raises ``Http404`` for any other."""
    found: dict[str, Any] | None = request.session.get(BATCHES, {}).get(name)
    if found is None:
        raise Http404
    return found


def _undo_ends(batch: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(batch["at"]) + timedelta(minutes=parameter(BULK_UNDO))


@require_GET
def result(request: HttpRequest, batch: str) -> HttpResponse:
    """What became of a batch, issue by issue, and the way to take it back."""
    require(request.user, Verb.ISSUES_KEEP)
    kept = _batch(request, batch)
    chosen = BULKS[kept["action"]]
    issues = {str(issue.pk): issue for issue in _issues(request.user, {*kept["done"], *kept["refused"]})}
    ends = _undo_ends(kept)
    undoable = chosen.undo and not kept.get("undone") and timezone.now() < ends
    context = {
        "bulk": chosen,
        "batch": batch,
        "back": kept["back"],
        "done_count": len(kept["done"]),
        "done": [issues[key] for key in kept["done"] if key in issues],
        "refused": [(issues[key], reason) for key, reason in kept["refused"].items() if key in issues],
        "undo_until": ends if undoable and kept["done"] else None,
    }
    return render(request, "grids/bulk/issue_bulk_result.html", context)


@require_POST
def undo(request: HttpRequest, batch: str) -> HttpResponse:
    """Take a batch back: the reverse step with each issue that nobody has touched since."""
    require(request.user, Verb.ISSUES_KEEP)
    kept = _batch(request, batch)
    chosen = BULKS[kept["action"]]
    page = redirect("issue-bulk-result", batch=batch)
    if not chosen.undo or kept.get("undone") or timezone.now() >= _undo_ends(kept):
        messages.error(request, "已过可整批撤回的时间，或已撤回；请逐件办理。")
        return page
    versions = {int(key): version for key, version in kept["done"].items()}
    issues = _issues(request.user, versions)
    outcomes = apply_many(issues, chosen.undo, versions=versions, inputs=chosen.undo_inputs, by=request.user)
    kept["undone"] = True
    request.session.modified = True
    back = sum(not outcome.reason for outcome in outcomes)
    if back:
        messages.success(request, f"已撤回 {back} 件。")
    if back < len(versions):
        words = "；".join(f"{outcome.issue.number} {outcome.reason}" for outcome in outcomes if outcome.reason)
        gone = len(versions) - len(outcomes)
        told = "；".join(filter(None, [words, f"{gone} 件已不在您的管辖范围内" if gone else ""]))
        messages.warning(request, f"{len(versions) - back} 件没有撤回：{told}。")
    return page
