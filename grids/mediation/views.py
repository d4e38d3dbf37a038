"""The page of a mediation: what it is about, what one may do, the talks, the story; its steps and its papers."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from grids.mediation.models import Mediation
from grids.mediation.papers import outcome_words, papers_of
from grids.mediation.related import issues_of
from grids.mediation.workflow import MEDIATING, sentence_of
from suzhou_portal.lib.cases import acting
from suzhou_portal.lib.cases.acting import Action
from suzhou_portal.lib.cases.papers import named, paper_file, paper_page
from suzhou_portal.lib.registers import site
from suzhou_portal.lib.registers.pages import DetailPage
from suzhou_portal.lib.registers.searchable import make_searchable


def mediation_in_scope(request: HttpRequest, number: str) -> Mediation:
    """The mediation with this number. 403 without the right to view any, 404 outside the scope."""
    register = site["mediations"]
    if not register.may_view(request.user):
        raise PermissionDenied
    row: Mediation | None = register.find(request.user, number)
    if row is None:
        raise Http404
    return row


class MediationDetail(DetailPage):
    """The page."""

    def context(self) -> dict[str, Any]:
        """See the base."""
        return {**super().context(), **page_context(self.request, self.obj)}


def page_context(request: HttpRequest, row: Mediation, failed: Action | None = None) -> dict[str, Any]:
    """What the page shows besides the facts, with the inputs of a ``failed`` action opened."""
    actions = buttons(row, request.user, failed)
    return {
        "row": row,
        "actions": [action for action in actions if not action.is_folded],
        "folded": [action for action in actions if action.is_folded],
        "folded_open": any(action.is_folded and action.is_open for action in actions),
        "outcome": outcome_words(row),
        "mediators": [str(row) for row in row.mediators.filter(session=None).select_related("post", "organisation")],
        "talks": row.sessions.select_related("by").prefetch_related("mediators__post", "mediators__organisation"),
        "steps": [
            (event, sentence_of(event)) for event in row.events.select_related("actor") if event.action != "session"
        ],
        "issues": issues_of(row, request.user),
        "papers": papers_of(row),
        "may_edit": site["mediations"].may_change(request.user, row),
    }


def buttons(row: Mediation, user: Any, failed: Action | None = None) -> list[Action]:
    """What the user may do now, what is to be done next first."""
    at = row.get_absolute_url()
    return acting.buttons(MEDIATING, row, user, lambda name: f"{at}act/{name}/", failed, make_searchable_rows)


def make_searchable_rows(form: forms.Form) -> forms.Form:
    """Organisations and categories are found by typing; leaders, who are few, stay boxes to tick."""
    leaders = form.fields.pop("leaders", None)
    kept = list(form.fields)
    make_searchable(form)
    if leaders is not None and leaders.queryset.exists():  # type: ignore[attr-defined]
        form.fields["leaders"] = leaders
        kept.insert(kept.index("roles") + 1, "leaders")
        form.order_fields(kept)
    if "organisation" in form.fields and not form.fields["organisation"].queryset.exists():  # type: ignore[attr-defined]
        del form.fields["organisation"]
    return form


@require_http_methods(["GET", "POST"])
def act(request: HttpRequest, number: str, action: str) -> HttpResponse:
    """Apply ``action``; a lost race is told, not overwritten."""
    row, register = mediation_in_scope(request, number), site["mediations"]
    if action not in MEDIATING.by_action:
        raise Http404
    page = row.get_absolute_url()
    if request.method != "POST":
        return redirect(f"{page}#act-{action}")
    outcome = acting.attempt(request, MEDIATING, row, action)
    if outcome.lost is not None:
        return _lost_race(request, mediation_in_scope(request, number), action)
    transition = MEDIATING.by_action[action]
    if outcome.form is not None:
        return _show(request, row, Action(transition, make_searchable_rows(outcome.form)), status=422)
    messages.success(request, f"{row.number} {transition.sentence}。")
    # Opened again, it may lie where its grid has gone, out of reach.
    return redirect(page if register.find(request.user, number) else register.list_url)


def _lost_race(request: HttpRequest, row: Mediation, action: str) -> HttpResponse:
    """What happened meanwhile, and what was typed; the same step sent twice is no conflict."""
    events = list(row.events.select_related("actor").order_by("id"))[acting.version_of(request) :] or [
        row.events.select_related("actor").latest("id")
    ]
    if len(events) == 1 and (events[0].action, events[0].actor_id) == (action, request.user.pk):
        return redirect(row.get_absolute_url())
    return acting.conflict(
        request,
        MEDIATING,
        row,
        action,
        acting.Meanwhile(
            steps=[
                acting.Told(event.at, str(event.actor or "系统"), sentence_of(event), event.note) for event in events
            ],
            now=f"{row.get_status_display()}。",
            back=row.get_absolute_url(),
            address=request.path,
        ),
        prepare=make_searchable_rows,
    )


def _show(request: HttpRequest, row: Mediation, failed: Action | None, *, status: int) -> HttpResponse:
    page = MediationDetail()
    page.setup(request, key=row.number)
    page.register, page.obj = site["mediations"], row
    return page.render({**page.context(), **page_context(request, row, failed)}, status=status)


# --- papers -------------------------------------------------------------------------------------


@never_cache
@require_GET
def document(request: HttpRequest, number: str, document: str) -> HttpResponse:
    """A form to look at and print."""
    row = mediation_in_scope(request, number)
    return paper_page(request, row, named(papers_of(row), document), "返回调处")


@never_cache
@require_GET
def document_file(request: HttpRequest, number: str, document: str, kind: str) -> HttpResponse:
    """The form as a file."""
    row = mediation_in_scope(request, number)
    return paper_file(request, row, named(papers_of(row), document), kind)
