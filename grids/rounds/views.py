"""Walking a patrol on the phone: one thing per page, plain forms that work without script.

``/patrols/`` begins and continues; each grid has its page with the checklist, each finding its form. What
is typed stays in the browser until the server has stored it (``data-keep``).
"""

import uuid
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.html import format_html
from django.views.decorators.http import require_http_methods, require_safe

from grids.checklists.models import PatrolItem
from grids.findings import services as findings
from grids.findings.models import FindingStatus, Handling, PatrolFinding
from grids.patrols import plans as patrol_plans
from grids.patrols import services as patrolling
from grids.patrols.models import Patrol, PatrolPlan, PatrolStop
from grids.patrols.rights import walks
from grids.places.models import Area
from grids.rounds.forms import FindingForm, draft_name, was_sent_before
from grids.rounds.pages import by_item, page_of_stop, stops_of
from suzhou_portal.accounts.guards import require
from suzhou_portal.accounts.roles import Verb
from suzhou_portal.files.models import Stage
from suzhou_portal.files.pages import PHOTO_CHOICES
from suzhou_portal.files.receiving import receive, tell
from suzhou_portal.lib.registers.uploads import takes_files, too_large

SHOWN = 20
HINTS = {
    Handling.ON_SPOT: "当场能解决的：写明怎么整改的，可附整改前后照片。",
    Handling.HANDED: "当场解决不了的：作为网格事件交社区办理，办结后请您确认。",
    Handling.SUPERVISED: "社区解决不了或需要督办的：作为网格事件交街道办理，办结后请您确认。",
}


def _areas(user: Any) -> list[Area]:
    """The areas that ``user`` leads. One query."""
    rows = Area.objects.visible_to(user, Verb.PATROLS_WALK).filter(pk__in=user.scope_for(Verb.PATROLS_WALK).areas)
    return list(rows.order_by("code"))


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """My patrols: to begin or continue, what waits for my confirmation, what was not visited for long."""
    user: Any = request.user
    require(user, Verb.PATROLS_WALK)
    areas = _areas(user)
    keys = [area.pk for area in areas]
    patrols = Patrol.objects.visible_to(user, Verb.PATROLS_WALK).filter(area__in=keys)
    running = {patrol.area_id: patrol for patrol in patrols.filter(status="open")}
    plans = PatrolPlan.objects.visible_to(user, Verb.PATROLS_WALK).in_force().filter(area__in=keys)
    planned = {plan.area_id: plan for plan in plans}
    for area in areas:
        area.running, area.plan = running.get(area.pk), planned.get(area.pk)
    finds = PatrolFinding.objects.visible_to(user, Verb.PATROLS_WALK)
    finds = finds.filter(area__in=keys, status=FindingStatus.WAITING)
    late = patrol_plans.waiting_in(keys).visible_to(user, Verb.PATROLS_WALK)
    late = late.select_related("grid__parent", "plan", "community")
    context = {
        "areas": areas,
        "waiting": list(finds.select_related("item", "issue", "grid__parent").order_by("found_on", "id")[:SHOWN]),
        "late": [
            (stop, patrol_plans.days_since(stop)) for stop in late.order_by("plan__area__code", "position")[:SHOWN]
        ],
        "recent": list(patrols.exclude(status="open").select_related("area").order_by("-started_on", "-id")[:5]),
    }
    return render(request, "grids/rounds/patrol_home.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def start(request: HttpRequest) -> HttpResponse:
    """Begin a patrol of one of my areas, or go on with the one that is open."""
    user: Any = request.user
    require(user, Verb.PATROLS_WALK)
    if request.method != "POST":  # after signing in again
        return redirect("patrol-home")
    code = request.POST.get("area", "")
    area = next((area for area in _areas(user) if area.code == code), None)
    if area is None:
        raise Http404
    try:
        patrol = patrolling.start_patrol(area, by=user, planned=request.POST.get("planned") != "no")
    except ValidationError as error:
        messages.error(request, "；".join(error.messages))
        return redirect("patrol-home")
    return redirect(patrol.get_absolute_url())


def patrol_in_scope(request: HttpRequest, number: str, verb: Verb = Verb.PATROLS_VIEW) -> Patrol:
    """403 without the right anywhere, 404 outside the scope."""
    require(request.user, verb)
    rows = Patrol.objects.visible_to(request.user, verb).select_related("area", "street", "checklist", "started_by")
    patrol = rows.filter(number=number).first()
    if patrol is None:
        raise Http404
    return patrol


def _stop_in_scope(request: HttpRequest, number: str, key: int) -> PatrolStop:
    """The place of a patrol that the user walks. 403 for whoever only sees it."""
    patrol = patrol_in_scope(request, number, Verb.PATROLS_WALK)
    stop = next((stop for stop in stops_of(patrol, request.user) if stop.pk == key), None)
    if stop is None:
        raise Http404
    if not walks(patrol.area_id, request.user):
        raise PermissionDenied
    stop.patrol = patrol
    return stop


@require_http_methods(["GET", "HEAD", "POST"])
def stop(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    """A grid with the checklist. POST: it was looked at (on to the next), or not after all."""
    place = _stop_in_scope(request, number, pk)
    patrol = place.patrol
    if request.method == "POST":
        return _marked(request, place)
    items = list(PatrolItem.objects.filter(checklist=patrol.checklist_id).order_by("position"))  # unscoped: reference
    found = by_item(place)
    context = {"patrol": patrol, "stop": place, "items": [(item, found.get(item.pk, [])) for item in items]}
    return render(request, "grids/rounds/patrol_stop.html", context)


def _marked(request: HttpRequest, place: PatrolStop) -> HttpResponse:
    patrol, user = place.patrol, request.user
    try:
        if request.POST.get("do") == "unlook":
            patrolling.unlook(place, by=user)
            return redirect(page_of_stop(place))
        patrolling.look(place, by=user)
    except ValidationError as error:
        messages.error(request, "；".join(error.messages))
        return redirect(page_of_stop(place) if patrol.is_open else patrol.get_absolute_url())
    messages.success(request, f"{place.grid.full_name}已查看。")
    rest = [other for other in stops_of(patrol, user) if other.looked_on is None]
    after = next((other for other in rest if other.position > place.position), rest[0] if rest else None)
    return redirect("patrol-stop", patrol.number, after.pk) if after else redirect(patrol.get_absolute_url())


@takes_files
@require_http_methods(["GET", "HEAD", "POST"])
def find(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    """Something is wrong: first how it is dealt with, then what it is. ``?item=`` names the item by its place."""
    place = _stop_in_scope(request, number, pk)
    if not place.patrol.is_open:
        messages.error(request, patrolling.OVER)
        return redirect(place.patrol.get_absolute_url())
    item = _item(request, place.patrol)
    handling = request.GET.get("handling", "")
    if handling not in Handling.values:
        context = {
            "patrol": place.patrol,
            "stop": place,
            "item": item,
            "ways": [(way.value, way.label, HINTS[way]) for way in Handling],
        }
        return render(request, "grids/rounds/patrol_ways.html", context)
    if request.method != "POST":
        form = FindingForm(initial={"submission_key": uuid.uuid4()}, stop=place, item=item, handling=handling)
        return _show_form(request, place, item, form)
    form = FindingForm(request.POST, stop=place, item=item, handling=handling)
    if form.is_valid():
        try:
            return _found(request, place, form)
        except ValidationError as error:
            for name, problems in getattr(error, "error_dict", {None: [error]}).items():
                form.add_error(name if name in form.fields else None, problems)
    return _show_form(request, place, item, form, status=422)


def _item(request: HttpRequest, patrol: Patrol) -> PatrolItem:
    number = request.GET.get("item", "")
    rows = PatrolItem.objects.filter(checklist=patrol.checklist_id)  # unscoped: reference data
    found = number.isascii() and number.isdecimal() and len(number) < 4
    item = rows.select_related("category").filter(position=int(number)).first() if found else None
    if item is None:
        raise Http404
    return item


def _show_form(
    request: HttpRequest, place: PatrolStop, item: PatrolItem, form: FindingForm, status: int = 200
) -> HttpResponse:
    context = {
        "patrol": place.patrol,
        "stop": place,
        "item": item,
        "form": form,
        "on_spot": form.handling == Handling.ON_SPOT,
        "way": Handling(form.handling),
        "draft": draft_name(place, form.handling, request.user),
        "photo_choices": PHOTO_CHOICES,
        "photos_again": bool(request.FILES or too_large(request)),
    }
    return render(request, "grids/rounds/patrol_find.html", context, status=status)


def _found(request: HttpRequest, place: PatrolStop, form: FindingForm) -> HttpResponse:
    found, user = form.found(), request.user
    finding = findings.record_finding(found, by=user)
    key = form.cleaned_data["submission_key"]
    if was_sent_before(finding, found):
        messages.warning(request, "这条发现先前已登记，内容以首次登记的为准。")
    elif finding.issue:
        text = '已登记并{}：<a href="{}">{}</a>，办结后请您确认。'
        label, issue = finding.get_handling_display(), finding.issue
        messages.success(request, format_html(text, label, issue.get_absolute_url(), issue.number))
    else:
        messages.success(request, "已登记即查即改。")
    for field, stage in (("before", Stage.BEFORE), ("after", Stage.AFTER)):
        tell(request, receive(request, finding.issue or finding, field=field, stage=stage, key=key))
    return redirect(page_of_stop(place))
