"""Pages of the grids' signs: a sheet for A4, and the code of one grid as a file."""

from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from communities.directory.models import Community
from grids.coverage.services import grids_in
from grids.places.asking import asked_place
from grids.places.finding import place_named
from grids.places.leaders import with_leaders
from grids.places.models import Grid, GridPost
from grids.signs.services import report_address, svg_file, svg_inline
from streets.hub.models import Street
from suzhou_portal.accounts.guards import require
from suzhou_portal.accounts.roles import Verb

PAGE = 60


class SheetForm(forms.Form):
    """What stands on the signs, and for which grids."""

    place = forms.CharField(required=False, max_length=21, widget=forms.HiddenInput)
    kind = forms.ChoiceField(label="层级", choices=[("", "全部"), *Grid.Kind.choices], required=False)
    no_name = forms.BooleanField(label="不印网格长姓名", required=False)
    telephone = forms.BooleanField(label="印网格长电话（标牌是公开的，须本人同意）", required=False)
    page = forms.IntegerField(required=False, min_value=1, max_value=10_000, widget=forms.HiddenInput)


def _telephones(grids: list[Grid], user: Any) -> dict[int, str]:
    rows = GridPost.objects.visible_to(user, Verb.ROSTERS_VIEW).current().filter(grid__in=grids, kind="leader")
    return dict(rows.values_list("grid", "telephone"))


@require_safe
def sheet(request: HttpRequest) -> HttpResponse:
    """Signs for printing: of a grid with those below, of a community, of a street."""
    require(request.user, Verb.PLACES_VIEW)
    place = asked_place(request)
    form = SheetForm(request.GET)
    options = form.cleaned_data if form.is_valid() else {}
    page = options.get("page") or 1
    rows = grids_in(request.user, place)
    if kind := options.get("kind"):
        rows = rows.filter(kind=kind)
    elif isinstance(place, Street | Community) or place is None:
        rows = rows.filter(kind=Grid.Kind.RESIDENT_GROUP)  # the others on demand: there are thousands
    rows = with_leaders(rows).select_related("parent", "community", "street").order_by("code")
    found = list(rows[(page - 1) * PAGE : page * PAGE + 1])
    grids, may_name = found[:PAGE], request.user.can(Verb.ROSTERS_VIEW)
    telephones = _telephones(grids, request.user) if options.get("telephone") and may_name else {}
    context = {
        "place": place,
        "form": form,
        "signs": [
            {
                "grid": grid,
                # segno escapes the title; everything else is drawn by it
                "code": SafeString(svg_inline(report_address(grid, request), f"上报二维码：{grid.full_name}")),
                "leader": grid.leader if may_name and not options.get("no_name") else None,
                "telephone": telephones.get(grid.pk, ""),
            }
            for grid in grids
        ],
        "page": page,
        "more": len(found) > PAGE,
        "query": "&".join(
            f"{name}={request.GET[name]}" for name in ("place", "kind") if request.GET.get(name, "").isalnum()
        ),
        "address": report_address(Grid(code="…"), request).partition("?")[0],
    }
    return render(request, "grids/signs/signs.html", context)


@require_safe
def sign(request: HttpRequest, code: str) -> HttpResponse:
    """The code of one grid as an SVG file."""
    require(request.user, Verb.PLACES_VIEW)
    grid = place_named(code, request.user, Verb.PLACES_VIEW)
    if not isinstance(grid, Grid):
        raise Http404
    data = svg_file(report_address(grid, request), f"上报二维码：{grid.full_name}")
    headers = {"Content-Disposition": f'attachment; filename="grid-{grid.code}.svg"'}
    return HttpResponse(data, content_type="image/svg+xml", headers=headers)
