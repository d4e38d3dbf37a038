"""The entry page: a community secretary logs an issue in under twenty seconds."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from grids.entry.forms import IssueForm
from grids.entry.hints import hints_on, likely_categories
from grids.issues.files import OWNER
from grids.issues.models import Issue
from grids.issues.services import report_issue
from grids.issues.words import holder_name
from grids.issues.workflow import WORKFLOW
from grids.places.finding import Place, describe, find_places, own_place, place_named
from grids.places.succession import place_of_code
from suzhou_portal.accounts.guards import require
from suzhou_portal.accounts.roles import Verb
from suzhou_portal.files.models import Stage
from suzhou_portal.files.pages import PHOTO_CHOICES, url_of
from suzhou_portal.files.receiving import receive, tell
from suzhou_portal.files.views import wants_json
from suzhou_portal.lib.registers.uploads import takes_files, too_large
from suzhou_portal.lib.text.privacy import personal_numbers

LAST_PLACE = "issue_place"
PHOTOS = "photos"
MAX_TYPED = 2000


def preselected_place(request: HttpRequest) -> tuple[Place | None, bool]:
    """``?place=`` (also of a grid that has changed since, as its sign has it), else the place of the last report
    in this session, else where the user works; and whether it was asked for: then no text changes it.
    """
    for code, asked in ((request.GET.get("place"), True), (request.session.get(LAST_PLACE), False)):
        if code and (place := place_of_code(code[:21], request.user, Verb.ISSUES_REPORT)):
            return place, asked
    return own_place(request.user, Verb.ISSUES_REPORT), False


def draft_name(user: Any) -> str:
    """The name under which the browser keeps what ``user`` types until the server has stored it."""
    return f"issue-new-{user.pk}"


def told(issue: Issue, user: Any) -> SafeString:
    """What is said after a report: the number, who has it now, and the ways on."""
    url = issue.get_absolute_url()
    text = format_html(
        '已上报 <a href="{}">{}</a>，现由{}办理。',
        url,
        issue.number,
        holder_name(issue),
    )
    if any(transition.action == "void" for transition in WORKFLOW.available(issue, user)):
        text += format_html(' 报错了？<a href="{}#act-void">作废</a>', url)
    return text


@takes_files
@sensitive_post_parameters("contact_name", "contact_phone")
@require_http_methods(["GET", "HEAD", "POST"])
def entry(request: HttpRequest) -> HttpResponse:
    """Show the empty form, or store what it says and go on: to the issue, or to the next entry.

    The issue first, its photos afterwards: whatever becomes of them, the issue stands.
    """
    require(request.user, Verb.ISSUES_REPORT)
    if request.method != "POST":
        return _show(request, IssueForm.empty(request.user, *preselected_place(request)))
    form = IssueForm(request.POST, user=request.user)
    if not form.is_valid():
        return _show(request, form, status=422)
    report = form.report()
    try:
        issue = report_issue(report, by=request.user)
    except ValidationError as error:
        form.add_error("submission_key", error.messages)
        return _show(request, form, status=422)
    request.session[LAST_PLACE] = report.place.code
    if (issue.description, issue.category_id) != (report.description.strip(), report.category.pk):
        # The same submission again with other words: the first one stands.
        messages.warning(request, f"此件先前已上报，编号 {issue.number}，内容以首次上报的为准。")
    else:
        messages.success(request, told(issue, request.user))
    key = form.cleaned_data["submission_key"]
    tell(request, receive(request, issue, field=PHOTOS, stage=Stage.BEFORE, key=key))
    onward = reverse("issue-new") if "again" in request.POST else issue.get_absolute_url()
    if wants_json(request):  # a script that sends the photos one by one
        page = {"url": issue.get_absolute_url(), "number": issue.number}
        return JsonResponse({**page, "onward": onward, "attachments": url_of(issue)})
    return redirect(onward)


def _show(request: HttpRequest, form: IssueForm, status: int = 200) -> HttpResponse:
    context = {
        "form": form,
        "draft": draft_name(request.user),
        "may_log_many": request.user.can(Verb.ISSUES_KEEP),
        "photo_choices": PHOTO_CHOICES,
        "max_bytes": settings.FILE_HARD_LIMIT,
        "most_photos": OWNER.file_limit,
        # No browser keeps chosen files in a form that comes back.
        "photos_again": bool(request.FILES or too_large(request) or request.POST.get("photos_chosen")),
    }
    if form.is_bound and form["description"].errors == [] and form["category"].errors:
        context["suggested"] = likely_categories(form["description"].value() or "")
    return render(request, "grids/entry/issue_new.html", context, status=status)


@require_safe
def hints(request: HttpRequest) -> HttpResponse:
    """While somebody types: the place that the text names, unless one was chosen; likely categories, similar open
    issues, personal numbers (a fragment).
    """
    require(request.user, Verb.ISSUES_REPORT)
    text = request.GET.get("description", "")[:MAX_TYPED].replace("\x00", "")
    code = request.GET.get("category", "")[:10].replace("\x00", "")
    place = place_named(request.GET.get("place", "")[:21].replace("\x00", ""), request.user, Verb.ISSUES_REPORT)
    found = hints_on(text, place, code, user=request.user, chosen=bool(request.GET.get("place_chosen")))
    context = {
        "suggested": found.categories,
        "named": (found.named.code, describe(found.named)) if found.named else None,
        "similar": found.similar,
        "chosen": code,
        "numbers": personal_numbers(text),
    }
    return render(request, "grids/entry/_hints.html", context)


@require_safe
def places(request: HttpRequest) -> HttpResponse:
    """Places for the combobox: ``?q=`` by name or pinyin, in the scope in which the user may report."""
    require(request.user, Verb.ISSUES_REPORT)
    found = find_places(request.GET.get("q", "")[:60], request.user, verb=Verb.ISSUES_REPORT, limit=12)
    return JsonResponse({"results": [{"value": place.code, "label": describe(place)} for place in found]})


def entry_url(place_code: str) -> str:
    """The entry page with a place chosen."""
    return f"{reverse('issue-new')}?place={place_code}"
