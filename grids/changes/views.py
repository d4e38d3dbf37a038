"""Pages of the grid's operations: choose, see in words and counts what will happen, confirm once, see what became."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from grids.changes.forms import FORMS, OperationForm, fingerprint
from grids.changes.moving import Outcome, moved_words
from grids.changes.services import preview
from grids.changes.words import issues_by_target, sentences
from grids.five_ones.views import grid_to_change
from grids.issues.models import Issue
from grids.places.models import Grid
from suzhou_portal.accounts.roles import Verb

NOT_CARRIED = frozenset({"csrfmiddlewaretoken", "confirmed", "edit", "seen"})
CHANGED = "您看过之后，这里又有了变动（新的事件、任职或网格）。下面是按现在的情况重新算的，请再看一遍。"


def _lines(data: QueryDict) -> list[tuple[str, str]]:
    """What was typed, as hidden fields."""
    return [(name, value) for name, values in data.lists() if name not in NOT_CARRIED for value in values]


@require_http_methods(["GET", "HEAD", "POST"])
def operate(request: HttpRequest, code: str, kind: str) -> HttpResponse:
    """The form, the preview of what it says, or (confirmed) the change itself."""
    grid = grid_to_change(request, code)
    if not grid.in_force:
        when = f"已于 {grid.ends:%Y-%m-%d} 停用" if grid.ends else "尚未启用"
        messages.warning(request, f"{grid.full_name} {when}，不能再变动；变动的结果见下。")
        return redirect("registers:grids-detail", key=grid.code)
    form = FORMS[kind](request.POST or None, grid=grid, user=request.user)
    if request.method != "POST" or "edit" in request.POST:
        return _form(request, form, grid)
    if not form.is_valid():
        return _form(request, form, grid, status=422)
    seen = fingerprint(form.involved())
    try:
        if "confirmed" in request.POST and request.POST.get("seen") == seen:
            outcome = form.carry_out()
            return _done(request, form, outcome)
        outcome = preview(form.carry_out)
    except ValidationError as error:
        for message in error.messages:
            form.add_error(None, message)
        return _form(request, form, grid, status=422)
    return _preview(request, form, outcome, seen)


def _form(request: HttpRequest, form: OperationForm, grid: Grid, status: int = 200) -> HttpResponse:
    if "edit" in request.POST:
        form.errors.clear()  # on the way back from the preview nothing is wrong
    context = {"form": form, "grid": grid, "back": f"/grids/grids/{grid.code}/"}
    if form.kind == "split":
        # unscoped: of a grid that the user may change
        lower = Issue.objects.open().filter(grid__in=Grid.objects.filter(parent__in=form.children).values("pk"))
        context["waiting_below"] = lower.count()
    return render(request, f"grids/changes/operation_{form.kind}.html", context, status=status)


def _preview(request: HttpRequest, form: OperationForm, outcome: Outcome, seen: str) -> HttpResponse:
    late = "confirmed" in request.POST
    context: dict[str, Any] = {
        "form": form,
        "grid": form.grid,
        "back": f"/grids/grids/{form.grid.code}/",
        "sentences": list(sentences(outcome)),
        "issues": issues_by_target(outcome),
        "moved": moved_words(outcome.counts),
        "lines": _lines(request.POST),
        "seen": seen,
        "changed": CHANGED if late else "",
    }
    return render(request, "grids/changes/operation_preview.html", context, status=409 if late else 200)


def _done(request: HttpRequest, form: OperationForm, outcome: Outcome) -> HttpResponse:
    told = "，".join(moved_words(outcome.counts))
    messages.success(request, f"已{form.verb}{form.grid.full_name}" + (f"：{told}。" if told else "。"))
    user: Any = request.user
    user.__dict__.pop("_scopes", None)
    if user.can(Verb.PLACES_VIEW):
        return redirect("registers:grid-changes-detail", key=outcome.change.pk)
    return redirect("home")
