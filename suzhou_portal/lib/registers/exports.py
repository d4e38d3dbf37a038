"""Files of a register: export, import template, import with preview. Formats: ``lib.documents.sheets``."""

import secrets
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from django import forms
from django.contrib import messages
from django.db import models, transaction
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.utils import timezone

from suzhou_portal.audit import trail
from suzhou_portal.lib.documents import sheets as spreadsheets
from suzhou_portal.lib.documents.sheets import BadFile
from suzhou_portal.lib.registers import imports as importing
from suzhou_portal.lib.registers.choices import PickField
from suzhou_portal.lib.registers.keeping import kept_choice
from suzhou_portal.lib.registers.listing import ordered
from suzhou_portal.lib.registers.pages import RegisterPage, filtered, sort_of
from suzhou_portal.lib.registers.tables import field_of, text_of, value_at
from suzhou_portal.lib.text.privacy import without_personal_numbers

CHUNK = 1000
SHOWN_ROWS = 100
KEPT = "import:"


def download(file: Any, name: str, content_type: str = spreadsheets.XLSX) -> FileResponse:
    """A file (a workbook, if nothing else is said) as an answer, saved under a Chinese name."""
    return FileResponse(file, as_attachment=True, filename=name, content_type=content_type)


def record_export(title: str, count: int, *, filters: str, kind: str, by: Any) -> list[tuple[str, str]]:
    """Put the export of ``count`` rows on record in the audit trail; returns the notes that go into the workbook.

    Telephone numbers and the like that somebody searched for are masked: the trail is not erased.
    """
    filters = without_personal_numbers(filters)
    with transaction.atomic():
        told = {"register": title, "rows": count, "filters": filters, "format": kind}
        trail.record("export", None, by=by, changes=told)
    return [
        ("内容", title),
        ("行数", str(count)),
        ("筛选条件", filters),
        ("导出人", f"{by}（{by.get_username()}）"),
        ("导出时间", f"{timezone.localtime():%Y-%m-%d %H:%M}"),
    ]


class ExportPage(RegisterPage):
    """All rows in scope under the current filter, as .xlsx or (``?format=csv``) .csv; on record in the audit trail."""

    def get(self, request: HttpRequest) -> Any:
        """The file; it can be imported again. 400 while a filter is invalid."""
        register = self.register
        filters = filtered(register, request)
        if filters.is_bound and not filters.is_valid():
            return HttpResponse("筛选条件有误，没有导出。", status=400, content_type="text/plain; charset=utf-8")
        names = export_columns(register)
        rows = ordered(register, filters.qs, sort_of(register, names, request.GET.get("sort", "")))
        words = "、".join(f"{word['label']}：{word['value']}" for word in filters.active()) or "无"
        kind = "csv" if request.GET.get("format") == "csv" else "xlsx"
        notes = record_export(register.title, rows.order_by().count(), filters=words, kind=kind, by=request.user)
        headers = [register.label_of(name) for name in names]
        body = cells_of(register, rows, names)
        name = f"{register.title}{timezone.localdate():%Y%m%d}.{kind}"
        if kind == "csv":
            answer = StreamingHttpResponse(spreadsheets.write_csv(_chain(headers, body)), content_type=spreadsheets.CSV)
            answer["Content-Disposition"] = f"attachment; filename*=utf-8''{quote(name)}"
            return answer
        return download(spreadsheets.write_xlsx(headers, body, notes=notes), name)


def _chain(headers: list[str], body: Iterator[list[Any]]) -> Iterator[list[Any]]:
    yield headers
    yield from body


def export_columns(register: Any) -> list[str]:
    """Everything the list can show and the form can take, so that an export can be edited and imported."""
    headers = {register.label_of(name) for name in register.fields}
    shown = [
        name for name in register.held_columns if name in register.fields or register.label_of(name) not in headers
    ]
    return list(dict.fromkeys((*shown, *register.fields)))


def cells_of(register: Any, rows: models.QuerySet, names: list[str]) -> Iterator[list[Any]]:
    """The rows of an export, fetched in pieces; figures as numbers, rows of long registers as "code name"."""
    for obj in rows.iterator(chunk_size=CHUNK):
        yield [_cell(register, obj, name) for name in names]


def _cell(register: Any, obj: Any, name: str) -> Any:
    if name in register.computed:
        value = register.computed[name].value(obj)
        return value if isinstance(value, (int, float)) and not isinstance(value, bool) else text_of(value)
    field = field_of(type(obj), name)
    value = None if field.many_to_many else value_at(obj, name)
    if register.is_number(name):
        return value
    if isinstance(value, models.Model) and register.is_long(type(value)):
        return f"{getattr(value, register.key_of(type(value)))} {value}"
    if field.many_to_many:
        return "、".join(str(getattr(row, register.key_of(type(row)))) for row in getattr(obj, name).all())
    return register.value_of(obj, name)


class TemplatePage(RegisterPage):
    """The empty workbook to fill in: headers, a row of hints, lists to choose from."""

    edits = True

    def get(self, request: HttpRequest) -> FileResponse:
        """The file."""
        bound = [field for field in self.register.form(request.user) if field.name in self.register.fields]
        hints = [hint_of(field) for field in bound]
        hints[0] = f"{importing.HINT_MARK}{hints[0]}"
        choices = {column: options_of(field) for column, field in enumerate(bound)}
        headers = [str(field.label) for field in bound]
        file = spreadsheets.write_xlsx(headers, [], hints=hints, choices=choices)
        return download(file, f"{self.register.title}导入模板.xlsx")


def hint_of(bound: Any) -> str:
    """How to fill a column, in a few words."""
    field = bound.field
    parts = ["必填" if field.required else "选填"]
    if isinstance(field, PickField):
        parts.append("填编码，或不重复的全名")
    elif isinstance(field, forms.ModelMultipleChoiceField):
        parts.append("填编码，多个用顿号分开")
    elif isinstance(field, forms.DateField):
        parts.append("日期，如 2026-01-31")
    elif isinstance(field, forms.BooleanField):
        parts = ["选填，填“是”或“否”"]
    elif isinstance(field, forms.IntegerField):
        parts.append("整数")
    elif isinstance(field, (forms.ChoiceField, forms.ModelChoiceField)):
        parts.append("从列表中选")
    if field.help_text:
        parts.append(str(field.help_text))
    return "，".join(parts)


def options_of(bound: Any) -> list[str]:
    """What a column may be filled with, for its drop-down list; [] for free text and long lists."""
    field = bound.field
    if isinstance(field, forms.BooleanField):
        return ["是", "否"]
    if isinstance(field, (PickField, forms.ModelMultipleChoiceField)) or not hasattr(field, "choices"):
        return []
    return [str(label) for value, label in field.choices if value not in ("", None)][:500]


class ImportPage(RegisterPage):
    """Upload → preview → apply. The rows wait in the database, so that any worker can apply what was shown.

    A register with an import of its own overrides :meth:`run` (what the rows mean), :meth:`asked` (what
    is asked besides the file), :meth:`noted` (what of the preview must be remembered), :meth:`shown` (what
    it tells) and :meth:`told` (where the import leads).
    """

    template = "import"
    edits = True
    most = 0  # rows of a file; 0: ``spreadsheets.MAX_ROWS``

    def get(self, request: HttpRequest) -> HttpResponse:
        """The upload form."""
        return self.render({})

    def post(self, request: HttpRequest) -> HttpResponse:
        """A file: its preview. A confirmation: the import."""
        try:
            if "recheck" in request.POST:
                return self._recheck(request)
            if "token" in request.POST:
                return self._apply(request)
            return self._preview(request)
        except BadFile as error:
            return self._refused(request, str(error))

    # --- what an import of its own may say otherwise ------------------------------------------

    def run(self, kept: dict[str, Any], *, apply: bool, partial: bool = False) -> importing.Outcome:
        """Import what was ``kept`` of an upload, or try it; see ``importing.run``."""
        versions = {int(number): version for number, version in kept.get("versions", {}).items()}
        return importing.run(
            self.register,
            kept["rows"],
            by=self.request.user,
            source=kept["source"],
            apply=apply,
            partial=partial,
            versions=versions,
            not_personal=kept.get("not_personal", False),
        )

    def asked(self, request: HttpRequest) -> dict[str, Any]:
        """What the upload form asks besides the file, to be kept with it. Raises ``BadFile``."""
        return {}

    def noted(self, outcome: importing.Outcome) -> dict[str, Any]:
        """What of a preview is kept for its confirmation."""
        return {"versions": {str(row.number): row.version for row in outcome.rows if row.version is not None}}

    def shown(self, outcome: importing.Outcome) -> dict[str, Any]:
        """What the preview's template is told besides."""
        return {}

    def told(self, request: HttpRequest, outcome: importing.Outcome) -> HttpResponse:
        """Say what was imported, and go on."""
        created, updated, failed = (outcome.count(did) for did in ("create", "update", "error"))
        text = f"已导入：新建 {created} 行，更新 {updated} 行" + (f"，{failed} 行有错误未导入。" if failed else "。")
        messages.success(request, text)
        return HttpResponseRedirect(self.register.list_url)

    def again(self, request: HttpRequest, token: str) -> HttpResponse | None:
        """Where the import with this ``token`` led, if it is one that was done before; None: it is not known."""
        return None

    # --- the three steps ------------------------------------------------------------------------

    def _preview(self, request: HttpRequest) -> HttpResponse:
        asked = self.asked(request)
        upload = request.FILES.get("file")
        if upload is None or not upload.size:
            raise BadFile("请选择要导入的文件。")
        sheet = spreadsheets.read_sheet(upload, self.most)
        kept = {**asked, "source": (upload.name or "")[:100], "sheet": sheet.name, "rows": sheet.rows}
        return self._show_preview(request, kept)

    def _recheck(self, request: HttpRequest) -> HttpResponse:
        """The preview again, the texts that look as if they held personal numbers confirmed."""
        kept = self._waiting(request)
        return self._show_preview(request, {**kept, "not_personal": "not_personal" in request.POST})

    def _refused(self, request: HttpRequest, error: str) -> HttpResponse:
        """The upload form with the error; of a confirmation that cannot be carried out the preview anew."""
        kept = kept_import(self.register, request.user)
        if kept is None or kept["token"] != request.POST.get("token", ""):
            return self.render({"error": error}, status=422)
        return self._show_preview(request, kept, trouble=error)

    def _show_preview(self, request: HttpRequest, kept: dict[str, Any], trouble: str = "") -> HttpResponse:
        outcome = self.run({**kept, "versions": {}}, apply=False)
        kept |= {"token": secrets.token_urlsafe(16), **self.noted(outcome)}
        self._keep(request.user, kept, outcome)
        return self._show(outcome, kept, trouble)

    def _waiting(self, request: HttpRequest) -> dict[str, Any]:
        """The upload that the request's token names. Raises ``BadFile`` when it waits no longer."""
        kept = kept_import(self.register, request.user)
        token = request.POST.get("token", "")
        if kept is None or not secrets.compare_digest(kept["token"].encode(), token.encode()):
            raise BadFile("这次导入已完成或已被新的上传取代，请重新上传文件。")
        return kept

    @transaction.atomic
    def _apply(self, request: HttpRequest) -> HttpResponse:
        # Locked first: of a confirmation sent twice the second waits here, and then finds nothing.
        request.user.preferences.select_for_update().filter(key=KEPT + self.register.name).first()
        try:
            kept = self._waiting(request)
        except BadFile:
            done = self.again(request, request.POST.get("token", ""))
            if done is None:
                raise
            return done
        outcome = self.run(kept, apply=True, partial=request.POST.get("partial") == "1")
        if not outcome.applied:
            self._keep(request.user, kept, outcome)
            return self._show(outcome, kept)
        request.user.preferences.filter(key=KEPT + self.register.name).delete()
        return self.told(request, outcome)

    def _keep(self, user: Any, kept: dict[str, Any], outcome: importing.Outcome) -> None:
        kept["errors"] = {str(row.number): row.errors for row in outcome.failed}
        user.preferences.update_or_create(key=KEPT + self.register.name, defaults={"value": kept})

    def _show(self, outcome: importing.Outcome, kept: dict[str, Any], trouble: str = "") -> HttpResponse:
        failed = outcome.failed
        good = [row for row in outcome.rows if not row.errors]
        return self.render(
            {
                "outcome": outcome,
                "token": kept["token"],
                "source": f"{kept['source']}（工作表“{kept['sheet']}”）" if kept.get("sheet") else kept["source"],
                "kept": kept,
                "trouble": trouble,
                "failed": failed[:SHOWN_ROWS],
                "more_failed": max(0, len(failed) - SHOWN_ROWS),
                "good": good[:SHOWN_ROWS],
                "more_good": max(0, len(good) - SHOWN_ROWS),
                "counts": {did: outcome.count(did) for did in ("create", "update", "same", "error")},
                "usable": len(good),
                **self.shown(outcome),
            },
            status=422 if failed or trouble else 200,
        )


def kept_import(register: Any, user: Any) -> dict[str, Any] | None:
    """The user's import that waits for confirmation, or None."""
    kept = kept_choice(user, KEPT + register.name)
    return kept if isinstance(kept, dict) and "token" in kept else None


class ImportErrorsPage(RegisterPage):
    """The uploaded rows with a column 错误: to be corrected and uploaded again."""

    edits = True

    def get(self, request: HttpRequest) -> Any:
        """The file, or back to the upload when nothing waits."""
        kept = kept_import(self.register, request.user)
        if kept is None:
            return HttpResponseRedirect(f"{self.register.list_url}import/")
        headers = kept["rows"][0][1:]
        if importing.ERROR_HEADER in headers:
            headers = headers[: headers.index(importing.ERROR_HEADER)]
        width = len(headers)
        body = (
            [*(row[1 : width + 1] + [""] * (width + 1 - len(row))), " ".join(kept["errors"].get(row[0], []))]
            for row in kept["rows"][1:]
        )
        file = spreadsheets.write_xlsx([*headers, importing.ERROR_HEADER], body)
        return download(file, f"{self.register.title}导入错误.xlsx")
