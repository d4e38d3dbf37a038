"""The page of a mediation: what it is about, what one may do, the talks, the story; its steps and its papers."""

import io
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import BadRequest, PermissionDenied, ValidationError
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from grids.documents import KINDS, Paper, filled, produce, put_on_record
from grids.documents.mediation import outcome_words, papers_of
from grids.forms import make_searchable
from grids.models import Mediation
from grids.views.detail import Action
from grids.views.related import issues_of
from grids.workflow.mediating import MEDIATING, sentence_of
from suzhou_portal.lib.documents import PdfUnavailable, pdf_problem
from suzhou_portal.lib.records import StaleVersion
from suzhou_portal.lib.registers import site
from suzhou_portal.lib.transfers import download
from suzhou_portal.lib.views import DetailPage
from suzhou_portal.lib.workflow import ActionForbidden, ActionNotPossible


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
    actions = []
    for transition in MEDIATING.available(row, user):
        form = make_searchable_rows(MEDIATING.form(row, transition.action, user))
        again = failed is not None and failed.transition is transition
        actions.append(failed if again else Action(transition, form))  # type: ignore[arg-type]
    main = next((action for action in actions if action.transition.is_primary(row)), None)
    if main is not None:
        main.is_main = True
    return sorted(actions, key=lambda action: not action.is_main)


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
    version = request.POST.get("version", "")
    if not (version.isascii() and version.isdigit() and len(version) <= 9):
        raise BadRequest("缺少版本号，请刷新页面后再办。")
    transition = MEDIATING.by_action[action]
    try:
        fresh = MEDIATING.apply(row, action, by=request.user, version=int(version), inputs=request.POST)
    except (StaleVersion, ActionNotPossible):
        return _lost_race(request, number, action)
    except ActionForbidden as error:
        raise PermissionDenied from error
    except ValidationError as error:
        form = make_searchable_rows(MEDIATING.form(row, action, request.user, request.POST))
        if form.is_valid():
            add_errors(form, error)
        return _show(request, row, Action(transition, form), status=422)
    messages.success(request, f"{fresh.number} {transition.sentence}。")
    # Opened again, it may lie where its grid has gone, out of reach.
    return redirect(page if register.find(request.user, number) else register.list_url)


def add_errors(form: forms.Form, error: ValidationError) -> None:
    """What the change refused, beside its inputs."""
    told = error.message_dict if hasattr(error, "error_dict") else {"": error.messages}
    for name, texts in told.items():
        form.add_error(name if name in form.fields else None, texts)


def _lost_race(request: HttpRequest, number: str, action: str) -> HttpResponse:
    """The row as it is now, with what was typed; the same step sent twice is no conflict."""
    row = mediation_in_scope(request, number)
    last = row.events.order_by("-id").first()
    if last is not None and last.action == action and last.actor_id == request.user.pk:
        return redirect(row.get_absolute_url())
    transition = MEDIATING.by_action[action]
    messages.error(request, "这期间他人已办理，请看最新情况后再办。")
    if transition not in MEDIATING.available(row, request.user):
        return _show(request, row, None, status=409)
    form = make_searchable_rows(MEDIATING.form(row, action, request.user, request.POST))
    form.is_valid()
    return _show(request, row, Action(transition, form), status=409)


def _show(request: HttpRequest, row: Mediation, failed: Action | None, *, status: int) -> HttpResponse:
    page = MediationDetail()
    page.setup(request, key=row.number)
    page.register, page.obj = site["mediations"], row
    return page.render({**page.context(), **page_context(request, row, failed)}, status=status)


# --- papers -------------------------------------------------------------------------------------


def _paper(row: Mediation, code: str) -> Paper:
    for paper in papers_of(row):
        if paper.code == code:
            return paper
    raise Http404


@never_cache
@require_GET
def document(request: HttpRequest, number: str, document: str) -> HttpResponse:
    """A form to look at and print."""
    row = mediation_in_scope(request, number)
    paper = _paper(row, document)
    context = filled(paper, row, request.user)
    put_on_record(paper, row, context, by=request.user)
    files = [
        {"label": KINDS[kind][0], "url": reverse("mediations-document-file", args=[number, document, kind])}
        for kind in paper.kinds
    ]
    back = {"back": row.get_absolute_url(), "back_label": "返回调处"}
    more = {"body": paper.body, "files": files, "problem": pdf_problem()}
    return render(request, "documents/page.html", {**context, **back, **more})


@never_cache
@require_GET
def document_file(request: HttpRequest, number: str, document: str, kind: str) -> HttpResponse | FileResponse:
    """The form as a file; back to its page, which says why, where no PDF can be made."""
    row = mediation_in_scope(request, number)
    paper = _paper(row, document)
    if not paper.comes_as(kind):
        raise Http404
    try:
        written = produce(paper, row, kind, by=request.user)
    except PdfUnavailable:
        return redirect("mediations-document", row.number, paper.code)
    return download(io.BytesIO(written), paper.file_name(row, kind), KINDS[kind][1])
