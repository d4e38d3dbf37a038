"""Pages of 五个一: a record with its photos; how far a grid has come with one slot."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from grids.five_ones.models import FiveOne, FiveOneRecord
from grids.places.models import Grid
from suzhou_portal.accounts.guards import require
from suzhou_portal.accounts.roles import Verb
from suzhou_portal.files.pages import panel_of
from suzhou_portal.lib.registers import pages as views
from suzhou_portal.lib.registers.days import DayInput
from suzhou_portal.lib.registers.returning import way_back
from suzhou_portal.lib.rows import records
from suzhou_portal.lib.text.free_text import FreeTextMixin


class RecordDetail(views.DetailPage):
    """A record with its evidence."""

    def context(self) -> dict[str, Any]:
        """With the photos."""
        return {**super().context(), "attachments": panel_of(self.obj, self.request.user)}


class StateForm(FreeTextMixin, forms.ModelForm):
    """How far a grid has come with one slot. ``version``: the record's, 0 while there is none."""

    version = forms.IntegerField(min_value=0, max_value=2_000_000_000, widget=forms.HiddenInput)

    class Meta:
        model = FiveOneRecord
        fields = ("state", "since", "evidence")
        widgets = {
            "state": forms.RadioSelect(),
            "since": DayInput(),
        }
        error_messages = {
            "since": {"required": "请填写日期。", "invalid": "请填写日期，如 2026-01-31。"},
            "state": {"required": "请选择建设情况。"},
        }


def grid_to_change(request: HttpRequest, code: str) -> Grid:
    """The grid in force with this code that the user may change. 404 outside the scope, 403 without the right."""
    require(request.user, Verb.PLACES_VIEW)
    rows = Grid.objects.visible_to(request.user, Verb.PLACES_VIEW).select_related("community", "street", "parent")
    grid = rows.filter(code=code).first() if code.isascii() and code.isdigit() else None
    if grid is None:
        raise Http404
    if not Grid.objects.editable_by(request.user, Verb.GRIDS_EDIT).filter(pk=grid.pk).exists():
        raise PermissionDenied
    return grid


def slot_of(grid: Grid, code: str) -> FiveOne:
    """The slot with this code that the kind of ``grid`` is asked for. Raises ``Http404``."""
    # unscoped: the slots are reference data
    slot = FiveOne.objects.asked().filter(code=code).first() if code.isalnum() else None
    if slot is None or grid.kind not in slot.kinds:
        raise Http404
    return slot


@require_http_methods(["GET", "HEAD", "POST"])
def state(request: HttpRequest, code: str, slot: str) -> HttpResponse:
    """The form of one slot; saved, back to where one came from."""
    grid = grid_to_change(request, code)
    asked = slot_of(grid, slot)
    record = FiveOneRecord.objects.visible_to(request.user, Verb.PLACES_VIEW).filter(grid=grid, slot=asked).first()
    back = way_back(request, f"/grids/grids/{grid.code}/")
    current = record or FiveOneRecord(grid=grid, community=grid.community, street=grid.street, slot=asked)
    form = StateForm(request.POST or None, instance=current, initial={"version": record.version if record else 0})
    if request.method == "POST" and form.is_valid() and _saved(form, record, by=request.user):
        messages.success(request, f"已登记：{grid.full_name} {asked}，{form.instance.get_state_display()}。")
        return redirect(back)
    context = {"grid": grid, "slot": asked, "record": record, "form": form, "back": back}
    return render(request, "grids/five_ones/five_one_state.html", context, status=422 if form.is_bound else 200)


def _saved(form: StateForm, record: FiveOneRecord | None, *, by: Any) -> bool:
    """Store what the form says; False with the error on the form."""
    values = {name: form.cleaned_data[name] for name in StateForm.Meta.fields}
    if form.cleaned_data["version"] != (record.version if record else 0):
        form.add_error(None, "这一项刚被他人登记过，请先看网格页面上的现状，再重新填写。")
        return False
    try:
        if record is None:
            records.create(form.instance, by=by)
        else:
            records.update(record, values, by=by, version=record.version)
    except records.StaleVersion:
        form.add_error(None, "这一项刚被他人登记过，请刷新后重新填写。")
        return False
    except ValidationError as error:
        form.add_error(None, error.messages)
        return False
    return True
