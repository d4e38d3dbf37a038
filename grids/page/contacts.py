"""The reporter's contact on the issue page: entered, revealed by a logged click, removed. Never cached."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from grids.issues.models import Issue
from grids.issues.rights import may_keep_contact, may_reveal
from grids.page.views import issue_in_scope, show
from grids.reporters import erasure
from grids.reporters.forms import ContactForm, ContactPanel, RevealForm, panel_for
from grids.reporters.models import ErasureRun
from grids.reporters.parameters import CONTACT_MONTHS
from grids.reporters.services import NoContact, TooManyReveals, remove_contact, reveal_contact, save_contact
from suzhou_portal.accounts.guards import require
from suzhou_portal.accounts.roles import Verb
from suzhou_portal.lib.rows.crypto import CryptoError
from suzhou_portal.lib.rows.records import StaleVersion
from suzhou_portal.rules.parameters import parameter

RUNS_SHOWN = 30
GONE = "没有联系方式，或已清除。"
UNREADABLE = "联系方式暂时无法读取，请联系系统管理员。"


def private(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Decorator: the answer is kept by no cache, and what was typed by no report of an error."""

    @never_cache
    @sensitive_post_parameters()
    @require_http_methods(["GET", "HEAD", "POST"])
    @wraps(view)
    def guarded(request: HttpRequest, number: str) -> HttpResponse:
        issue = issue_in_scope(request, number)
        if request.method != "POST":  # after signing in again
            return redirect(f"{issue.get_absolute_url()}#contact")
        return view(request, issue)

    return guarded


def _answer(request: HttpRequest, panel: ContactPanel, status: int = 200) -> HttpResponse:
    """The panel alone for htmx; for everybody else the issue's page with it."""
    if request.htmx:  # type: ignore[attr-defined]  # set by the middleware
        return render(request, "grids/page/_contact.html", {"contact": panel}, status=status)
    return show(request, panel.issue, contact=panel, status=status)


@private
def reveal(request: HttpRequest, issue: Issue) -> HttpResponse:
    """Show the contact once, on record with the reason given."""
    if not may_reveal(issue, request.user):
        raise PermissionDenied
    form = RevealForm(request.POST, auto_id="id_reveal_%s")
    if not form.is_valid():
        return _answer(request, panel_for(issue, request.user, reveal_form=form), 422)
    try:
        contact = reveal_contact(issue, by=request.user, reason=form.reason)
    except TooManyReveals as error:
        problem = f"您这一小时查看得较多，请 {error.minutes} 分钟后再查看。"
        response = _answer(request, panel_for(issue, request.user, problem=problem), 429)
        response["Retry-After"] = str(error.minutes * 60)
        return response
    except NoContact:
        return _answer(request, panel_for(issue, request.user, problem=GONE), 422)
    except CryptoError:
        return _answer(request, panel_for(issue, request.user, problem=UNREADABLE), 422)
    return _answer(request, panel_for(issue, request.user, revealed=contact))


@private
def save(request: HttpRequest, issue: Issue) -> HttpResponse:
    """Add or replace the contact."""
    if not may_keep_contact(issue, request.user):
        raise PermissionDenied
    form = ContactForm(request.POST)
    if form.is_valid():
        try:
            save_contact(issue, form.contact, by=request.user, version=form.cleaned_data["contact_version"])
        except StaleVersion:
            problem = "刚有他人登记或更正了联系方式，您填写的没有保存，请核对后再填。"
            return _answer(
                request, panel_for(issue_in_scope(request, issue.number), request.user, problem=problem), 409
            )
        except ValidationError as error:
            return _answer(request, panel_for(issue, request.user, problem=error.messages[0]), 422)
        messages.success(request, f"已登记 {issue.number} 的反映人联系方式。")
        return redirect(issue)
    return _answer(request, panel_for(issue, request.user, contact_form=form), 422)


@private
def remove(request: HttpRequest, issue: Issue) -> HttpResponse:
    """Forget the contact on the reporter's wish."""
    if not may_keep_contact(issue, request.user):
        raise PermissionDenied
    try:
        remove_contact(issue, by=request.user)
    except NoContact:
        return _answer(request, panel_for(issue, request.user, problem=GONE), 422)
    except CryptoError:
        return _answer(request, panel_for(issue, request.user, problem=UNREADABLE), 422)
    messages.success(request, f"已删除 {issue.number} 的反映人联系方式。")
    return redirect(issue)


@require_safe
def erasing(request: HttpRequest) -> HttpResponse:
    """For the administrators: what the next erasure would take, as counts per community, and the last runs."""
    require(request.user, Verb.CONTACTS_ERASE)
    before = erasure.cutoff()
    rows = erasure.due_by_community(before)
    context: dict[str, Any] = {
        "before": before,
        "months": parameter(CONTACT_MONTHS),
        "rows": rows,
        **{name: sum(row[name] for row in rows) for name in erasure.SUMS},
        # unscoped: counts of the whole district, for the administrators
        "runs": ErasureRun.objects.order_by("-id")[:RUNS_SHOWN],
    }
    return render(request, "grids/page/erasure.html", context)
