"""Pages on which terms are written: a new covenant, a draft, a renewal."""

import uuid
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from covenants.agreements.choosing import Cause, PartiesForm, cause_of, may_begin, sides_to_begin
from covenants.agreements.finding import covenant_in_scope
from covenants.agreements.models import Covenant, Side
from covenants.agreements.rights import is_party, side_of
from covenants.agreements.services import begin, renew
from covenants.agreements.terms import Terms
from covenants.agreements.workflow import WORKFLOW
from covenants.drafting.forms import DraftForm
from covenants.page.wording import waiting_words
from suzhou_portal.files.receiving import key_of
from suzhou_portal.lib.cases.acting import last_event_of, version_of
from suzhou_portal.lib.cases.story import Told, since, story_of
from suzhou_portal.lib.registers.days import DayInput
from suzhou_portal.lib.rows.records import ActionForbidden, ActionNotPossible, StaleVersion
from suzhou_portal.lib.text.free_text import CONFIRM


def steps_since(request: HttpRequest, covenant: Covenant) -> list[Told]:
    """The steps that the page did not know yet."""
    return since(story_of(WORKFLOW, covenant, request.user), 1, last_event_of(request))


def _grown(request: HttpRequest, draft: DraftForm) -> bool:
    """A button asked for one more row, not for sending: the form comes back with it."""
    added = request.POST.get("add", "")
    if added == "item":
        draft.add_item()
    elif added:
        draft.add_node(added)
    return bool(added)


# --- A new covenant ---------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def begin_page(request: HttpRequest) -> HttpResponse:
    """Choose the other party and write the first draft; ``?need=`` and ``?offer=`` fill in what they say."""
    user: Any = request.user
    if not may_begin(user):
        raise PermissionDenied
    sides = list(sides_to_begin(user))
    wanted = request.POST.get("side") or request.GET.get("side") or ""
    side = Side(wanted) if wanted in sides else sides[0]
    cause = cause_of(user, request.GET.get("need", ""), request.GET.get("offer", ""))
    if request.method != "POST":
        parties = PartiesForm(user=user, side=side, initial=cause.parties())
        return _show_begin(request, side, parties, DraftForm(terms=cause.terms(), named=""), cause)
    parties = PartiesForm(request.POST, user=user, side=side)
    draft = DraftForm(request.POST, named=parties.title())
    if _grown(request, draft):
        return _show_begin(request, side, parties, draft, cause)
    if not all([parties.is_valid(), draft.is_valid()]):
        return _show_begin(request, side, parties, draft, cause, status=422)
    key = key_of(request.POST.get("submission_key"))
    try:
        covenant = begin(parties.covenant(), by=user, terms=draft.terms, note=draft.note, key=key)
    except PermissionError as error:
        raise PermissionDenied from error
    except ValidationError as error:
        draft.add_error(error)
        return _show_begin(request, side, parties, draft, cause, status=422)
    messages.success(request, f"已发起商谈，编号 {covenant.number}，等{covenant.party(side.other)}答复。")
    return redirect(covenant.get_absolute_url())


def _show_begin(
    request: HttpRequest, side: Side, parties: PartiesForm, draft: DraftForm, cause: Cause, *, status: int = 200
) -> HttpResponse:
    context = {
        "side": side,
        "sides": list(sides_to_begin(request.user)),
        "parties": parties,
        "draft": draft,
        "cause": cause,
        "key": key_of(request.POST.get("submission_key")) or uuid.uuid4(),
        "query": request.GET.urlencode(),
    }
    return render(request, "covenants/drafting/covenant_new.html", context, status=status)


# --- A draft ----------------------------------------------------------------------------------


def _newest(covenant: Covenant) -> Terms:
    """What the next draft starts from."""
    row = covenant.revisions.filter(index=covenant.revision).first()
    return Terms.of(row.terms) if row else Terms(covenant.title, timezone.localdate(), timezone.localdate())


@require_http_methods(["GET", "HEAD", "POST"])
def draft_page(request: HttpRequest, number: str) -> HttpResponse:
    """Write the next draft, beginning with the newest; sent to the other side, who sees what changed."""
    covenant = covenant_in_scope(request, number)
    if not is_party(covenant, request.user):
        raise PermissionDenied
    if not any(t.action == "amend" for t in WORKFLOW.available(covenant, request.user)):
        messages.error(request, f"{covenant.number} {covenant.get_status_display()}，现在不能提出修改稿。")
        if request.method == "POST":  # what was written stays in sight
            steps = steps_since(request, covenant)
            return _show_draft(request, covenant, DraftForm(request.POST), steps=steps, status=409)
        return redirect(covenant.get_absolute_url())
    if request.method != "POST":
        return _show_draft(request, covenant, DraftForm(terms=_newest(covenant)))
    draft = DraftForm(request.POST, terms=_newest(covenant))
    if _grown(request, draft):
        return _show_draft(request, covenant, draft, version=version_of(request))
    if not draft.is_valid():
        return _show_draft(request, covenant, draft, version=version_of(request), status=422)
    inputs = {"terms": draft.terms.json(), "note": draft.note, CONFIRM: "on"}  # asked beside each text
    try:
        fresh = WORKFLOW.apply(covenant, "amend", by=request.user, version=version_of(request), inputs=inputs)
    except (StaleVersion, ActionNotPossible):
        covenant = covenant_in_scope(request, number)
        if _is_stored(covenant, draft.terms, request.user):
            return redirect(covenant.get_absolute_url())
        steps = steps_since(request, covenant)
        return _show_draft(request, covenant, draft, steps=steps, status=409)
    except ActionForbidden as error:
        raise PermissionDenied from error
    except ValidationError as error:
        draft.add_error(error)
        return _show_draft(request, covenant, draft, version=version_of(request), status=422)
    messages.success(
        request, f"已提出第 {fresh.revision} 稿，等{fresh.party(side_of(fresh, request.user).other)}答复。"
    )
    return redirect(fresh.get_absolute_url())


def _is_stored(covenant: Covenant, terms: Terms | None, user: Any) -> bool:
    """The same draft sent twice is no conflict."""
    row = covenant.revisions.filter(index=covenant.revision, by=user).first()
    return row is not None and terms is not None and Terms.of(row.terms) == terms


def _show_draft(
    request: HttpRequest,
    covenant: Covenant,
    draft: DraftForm,
    *,
    version: int = 0,
    steps: list[Any] | None = None,
    status: int = 200,
) -> HttpResponse:
    last = covenant.events.order_by("-id").values_list("pk", flat=True).first() or 0
    context = {
        "covenant": covenant,
        "draft": draft,
        "version": version or covenant.version,
        "last_event": last if steps or not request.POST.get("last_event", "").isdigit() else request.POST["last_event"],
        "steps": steps,
        "waiting": waiting_words(covenant),
        "other": covenant.party(side_of(covenant, request.user).other),
    }
    return render(request, "covenants/drafting/covenant_draft.html", context, status=status)


# --- A renewal --------------------------------------------------------------------------------


class RenewalForm(forms.Form):
    """The new term."""

    use_required_attribute = False
    begins = forms.DateField(
        label="新协议起",
        widget=DayInput(),
        error_messages={"required": "请填写起始日期。", "invalid": "请按 2026-11-22 的样子填写日期。"},
    )
    ends = forms.DateField(
        label="新协议止",
        widget=DayInput(),
        error_messages={"required": "请填写截止日期。", "invalid": "请按 2026-11-22 的样子填写日期。"},
    )

    def clean(self) -> dict[str, Any]:
        """The days in order."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if data.get("begins") and data.get("ends") and data["ends"] < data["begins"]:
            self.add_error("ends", "截止日期不能早于起始日期。")
        return data


@require_http_methods(["GET", "HEAD", "POST"])
def renew_page(request: HttpRequest, number: str) -> HttpResponse:
    """Begin a covenant that follows a closed one; what was agreed becomes its first draft."""
    covenant = covenant_in_scope(request, number)
    if not is_party(covenant, request.user):
        raise PermissionDenied
    if following := covenant.renewal:
        messages.info(request, f"{covenant.number} 已续约。")
        return redirect(following.get_absolute_url())
    first = _after(covenant)
    form = RenewalForm(request.POST if request.method == "POST" else None, initial=first)
    if request.method == "POST" and form.is_valid():
        try:
            fresh = renew(covenant, by=request.user, **form.cleaned_data)
        except ActionNotPossible:
            messages.error(request, f"{covenant.number} {covenant.get_status_display()}，现在不能续约。")
            return redirect(covenant.get_absolute_url())
        except ValidationError as error:
            form.add_error(None, error)
        else:
            other = fresh.party(side_of(fresh, request.user).other)
            messages.success(request, f"已按原协议发起续约 {fresh.number}，可再修改，等{other}答复。")
            return redirect(fresh.get_absolute_url())
    context = {"covenant": covenant, "form": form}
    return render(request, "covenants/drafting/covenant_renew.html", context, status=422 if form.is_bound else 200)


def _after(covenant: Covenant) -> dict[str, Any]:
    """As long as before, beginning the day after, or today if that has passed."""
    if covenant.begins is None or covenant.ends is None:
        return {}
    begins = max(covenant.ends + timedelta(days=1), timezone.localdate())
    return {"begins": begins, "ends": begins + (covenant.ends - covenant.begins)}
