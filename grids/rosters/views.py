"""名册维护: the roster of a place from Excel; and 更换网格长 on one screen."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from grids.changes import leaving
from grids.changes import services as grid_changes
from grids.places.models import GridPost
from grids.rosters.forms import LeaderForm, UploadForm
from grids.rosters.models import RosterImport
from grids.rosters.plan import CHANGES, HEADERS, KINDS, Place, RosterOutcome, places_of, plan, sheet_of
from grids.rosters.services import Upload, apply_roster
from suzhou_portal.lib.documents import sheets as spreadsheets
from suzhou_portal.lib.documents.sheets import BadFile
from suzhou_portal.lib.registers import exports as transfers
from suzhou_portal.lib.registers import imports as importing
from suzhou_portal.lib.registers import site
from suzhou_portal.lib.registers.pages import RegisterPage

ROWS = 10_000  # the district's roster has 6,700 posts
SHOWN = 300


def place_called(code: str, user: Any) -> Place:
    """The place of a roster that ``user`` keeps. Raises ``BadFile`` for any other."""
    for known, _name, place in places_of(user):
        if known == code:
            return place
    raise BadFile("没有这个地点，或不在您的管辖范围内。")


def chosen_place(request: HttpRequest) -> tuple[str, str, Place]:
    """The place that the request names, else the widest that the user keeps."""
    places = places_of(request.user)
    wanted = request.POST.get("place", request.GET.get("place"))
    found = next((row for row in places if row[0] == wanted), None)
    if found is None and (not places or wanted):
        raise Http404
    return found or places[0]


class RosterSheetPage(RegisterPage):
    """The roster of a place as it stands, to be edited and uploaded again; on record as an export."""

    edits = True

    def get(self, request: HttpRequest) -> HttpResponse:
        """The file."""
        _code, name, place = chosen_place(request)
        rows = list(sheet_of(place, request.user))
        notes = transfers.record_export("网格长名册", len(rows), filters=name, kind="xlsx", by=request.user)
        notes += [
            ("换人", "改姓名即可：原任期结束，新任期开始。"),
            ("更正", "同一人改错别字的，变动填“更正”。"),
            ("离任", "没有人接任的，变动填“离任”。"),
            ("生效日期", "不填的，按上传时选定的日期。"),
        ]
        choices = {HEADERS.index("职务"): list(KINDS), HEADERS.index("变动"): list(CHANGES)}
        file = spreadsheets.write_xlsx(HEADERS, rows, notes=notes, choices=choices)
        return transfers.download(file, f"{name}网格长名册{timezone.localdate():%Y%m%d}.xlsx")


class RosterImportPage(transfers.ImportPage):
    """Upload of a roster: what will change, post by post; then all of it, or the right rows."""

    most = ROWS

    def render(self, context: dict[str, Any], *, template: str = "", status: int = 200) -> HttpResponse:
        """See the base; with the places to choose from."""
        code, name, _place = chosen_place(self.request)
        kept = context.get("kept") or {}
        given = {"place": kept.get("place", code), "effective": kept.get("effective", timezone.localdate())}
        places = places_of(self.request.user)
        context |= {
            "upload": UploadForm(initial=given, places=places),
            "place_code": code,
            "place_name": name,
            "places": places,
            "imports": site["roster-imports"].rows(self.request.user)[:5],
            "most": ROWS,
        }
        return super().render(context, template=template, status=status)

    def asked(self, request: HttpRequest) -> dict[str, Any]:
        """Whose roster, and from when on."""
        form = UploadForm(request.POST, places=places_of(request.user))
        if not form.is_valid():
            raise BadFile(" ".join(message for errors in form.errors.values() for message in errors))
        return {"place": form.cleaned_data["place"], "effective": form.cleaned_data["effective"].isoformat()}

    def run(self, kept: dict[str, Any], *, apply: bool, partial: bool = False) -> importing.Outcome:
        """See the base."""
        user, effective = self.request.user, date.fromisoformat(kept["effective"])
        place = place_called(kept["place"], user)
        if not apply:
            return plan(kept["rows"], place=place, effective=effective, by=user)
        absent = {int(key): version for key, version in kept["absent"].items()}
        return apply_roster(
            Upload(kept["rows"], place, effective, kept["source"], kept["token"]),
            by=user,
            partial=partial,
            ends_absent=absent if self.request.POST.get("absent") == "end" else None,
            versions={int(number): version for number, version in kept["versions"].items()},
        )

    def noted(self, outcome: Any) -> dict[str, Any]:
        """See the base; and which terms the file does not name."""
        return {**super().noted(outcome), "absent": {str(post.pk): post.version for post in outcome.absent}}

    def shown(self, outcome: Any) -> dict[str, Any]:
        """The changes, a line each, and what the file does not name."""
        found: RosterOutcome = outcome
        changing = found.changing
        absent = found.absent[:SHOWN]
        names = {row.pk: row.full_name for row in self._grids_of(absent)}
        return {
            "counts": {did: found.count(did) for did in ("join", "replace", "leave", "change", "same", "error")},
            "changing": changing[:SHOWN],
            "more_changing": max(0, len(changing) - SHOWN),
            "remarks": sum(bool(row.remark) for row in changing),
            "absent": [(names[post.grid_id], post) for post in absent],
            "absent_count": len(found.absent),
            "unplaced": found.unplaced,
            "failed": found.failed[:SHOWN],
            "more_failed": max(0, len(found.failed) - SHOWN),
        }

    def _grids_of(self, posts: list[GridPost]) -> Any:
        return site["grids"].rows(self.request.user).filter(pk__in={post.grid_id for post in posts})

    def told(self, request: HttpRequest, outcome: Any) -> HttpResponse:
        """To the record of the import, from which it can be taken back."""
        kept: RosterImport = outcome.imported
        failed = f"，{kept.failed} 行有错误未导入" if kept.failed else ""
        text = f"名册已导入：新任 {kept.joined} 人，离任 {kept.left} 人，更正 {kept.changed} 人{failed}。"
        messages.success(request, text)
        return HttpResponseRedirect(site["roster-imports"].url_of(kept))

    def again(self, request: HttpRequest, token: str) -> HttpResponse | None:
        """The record of the import, where it has been done."""
        done = RosterImport.objects.filter(token=token, by=request.user).first() if token else None  # unscoped: own
        return HttpResponseRedirect(site["roster-imports"].url_of(done)) if done else None


# --- one leader ------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def change_leader(request: HttpRequest, code: str) -> HttpResponse:
    """更换网格长: who, from when, why; what becomes of the leaving leader's sign-in is said beforehand."""
    register = site["grids"]
    grid = register.find(request.user, code) if register.may_view(request.user) else None
    if grid is None:
        if not register.may_view(request.user):
            raise PermissionDenied
        raise Http404
    if not register.may_change(request.user, grid):
        raise PermissionDenied
    present = grid.posts.filter(kind=GridPost.Kind.LEADER, ends=None).first()
    stamp = f"{present.pk}:{present.version}" if present else ""
    form = LeaderForm(request.POST or None, initial={"effective": timezone.localdate(), "present": stamp})
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            if form.cleaned_data["present"] == stamp:
                if (done := _change(request, grid, present, form)) is not None:
                    return done
            elif (
                present
                and present.name == form.cleaned_data["name"]
                and present.starts == form.cleaned_data["effective"]
            ):
                return redirect(register.url_of(grid))  # sent twice
            else:
                status = 409
                form.add_error(None, f"这期间现任已变为“{present or '空缺'}”，请核对后再保存。")
                form.data = {**form.data.dict(), "present": stamp}
    held = leaving.sign_ins_of([present]).get(present.pk, []) if present else []
    context = {
        "grid": grid,
        "present": present,
        "form": form,
        "back": register.url_of(grid),
        "sign_in": leaving.sign_in_words(held),
    }
    return render(request, "grids/rosters/leader.html", context, status=status)


def _change(request: HttpRequest, grid: Any, present: GridPost | None, form: LeaderForm) -> HttpResponse | None:
    try:
        new = set_leader(grid, present, form.cleaned_data, by=request.user)
    except ValidationError as error:
        form.take_errors(error)
        return None
    who = "已离任，网格长暂缺" if form.cleaned_data["vacant"] else f"网格长已更换为{new.name}"
    messages.success(request, f"{grid.full_name}{who}，自 {form.cleaned_data['effective']} 起。")
    return redirect(site["grids"].url_of(grid))


def set_leader(grid: Any, present: GridPost | None, values: dict[str, Any], *, by: Any) -> GridPost:
    """Carry out what the form (or the API) says; returns the term that began or, left vacant, ended."""
    when = {"effective": values["effective"], "reason": values["reason"], "by": by}
    if not values["vacant"]:
        return grid_changes.change_leader(grid, name=values["name"], telephone=values["telephone"], **when)
    if present is None:
        raise ValidationError("现无网格长在任。")
    return grid_changes.end_term(present, **when)
