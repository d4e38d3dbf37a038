"""覆盖情况: how far leaders, branches, chats and 五个一 reach; what is missing as work lists, mended in one click."""

from typing import Any
from urllib.parse import quote

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.html import format_html
from django.views.decorators.http import require_POST, require_safe

from communities.directory.models import Community
from grids.coverage.services import TOP_GRID, Aspect, aspects, grids_in, shares
from grids.five_ones.models import FiveOne, FiveOneRecord
from grids.five_ones.views import grid_to_change, slot_of
from grids.places.asking import asked_place
from grids.places.finding import Place
from grids.places.leaders import with_leaders
from grids.places.models import Grid
from grids.places.names import grids_named, names
from streets.hub.models import Street
from suzhou_portal.accounts.guards import require
from suzhou_portal.accounts.roles import Verb
from suzhou_portal.lib.registers.returning import way_back
from suzhou_portal.lib.rows import records
from suzhou_portal.lib.rows.counts import capped_text

PAGE = 50
COUNT_CAP = 9999
MOST_CHATS = 50


def _ways(place: Place | None) -> list[tuple[str, str]]:
    """The places above and the place itself, as (code, name)."""
    if place is None:
        return []
    above: list[Any] = [] if isinstance(place, Street) else [place.street]
    if isinstance(place, Grid):
        above += [place.community, *([place.parent] if place.parent else [])]
    return [(str(row.code), str(row)) for row in (*above, place)]


def _groups(user: Any, place: Place | None, wanted: dict[str, Aspect]) -> tuple[str, list[dict[str, Any]]]:
    """(what the places below are called, their shares in official order): streets, communities, or top grids."""
    grids = grids_in(user, place)
    if place is None:
        word, by, named = "街道", "street_id", names().streets
    elif isinstance(place, Street):
        word, by, named = "社区", "community_id", names().communities
    elif isinstance(place, Community):
        word, by, named = "居民小组", TOP_GRID, None
    else:
        return "", []
    found = shares(grids, wanted, by=by)
    known = named if named is not None else grids_named(set(found))
    rows = [
        {"code": known[key].code, "name": known[key].name, "shares": row} for key, row in found.items() if key in known
    ]
    return word, sorted(rows, key=lambda row: row["code"])


@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """The shares of a place, and of the places below it; five queries."""
    require(request.user, Verb.PLACES_VIEW)
    place = asked_place(request)
    wanted = aspects()
    word, groups = _groups(request.user, place, wanted)
    (whole,) = shares(grids_in(request.user, place), wanted).values()
    context = {"place": place, "ways": _ways(place), "whole": whole, "word": word, "groups": groups}
    return render(request, "grids/coverage/coverage.html", context)


@require_safe
def gaps(request: HttpRequest) -> HttpResponse:
    """The grids of a place that lack one thing, each with what mends it."""
    require(request.user, Verb.PLACES_VIEW)
    wanted = aspects()
    aspect = wanted.get(request.GET.get("missing", "leader"))
    if aspect is None:
        raise Http404
    place = asked_place(request)
    page = _number(request.GET.get("page", ""))
    rows = aspect.gaps(grids_in(request.user, place))
    count = rows.order_by().count()
    page = min(page, max(1, -(-count // PAGE)))
    shown = with_leaders(rows).select_related("community", "parent").order_by("code")
    found = list(shown[(page - 1) * PAGE : page * PAGE])
    query = QueryDict(mutable=True)
    query.update({"missing": aspect.code, **({"place": place.code} if place else {})})
    context = {
        "aspect": aspect,
        "aspects": wanted.values(),
        "place": place,
        "ways": _ways(place),
        "in_community": isinstance(place, Community | Grid),
        "rows": [{"grid": grid, "slots": missing} for grid, missing in _with_slots(found, aspect)],
        "count": capped_text(count, COUNT_CAP),
        "query": query.urlencode(),
        "here": f"{request.path}?{query.urlencode()}&page={page}",
        "page": page,
        "more": count > page * PAGE,
        "may_mend": _may_mend(request.user),
        "may_name": request.user.can(Verb.ROSTERS_VIEW),
    }
    return render(request, "grids/coverage/coverage_gaps.html", context)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and 0 < len(text) < 6 and int(text) else 1


def _may_mend(user: Any) -> bool:
    return bool(user.can(Verb.GRIDS_EDIT))


def _with_slots(grids: list[Grid], aspect: Aspect) -> list[tuple[Grid, list[tuple[FiveOne, str]]]]:
    """Each grid with the slots that it lacks and their state; two queries, none for other aspects."""
    if aspect.code != "five":
        return [(grid, []) for grid in grids]
    asked = list(FiveOne.objects.asked())  # unscoped: the slots are reference data
    # unscoped: the records of grids fetched in scope
    stored = FiveOneRecord.objects.filter(grid__in=grids).values_list("grid", "slot", "state")
    state = {(grid, slot): value for grid, slot, value in stored}
    words = dict(FiveOneRecord.State.choices)
    return [
        (
            grid,
            [
                (slot, words[state.get((grid.pk, slot.pk), "none")])
                for slot in asked
                if grid.kind in slot.kinds and state.get((grid.pk, slot.pk)) != FiveOneRecord.State.BUILT
            ],
        )
        for grid in grids
    ]


# --- mending ------------------------------------------------------------------------------


@require_POST
def mend(request: HttpRequest) -> HttpResponse:
    """One click: a party branch or group exists, a grid has so many chats, a slot is built; back to the list."""
    if not _may_mend(request.user):
        raise PermissionDenied
    grid = grid_to_change(request, request.POST.get("grid", "")[:21])
    what = request.POST.get("what", "")
    if not grid.in_force:
        raise Http404
    if what == "branch":
        words = "网格党支部" if grid.kind == Grid.Kind.RESIDENT_GROUP else "党小组"
        records.update(grid, {"has_party_branch": True}, by=request.user)
        _tell(request, grid, f"已建{words}", f"/grids/grids/{grid.code}/edit/")
    elif what == "chat":
        number = _number(request.POST.get("number", ""))
        if number > MOST_CHATS:
            messages.error(request, f"微信群数请填 1 至 {MOST_CHATS}。")
        else:
            records.update(grid, {"group_chats": number}, by=request.user)
            _tell(request, grid, f"微信群 {number} 个", f"/grids/grids/{grid.code}/edit/")
    elif what == "slot":
        slot = slot_of(grid, request.POST.get("slot", "")[:10])
        _build(grid, slot, by=request.user)
        _tell(request, grid, f"已建“{slot}”", f"/grids/grids/{grid.code}/five-ones/{slot.code}/")
    else:
        raise Http404
    return redirect(way_back(request, f"/grids/coverage/?place={grid.community.code}"))


def _build(grid: Grid, slot: FiveOne, *, by: Any) -> None:
    """Enter the slot as built today."""
    built = {"state": FiveOneRecord.State.BUILT, "since": timezone.localdate()}
    # unscoped: of a grid that the user may change
    stored = FiveOneRecord.objects.filter(grid=grid, slot=slot).first()
    if stored is None:
        places = {"grid": grid, "community": grid.community, "street": grid.street}
        records.create(FiveOneRecord(slot=slot, **places, **built), by=by)
    elif stored.state != FiveOneRecord.State.BUILT:
        records.update(stored, built, by=by)


def _tell(request: HttpRequest, grid: Grid, what: str, form: str) -> None:
    text = '已登记 {}：{}。登记错了？<a href="{}?next={}">改正</a>'
    back = way_back(request, "/grids/coverage/")
    messages.success(request, format_html(text, grid.full_name, what, form, quote(back)))
