"""The issue page: the story at the left, what one may do now at the right; and the doing."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from django.contrib import messages
from django.db.models import BooleanField, ExpressionWrapper, Q
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.views.decorators.http import require_http_methods, require_safe

from grids.clock.workflow import ON_REQUEST, pending
from grids.issues.family import family_of
from grids.issues.likeness import similar_open
from grids.issues.models import Issue, Severity, Status
from grids.issues.reach import unreceived, warning_of
from grids.issues.words import holder_name
from grids.issues.workflow import WORKFLOW
from grids.lists import listing
from grids.lists.issue_list import IssueList
from grids.merging.workflow import candidates
from grids.page.papers import papers_of
from grids.page.wording import clock_words, handled_words, step_words, steps_of, visit_words
from grids.reporters.forms import ContactPanel, panel_for
from grids.routing.why import reason_of
from grids.supervision.papers import letters_of
from suzhou_portal.accounts.guards import require
from suzhou_portal.accounts.reach import NOBODY
from suzhou_portal.accounts.roles import Verb
from suzhou_portal.files.pages import panel_of
from suzhou_portal.lib.cases import acting, todo
from suzhou_portal.lib.cases.onward import Onward, onward_of, suffix_of
from suzhou_portal.lib.cases.story import since
from suzhou_portal.lib.registers.searchable import make_searchable
from suzhou_portal.lib.text.search import Search

# After these steps the next issue of the queue is shown, as when calling one reporter after the other.
GO_ON = {"visit": "visits"}
MAX_QUERY = 1000


@dataclass
class Action(acting.Action):
    """A button of the right column with its inputs."""

    is_next: bool = False

    @property
    def is_open(self) -> bool:
        """Its inputs are shown at once: they were sent and something is wrong, or the queue is there for it."""
        return super().is_open or self.is_next

    @property
    def is_decision(self) -> bool:
        """It stands beside the request that it is about."""
        return self.transition.action in ON_REQUEST


def issue_in_scope(request: HttpRequest, number: str) -> Issue:
    """The issue with this number. 403 without the right to view any, 404 outside the scope."""
    require(request.user, Verb.ISSUES_VIEW)
    rows = Issue.objects.visible_to(request.user, Verb.ISSUES_VIEW).select_related(
        "category__parent", "street", "community", "grid__parent", "organisation", "reporter", "contact"
    )
    issue = rows.annotate(nobody_there=ExpressionWrapper(unreceived(), BooleanField())).filter(number=number).first()
    if issue is None:
        raise Http404
    return issue


def _came_from(request: HttpRequest) -> str:
    """The query string of the list that the user came from; "" for none."""
    return (request.GET.get("list") or "")[:MAX_QUERY]


def _suffix(request: HttpRequest) -> str:
    query = _came_from(request)
    return suffix_of(request) or (f"?list={quote(query, safe='')}" if query else "")


@require_safe
def detail(request: HttpRequest, number: str) -> HttpResponse:
    """The page."""
    return show(request, issue_in_scope(request, number))


def show(
    request: HttpRequest,
    issue: Issue,
    failed: Action | None = None,
    *,
    contact: ContactPanel | None = None,
    status: int = 200,
) -> HttpResponse:
    """The page, with the inputs of a ``failed`` action opened and its errors beside them (422).

    ``contact`` takes the place of the usual panel of the reporter.
    """
    actions = _buttons(request, issue, failed)
    acting.numbered(sorted(actions, key=lambda action: (not action.is_decision, action.is_folded)))
    family, letters = family_of(issue, request.user), list(letters_of(issue, request.user))
    events = list(family.events())
    context = {
        "issue": issue,
        "request_pending": pending(issue),
        "decisions": [action for action in actions if action.is_decision],
        "actions": [action for action in actions if not (action.is_folded or action.is_decision)],
        "folded": [action for action in actions if action.is_folded],
        "folded_open": any(action.is_folded and action.is_open for action in actions),
        "contact": contact or panel_for(issue, request.user),
        "family": family,
        "letters": letters,
        "papers": papers_of(issue, letters),
        "steps": steps_of(events, family),
        "why": reason_of(issue, events, request.user),
        "clock": clock_words(issue),
        "step": step_words(issue),
        "holder": holder_name(issue),
        "nobody": NOBODY if getattr(issue, "nobody_there", False) else "",
        "visit": visit_words(issue),
        "is_grave": issue.severity != Severity.NORMAL,
        "attachments": panel_of(issue, request.user),
        "suffix": _suffix(request),
        "searched": Search.of(QueryDict(_came_from(request)).get("q", "")).words,
        "onward": _onward(request, issue),
    }
    return render(request, "grids/page/issue_detail.html", context, status=422 if failed else status)


def _buttons(request: HttpRequest, issue: Issue, failed: Action | None) -> list[Action]:
    """What the user may do now; in the queue that is there for the next step, its inputs are open."""

    def url_of(action: str) -> str:
        return f"{reverse('issue-action', args=[issue.number, action])}{_suffix(request)}"

    actions = acting.buttons(WORKFLOW, issue, request.user, url_of, failed, make_searchable, Action)
    queue = QueryDict(_came_from(request)).get("queue", "")
    for action in actions:
        action.is_next = action.is_main and failed is None and GO_ON.get(action.transition.action) == queue
    return actions


@require_safe
def similar(request: HttpRequest, number: str) -> JsonResponse:
    """What the issue may be merged into, for a combobox: what resembles it, or with ``?q=`` what has these words."""
    issue = issue_in_scope(request, number)
    query = request.GET.get("q", "")[:60].replace("\x00", "").strip()
    if not query:
        text, place = issue.description, issue.place
        likely = similar_open(place=place, category=issue.category, description=text, user=request.user, limit=13)
        found = [row for row in likely if row.pk != issue.pk and row.parent_id is None][:12]
    else:
        wanted = Q(number__icontains=query) | Q(description__icontains=query)
        found = list(candidates(issue, request.user).filter(wanted).order_by("-created_at", "-id")[:12])
    options = [{"value": row.number, "label": f"{row.number} {row.description[:40]}"} for row in found]
    return JsonResponse({"results": options})


def _onward(request: HttpRequest, issue: Issue) -> Onward:
    """The neighbours of ``issue`` in the list that the user came from, and the way back to it."""
    back, query = reverse("issue-list"), _came_from(request)
    if (found := onward_of(issue.get_absolute_url(), request)) is not None:
        return found
    if not query:
        return Onward("", "", back, "返回列表")
    issues = IssueList(QueryDict(query), request.user, request)
    before = after = ""
    if issues.is_valid:
        order = issues.queue.order
        moment = getattr(issue, order[0].removeprefix("-"))
        if moment is None:  # it has left this queue: go on with the first
            first = issues.rows.exclude(pk=issue.pk).order_by(*order)
            after = first.values_list("number", flat=True).first() or ""
        else:
            before, after = listing.neighbours(issues.rows, order, moment, issue.pk)
    pages = [f"/issues/{number}/{_suffix(request)}" if number else "" for number in (before, after)]
    return Onward(*pages, f"{back}?{query}#i{issue.pk}", "返回列表")


@require_http_methods(["GET", "HEAD", "POST"])
def act(request: HttpRequest, number: str, action: str) -> HttpResponse:
    """Apply ``action`` with the inputs sent; a lost race is told, not overwritten (409)."""
    issue = issue_in_scope(request, number)
    if action not in WORKFLOW.by_action:
        raise Http404
    page = issue.get_absolute_url() + _suffix(request)
    if request.method != "POST":  # after signing in again, or without script
        return redirect(f"{page}#act-{action}")
    following = _following(request, issue, action)
    outcome = acting.attempt(request, WORKFLOW, issue, action)
    if outcome.lost is not None:
        return _lost_race(request, issue_in_scope(request, outcome.lost.number), action)
    if outcome.form is not None:
        return show(request, issue, Action(WORKFLOW.by_action[action], make_searchable(outcome.form)))
    fresh = outcome.fresh
    if following and not (fresh.status == Status.CLOSED and fresh.is_complained_of):
        _say(request, fresh, action, page, from_afar=True)
        return redirect(following)
    return _done(request, fresh, action, page)


def _following(request: HttpRequest, issue: Issue, action: str) -> str:
    """The address to go on to after ``action`` in the queue that the user works off; "" to stay."""
    issues = IssueList(QueryDict(_came_from(request)), request.user, request)
    if not (GO_ON.get(action) and issues.is_valid and issues.queue.name == GO_ON[action]):
        return ""
    place = _onward(request, issue)
    return place.next or place.back


def _lost_race(request: HttpRequest, issue: Issue, action: str) -> HttpResponse:
    """What happened meanwhile, what was typed, and how to go on. The same step sent twice is no conflict."""
    events = issue.events.select_related("actor", "organisation").order_by("id")
    steps = since(steps_of(events), issue.version - acting.version_of(request))
    if acting.is_repeated(request, WORKFLOW, issue, action):
        messages.info(request, "这一步先前已办理。")
        return redirect(issue.get_absolute_url() + _suffix(request))
    now = f"{issue.get_status_display()}{f'，由{holder_name(issue)}办理' if issue.holder else ''}。"
    page = issue.get_absolute_url() + _suffix(request)
    address = f"{reverse('issue-action', args=[issue.number, action])}{_suffix(request)}"
    meanwhile = acting.Meanwhile(steps, now, page, address)
    return acting.conflict(request, WORKFLOW, issue, action, meanwhile, make_searchable)


def _now_with(issue: Issue, event: Any) -> str:
    """Where the issue went: "，现由民主街社区核查"; "" when nobody has it or the step itself has said so."""
    if not issue.holder or event.organisation_id:
        return ""
    doing = "核查" if issue.status == Status.ANSWERED else "办理"
    return f"，现由{holder_name(issue)}{doing}"


def _say(
    request: HttpRequest, issue: Issue, action: str, page: str, *, from_afar: bool = False, gone: bool = False
) -> None:
    """Say what was done, where the issue is now, and how to take it back (``from_afar``: on another page;
    ``gone``: it has left the user's sight).
    """
    event = issue.events.select_related("organisation").order_by("-id").first()
    text = format_html("{}{}。{}", handled_words(issue, event), _now_with(issue, event), warning_of(issue))
    if from_afar:
        text += format_html(' <a href="{}">查看</a>', page)
    undo = WORKFLOW.by_action[action].undo
    if undo and any(transition.action == undo for transition in WORKFLOW.available(issue, request.user)):
        text += format_html(' <a href="{}#act-{}">{}</a>', page, undo, WORKFLOW.by_action[undo].label)
    messages.success(request, format_html("{} 此件已不在您的管辖范围内。", text) if gone else text)


def _done(request: HttpRequest, issue: Issue, action: str, page: str) -> HttpResponse:
    """Say what was done; to the list when the issue has left the user's sight."""
    in_sight = Issue.objects.visible_to(request.user, Verb.ISSUES_VIEW).filter(pk=issue.pk).exists()
    _say(request, issue, action, page, gone=not in_sight)
    if in_sight:
        return redirect(page)
    if _came_from(request) == todo.LIST:
        return redirect(todo.URL)
    query = IssueList(QueryDict(_came_from(request)), request.user, request).canonical.urlencode()
    return redirect(f"{reverse('issue-list')}?{query or 'queue=todo'}")
