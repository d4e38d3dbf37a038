"""The page of a covenant: the road at the top, what was negotiated, promised and delivered, what one may do now."""

import uuid
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from covenants.agreements.choosing import may_begin
from covenants.agreements.finding import ELSEWHERE, action_url, covenant_in_scope, draft_url
from covenants.agreements.models import Covenant, Side, Status
from covenants.agreements.rights import is_unit, side_of
from covenants.agreements.telling import unreached
from covenants.agreements.wording import drafts_of
from covenants.agreements.workflow import WORKFLOW, sentence_of
from covenants.deliveries.lines import due_words, funds_words, lines_of
from covenants.deliveries.models import Commitment
from covenants.deliveries.satisfaction import satisfaction_with
from covenants.deliveries.services import submit_delivery
from covenants.deliveries.workflow import PRESS, delivery_fields
from covenants.evaluation.sealing import handed_in, readable
from covenants.page.wording import road, waiting_words
from suzhou_portal.files.models import Stage
from suzhou_portal.files.pages import panel_of
from suzhou_portal.files.receiving import key_of, receive, tell
from suzhou_portal.lib.cases import acting
from suzhou_portal.lib.cases.acting import Action
from suzhou_portal.lib.cases.pages import ActPage, CasePage
from suzhou_portal.lib.cases.story import story_of
from suzhou_portal.lib.cases.workflow import ActionForm
from suzhou_portal.lib.registers import site
from suzhou_portal.lib.registers.pages import ListPage
from suzhou_portal.lib.registers.uploads import takes_files
from suzhou_portal.lib.rows.records import ActionNotPossible


class CovenantList(ListPage):
    """The list, with the way to a new covenant."""

    def render(self, context: dict[str, Any], **kwargs: Any) -> HttpResponse:
        """See the base."""
        return super().render({**context, "may_begin": may_begin(self.request.user)}, **kwargs)


class CovenantPage(CasePage):
    """The page; ``delivering`` is the form of a delivery that was refused."""

    delivering: ActionForm | None = None
    asked: int = 0

    def get(self, request: HttpRequest, key: str) -> HttpResponse:
        """The page; ``?deliver=<id>`` opens the form of a delivery beside its commitment."""
        asked = request.GET.get("deliver", "")
        self.asked = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 19 else 0
        return self.render(self.context())

    def actions(self, failed: Action | None = None) -> list[Action]:
        """See the base; a draft has its own page."""
        covenant = self.obj

        def url_of(name: str) -> str:
            return action_url(covenant, name) + self.suffix

        found = acting.buttons(WORKFLOW, covenant, self.request.user, url_of, failed)
        return [one for one in found if one.transition.action != PRESS or not one.hindrance]

    def context(self, failed: Action | None = None) -> dict[str, Any]:
        """See the base."""
        covenant, user = self.obj, self.request.user
        actions = self.actions(failed)
        acting.numbered(sorted((a for a in actions if a.transition.action not in ELSEWHERE), key=lambda a: a.is_folded))
        lines = lines_of(covenant, user)
        self._open_form(lines)
        drafts = drafts_of(covenant)
        evaluations = readable(covenant, user)
        steps = story_of(WORKFLOW, covenant, user)
        return {
            "covenant": covenant,
            "road": road(covenant),
            "waiting": waiting_words(covenant),
            "due": due_words(lines),
            "unreached": unreached(covenant),
            "side": side_of(covenant, user) or "",
            "actions": [a for a in actions if not a.is_folded and a.transition.action not in ELSEWHERE],
            "folded": [a for a in actions if a.is_folded],
            "folded_open": any(a.is_folded and a.is_open for a in actions),
            "may_amend": any(a.transition.action == "amend" for a in actions),
            "draft_url": draft_url(covenant),
            "drafts": drafts,
            "draft_open": covenant.status in (Status.NEGOTIATING, Status.AGREED) or covenant.change_pending,
            "lines": lines,
            "funds": funds_words(lines),
            "may_deliver": is_unit(covenant, user),
            "delivery_key": key_of(self.request.POST.get("submission_key")) or uuid.uuid4(),
            "evaluations": [(covenant.party(row.side), row, _scored(row)) for row in evaluations],
            "sealed": [covenant.party(s) for s in sorted(handed_in(covenant) - {row.side for row in evaluations})],
            "satisfaction": satisfaction_with(covenant.commitments.all()) if covenant.is_signed else None,
            "steps": steps,
            "last_event": steps[-1].key if steps else 0,
            "attachments": panel_of(covenant, user),
            "papers": self.register.papers_of(covenant, self.request.user),
            "renewal": covenant.renewal if covenant.status == Status.CLOSED else None,
            "may_renew": covenant.status == Status.CLOSED and side_of(covenant, user) is not None,
        }

    def _open_form(self, lines: list[Any]) -> None:
        for line in lines:
            if line.row.pk == self.asked and line.takes and is_unit(self.obj, self.request.user):
                line.form = self.delivering or ActionForm(delivery_fields(line.row), auto_id="id_deliver_%s")


def _scored(row: Any) -> list[tuple[Any, int]]:
    return list(zip(row.rubric.items.all(), row.scores, strict=False))


def show(request: HttpRequest, covenant: Covenant, delivering: tuple[int, ActionForm]) -> HttpResponse:
    """422: the page again, with the delivery that was refused opened in its place."""
    page = CovenantPage(register=site["covenants"])
    page.setup(request, key=covenant.number)
    page.obj = covenant
    page.asked, page.delivering = delivering
    return page.render(page.context(), status=422)


class CovenantAct(ActPage):
    """A step. A draft is written on a page of its own; a scan that comes with the signing is attached."""

    takes_files = True

    def get(self, request: HttpRequest, key: str, action: str = "") -> HttpResponse:
        """See the base."""
        return redirect(draft_url(self.obj)) if action in ELSEWHERE else super().get(request, key, action)

    def post(self, request: HttpRequest, key: str, action: str) -> HttpResponse:
        """See the base."""
        return redirect(draft_url(self.obj)) if action in ELSEWHERE else super().post(request, key, action)

    def done(self, row: Covenant, action: str) -> None:
        """See the base."""
        key = key_of(self.request.POST.get("upload_key"))
        tell(self.request, receive(self.request, row, field="scan", stage=Stage.OTHER, key=key))

    def said(self, row: Covenant, transition: Any) -> str:
        """See the base."""
        return f"{row.number} {sentence_of(row.events.order_by('-id').first())}。{waiting_words(row)}"


@takes_files
@require_http_methods(["GET", "HEAD", "POST"])
def deliver(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    """The unit tells what it has delivered, with photos before and after or documents, if it likes."""
    covenant = covenant_in_scope(request, number)
    # unscoped: of a covenant that the user sees
    commitment: Commitment | None = Commitment.objects.filter(covenant=covenant, pk=pk).first()
    if commitment is None:
        raise Http404
    commitment.covenant = covenant
    if side_of(covenant, request.user) != Side.UNIT:
        raise PermissionDenied
    if request.method != "POST":  # after signing in again
        return redirect(f"{covenant.get_absolute_url()}?deliver={commitment.pk}#c{commitment.pk}")
    key = key_of(request.POST.get("submission_key"))
    try:
        delivery = submit_delivery(commitment, request.POST, by=request.user, key=key)
    except ActionNotPossible:
        typed = acting.unsaved_words(ActionForm(delivery_fields(commitment), request.POST))
        messages.error(request, f"“{commitment}”现在不能提交履约。{typed}")
        return redirect(covenant.get_absolute_url())
    except ValidationError as error:
        form = ActionForm(delivery_fields(commitment), request.POST, auto_id="id_deliver_%s")
        if form.is_valid():
            acting.add_errors(form, error)
        return show(request, covenant, (commitment.pk, form))
    outcomes = receive(request, delivery, field="before", stage=Stage.BEFORE, key=key)
    outcomes += receive(request, delivery, field="after", stage=Stage.AFTER, key=key)
    outcomes += receive(request, delivery, field="papers", stage=Stage.OTHER, key=key)
    messages.success(request, f"已提交“{commitment}”的履约记录，等{covenant.place}确认。")
    tell(request, outcomes)
    return redirect(f"{covenant.get_absolute_url()}#c{commitment.pk}")
