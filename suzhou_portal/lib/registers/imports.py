"""Importing a sheet into a register: one validated form per row, all or nothing unless told otherwise.

A preview is the import itself, taken back: what it reports is what will happen.
"""

import re
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import models, transaction

from suzhou_portal.audit import trail
from suzhou_portal.lib.documents.sheets import BadFile, below_titles, lost_digits
from suzhou_portal.lib.registers.choices import PickField, pick
from suzhou_portal.lib.rows.records import StaleVersion
from suzhou_portal.lib.text.free_text import CONFIRM

HINT_MARK = "填写说明："
ERROR_HEADER = "错误"
TRUE = {"是", "true", "1", "y", "yes", "√", "有"}
FALSE = {"否", "false", "0", "n", "no", "×", "无"}
_DAY = re.compile(r"(\d{4})[年./-](\d{1,2})[月./-](\d{1,2})日?")


@dataclass
class RowResult:
    """What became of one row: ``did`` is create, update, same or error."""

    number: int
    cells: list[str]
    did: str = "error"
    label: str = ""
    version: int | None = None
    errors: list[str] = field(default_factory=list)
    flagged: bool = False  # texts look as if they held personal numbers


@dataclass
class Outcome:
    """What became of all rows; ``ignored`` are columns that the form does not have."""

    headers: list[str]
    rows: list[RowResult]
    ignored: list[str]
    applied: bool = False

    def count(self, did: str) -> int:
        """How many rows ended as ``did``."""
        return sum(row.did == did for row in self.rows)

    @property
    def failed(self) -> list[RowResult]:
        """The rows with errors."""
        return [row for row in self.rows if row.errors]

    @property
    def flagged(self) -> int:
        """How many rows have texts that look as if they held personal numbers."""
        return sum(row.flagged for row in self.rows)


def headers_of(register: Any, user: Any) -> dict[str, str]:
    """Header → field name, of the fields that an import fills."""
    return {str(bound.label): name for name, bound in register.form(user).fields.items() if name in register.fields}


def columns_of(register: Any, user: Any, headers: list[str]) -> tuple[dict[str, int], list[str]]:
    """(field name → column, ignored headers) of a sheet. Raises ``BadFile`` for headers that do not fit."""
    known = headers_of(register, user)
    others = {register.label_of(name) for name in register.all_columns} | {ERROR_HEADER}
    found: dict[str, int] = {}
    ignored = []
    for column, header in enumerate(headers):
        if not header:
            continue
        if header not in known and header not in others:
            raise BadFile(f"不认识列“{header[:40]}”。请使用导入模板的表头。")
        if header not in known:
            ignored.append(header)
        elif known[header] in found:
            raise BadFile(f"列“{header}”出现了两次。")
        else:
            found[known[header]] = column
    if not found:
        raise BadFile("没有找到表头。请使用导入模板的表头，表头上方可以有标题。")
    if register.import_key and register.import_key not in found:
        raise BadFile(f"缺少列“{register.label_of(register.import_key)}”。")
    return found, [header for header in ignored if header != ERROR_HEADER]


class _Undo(Exception):
    """Takes the transaction back."""


def run(
    register: Any,
    rows: list[list[str]],
    *,
    by: Any,
    source: str,
    apply: bool,
    partial: bool = False,
    versions: dict[int, int] | None = None,
    not_personal: bool = False,
) -> Outcome:
    """Import ``rows`` (as ``sheets.read_sheet`` gives them) for ``by``.

    ``apply`` False takes everything back: a preview. With errors nothing is applied, unless
    ``partial``. ``versions`` (row number → version) are those of the preview: a row that
    somebody changed since is an error. ``not_personal``: the user has confirmed the texts that
    look as if they held personal numbers, which else are errors. Raises ``BadFile``.
    """
    labels = {*headers_of(register, by), *(register.label_of(name) for name in register.all_columns)}
    rows = below_titles(rows, labels.__contains__)
    if len(rows) < 2:
        raise BadFile("文件里没有数据。")
    headers = rows[0][1:]
    columns, ignored = columns_of(register, by, headers)
    body = [row for row in rows[1:] if not any(cell.startswith(HINT_MARK) for cell in row[1:2])]
    if not body:
        raise BadFile("文件里没有数据。")
    outcome = Outcome(headers, [], ignored)
    try:
        with transaction.atomic():
            for number, *cells in body:
                result = RowResult(int(number), cells)
                outcome.rows.append(result)
                expected = (versions or {}).get(result.number)
                _import_row(_Row(register, result, columns, by, not_personal), f"导入：{source}", expected)
            if not apply or (outcome.failed and not partial):
                raise _Undo
            _record(register, outcome, by, source)
            outcome.applied = True
    except _Undo:
        pass
    return outcome


def _record(register: Any, outcome: Outcome, by: Any, source: str) -> None:
    counts = {"created": "create", "updated": "update", "failed": "error"}
    told = {name: outcome.count(did) for name, did in counts.items()}
    trail.record("import", None, by=by, changes={"register": register.title, "file": source, **told})


@dataclass
class _Row:
    """A row to import, with all that is needed for it."""

    register: Any
    result: RowResult
    columns: dict[str, int]
    by: Any
    not_personal: bool


def _import_row(row: _Row, reason: str, expected: int | None) -> None:
    register, result, by = row.register, row.result, row.by
    cells = {name: result.cells[at] if at < len(result.cells) else "" for name, at in row.columns.items()}
    key = cells.get(register.import_key, "") if register.import_key else ""
    obj = register.editable(by).filter(**{register.import_key: key}).first() if key else None
    try:
        data = form_data(register, register.form(by, obj=obj), cells, obj) | {CONFIRM: row.not_personal}
        bound = register.form(by, data, obj)
        result.version = obj.version if obj is not None else None
        if not bound.is_valid():
            result.flagged = CONFIRM in bound.errors
            raise ValidationError(bound.errors.as_data())
        values = register.values(bound)
        with transaction.atomic():
            if obj is None:
                saved = register.create(values, by=by, reason=reason)
                result.did = "create"
            else:
                saved = register.update(obj, values, by=by, version=expected or obj.version, reason=reason)
                result.did = "update" if saved.version != obj.version else "same"
        result.label = str(saved)
    except ValidationError as error:
        result.errors = messages_of(register, error)
    except StaleVersion:
        result.errors = ["预览之后已被他人修改，请重新上传。"]


def messages_of(register: Any, error: ValidationError) -> list[str]:
    """The messages of a failed row, each with its column."""
    if not hasattr(error, "error_dict"):
        return error.messages
    found: list[str] = []
    for name, messages in error.message_dict.items():
        if name == CONFIRM:  # the page asks it once, for all rows
            continue
        label = "" if name == NON_FIELD_ERRORS else f"{_label(register, name)}："
        found.extend(f"{label}{message}" for message in messages)
    return found


def _label(register: Any, name: str) -> str:
    return register.label_of(name) if name in {f.name for f in register.model._meta.get_fields()} else name


def form_data(register: Any, form: Any, cells: dict[str, str], obj: Any) -> dict[str, Any]:
    """What a person would have posted: the stored or default values, and the row's cells over them.

    Raises ``ValidationError`` per field for cells that mean no choice, or that would change what is fixed.
    """
    data: dict[str, Any] = {}
    errors: dict[str, list[str]] = {}
    for name, formfield in form.fields.items():
        if lost := lost_digits(cells.get(name, "")):
            errors[name] = [lost]
            continue
        try:
            if cells.get(name) or (obj is not None and name in cells):  # a new row's empty cell means the default
                data[name] = cell_value(formfield, cells[name])
            else:
                data[name] = formfield.prepare_value(form[name].value())
        except ValidationError as error:
            errors[name] = error.messages
    if obj is not None:
        for name in register.create_only:
            text = cells.get(name, "")
            value = getattr(obj, name)
            names = {register.value_of(obj, name), *_names_of(register, value)}
            if text and text not in names and text.split()[0] not in names:
                errors[name] = ["建立以后不能在这里修改。"]
    if errors:
        raise ValidationError(errors)
    return data


def _names_of(register: Any, value: Any) -> list[str]:
    if isinstance(value, models.Model):
        return [str(getattr(value, register.key_of(type(value))))]
    return [str(value)]


def cell_value(formfield: Any, text: str) -> Any:
    """The form value that the text of a cell means."""
    if isinstance(formfield, PickField):
        return text
    if isinstance(formfield, forms.ModelMultipleChoiceField):
        return [_row_key(formfield, part) for part in re.split(r"[、,;\n]+", text) if part.strip()]
    if isinstance(formfield, forms.ModelChoiceField):
        return _row_key(formfield, text) if text else ""
    if isinstance(formfield, forms.BooleanField):
        if text.lower() not in TRUE | FALSE | {""}:
            raise ValidationError("请填“是”或“否”。")
        return text.lower() in TRUE
    if isinstance(formfield, forms.DateField):
        return day_text(text)
    if isinstance(formfield, forms.ChoiceField):
        choices: Any = formfield.choices
        return next((str(value) for value, label in choices if text in (str(label), str(value))), text)
    return text


def day_text(text: str) -> str:
    """A date as people type it ("2026/1/31", "2026年1月31日") as "2026-1-31"; any other text as it is."""
    found = _DAY.fullmatch(text)
    return f"{found[1]}-{found[2]}-{found[3]}" if found else text


def _row_key(formfield: Any, text: str) -> str:
    key = formfield.to_field_name or "pk"
    row = pick(formfield.queryset, key, text)
    if row is None:
        raise ValidationError(f"没有找到“{text[:40]}”，或不在您的管辖范围内。")
    return str(getattr(row, key))
