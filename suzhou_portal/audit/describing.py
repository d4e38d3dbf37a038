"""The trail in Chinese: names of actions, object types and fields, values as people read them.

Actions are named where they come from: workflows by their table, services by
:func:`name_actions`. Whatever is not named is shown by its code. Of rows that the auditor must not
know by name (:func:`veil`) the page and its export tell only that something happened (:func:`cover`).
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.db.models.functions import Cast
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from suzhou_portal.audit.models import AuditEntry
from suzhou_portal.audit.trail import GIVEN

EMPTY = "（空）"
VEILED = "（不公开）"
# Columns that say nothing to a reader.
SILENT = frozenset({"version", "pinyin", "id", "submission_key", GIVEN})

GENERAL = "通用"
_actions: dict[str, str] = {}
_groups: dict[str, dict[str, str]] = {}


def name_actions(names: Mapping[str, str], *, group: str = GENERAL) -> None:
    """Give codes of actions their Chinese names, listed under ``group``; naming again replaces."""
    named = {code: str(name) for code, name in names.items()}
    _actions.update(named)
    _groups.setdefault(group, {}).update(named)


name_actions({"create": "新建", "update": "修改", "import": "导入", "export": "导出", "delete": "删除"})


def action_name(code: str) -> str:
    """The Chinese name of an action, or its code."""
    return _actions.get(code, code)


def action_choices() -> list[tuple[str, list[tuple[str, str]]]]:
    """All named actions for a filter: (group, [(code, name)])."""
    return [(group, list(names.items())) for group, names in _groups.items()]


def model_of(object_type: str) -> type[models.Model] | None:
    """The model of an entry's ``object_type``; None when the portal has no such model (any more)."""
    try:
        return apps.get_model(object_type)
    except (LookupError, ValueError):
        return None


def type_name(object_type: str) -> str:
    """The Chinese name of an entry's object type, or the type as stored; "" for none."""
    model = model_of(object_type) if object_type else None
    return str(model._meta.verbose_name) if model is not None else object_type


@dataclass(frozen=True)
class Change:
    """One changed field: code, Chinese name, and both values as text."""

    name: str
    label: str
    before: str
    after: str


def _field(model: type[models.Model] | None, name: str) -> Any:
    try:
        return model._meta.get_field(name) if model is not None else None
    except FieldDoesNotExist:
        return None


def _keys(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


NamesOf = Callable[[type[models.Model], set[Any]], Mapping[Any, str]]


def names_of(model: type[models.Model], keys: set[Any]) -> dict[Any, str]:
    """Primary key → name of these rows of ``model``, in scope or not: for auditors, who see no name of a veiled row."""
    rows = _open_rows(model)
    if rows is None:
        return {row.pk: str(row) for row in model._base_manager.filter(pk__in=keys)}
    return dict.fromkeys(keys, VEILED) | {row.pk: str(row) for row in rows.filter(pk__in=keys)}


# --- what auditors are not told -----------------------------------------------------------

OpenRows = Callable[[type[models.Model]], models.QuerySet | None]
_veils: list[OpenRows] = []


def veil(open_rows: OpenRows) -> None:
    """Let ``open_rows(model)`` name the rows of a model that auditors may know, from whoever knows secrets: a queryset,
    None for all. What is not (or no longer) among them stays unnamed.
    """
    if open_rows not in _veils:
        _veils.append(open_rows)


def _open_rows(model: type[models.Model]) -> models.QuerySet | None:
    return next((rows for open_rows in _veils if (rows := open_rows(model)) is not None), None)


def cover(entries: Iterable[AuditEntry]) -> list[AuditEntry]:
    """``entries`` as auditors read them: of veiled rows without name, values and reason, in memory alone. One query
    per model with such rows.
    """
    told = list(entries)
    by_type: dict[str, list[AuditEntry]] = defaultdict(list)
    for entry in told:
        by_type[entry.object_type].append(entry)
    for object_type, some in by_type.items():
        model = model_of(object_type) if object_type else None
        rows = _open_rows(model) if model is not None else None
        if rows is None:
            continue
        keys = {entry.object_id for entry in some if entry.object_id.isdecimal()}
        known = {str(key) for key in rows.filter(pk__in=keys).values_list("pk", flat=True)}
        for entry in some:
            if entry.object_id not in known:
                entry.object_label, entry.changes, entry.reason = VEILED, {}, ""
    return told


def may_be_searched() -> models.Q:
    """The condition of entries whose words may be searched: looking for a name must not tell that it is there."""
    condition = models.Q()
    for model in apps.get_models():
        rows = _open_rows(model)
        if rows is not None:
            keys = rows.order_by().annotate(key_text=Cast("pk", models.CharField())).values("key_text")
            condition &= ~models.Q(object_type=model._meta.label_lower) | models.Q(object_id__in=keys)
    return condition


def _related_names(entries: Iterable[AuditEntry], names: NamesOf) -> dict[type[models.Model], Mapping[Any, str]]:
    """Names of the rows that the entries' foreign keys point to: one query per related model."""
    wanted: dict[type[models.Model], set[Any]] = defaultdict(set)
    for entry in entries:
        model = model_of(entry.object_type)
        for name, pair in pairs_of(entry):
            field = _field(model, name)
            if field is not None and isinstance(field.related_model, type):
                wanted[field.related_model].update(key for value in pair for key in _keys(value))
    return {model: names(model, keys) for model, keys in wanted.items() if keys}


def pairs_of(entry: AuditEntry) -> list[tuple[str, list[Any]]]:
    """``(field, [before, after])`` of the entry's changes; details that are no change are left out."""
    if not isinstance(entry.changes, dict):
        return []
    return [
        (name, pair)
        for name, pair in entry.changes.items()
        if isinstance(pair, list) and len(pair) == 2 and name not in SILENT
    ]


def fields_of(entry: AuditEntry) -> list[str]:
    """The Chinese names of the changed fields, none for a new row; costs no query."""
    if isinstance(entry.changes, dict) and entry.changes.get("id", [entry])[0] is None:
        return []
    model = model_of(entry.object_type)
    return [_label(model, name) for name, _pair in pairs_of(entry)]


def details_of(entry: AuditEntry) -> list[tuple[str, str]]:
    """What the entry tells besides changed fields, e.g. the filter of an export: (name, text)."""
    pairs = {name for name, _pair in pairs_of(entry)}
    if not isinstance(entry.changes, dict):
        return []
    return [
        (_DETAILS.get(name, name), _listed(value))
        for name, value in entry.changes.items()
        if name not in pairs and name not in SILENT
    ]


_DETAILS = {
    "register": "台账",
    "rows": "行数",
    "filters": "筛选条件",
    "format": "格式",
    "document": "文书",
    "file": "文件",
    "count": "数量",
    "created": "新建行数",
    "updated": "更新行数",
    "failed": "错误行数",
    "scale": "规模",
    "seed": "随机种子",
    "today": "截至日期",
}


def _listed(value: Any) -> str:
    if isinstance(value, dict):
        return "；".join(f"{name}={_listed(item)}" for name, item in value.items()) or EMPTY
    if isinstance(value, list):
        return "、".join(_listed(item) for item in value) or EMPTY
    return EMPTY if value in (None, "") else str(value)


def _moment(value: str) -> str | None:
    try:
        moment = parse_datetime(value) if "T" in value else None
        day = parse_date(value) if moment is None else None
    except ValueError:
        return None
    if moment is not None:
        local = timezone.localtime(moment) if timezone.is_aware(moment) else moment
        return local.strftime("%Y-%m-%d %H:%M:%S")
    return day.isoformat() if isinstance(day, dt.date) else None


def plain(number: Any) -> str:
    """A quantity without idle zeros: "20" for 20.00; money keeps its cents."""
    text = str(number)
    return text.rstrip("0").rstrip(".") if "." in text else text


def _shown(field: Any, value: Any, names: Mapping[Any, Mapping[Any, str]]) -> str:
    if value in (None, "", []):
        return EMPTY
    if isinstance(value, bool):
        return "是" if value else "否"
    if field is None:
        return _listed(value)
    if isinstance(field.related_model, type):
        known = names.get(field.related_model, {})
        return "、".join(known.get(key, f"#{key}") for key in _keys(value))
    if getattr(field, "flatchoices", None):
        return str(dict(field.flatchoices).get(value, value))
    if isinstance(field, models.DateField) and isinstance(value, str):
        return _moment(value) or value
    if isinstance(field, models.DecimalField) and "元" not in str(field.verbose_name):
        return plain(value)
    return _listed(value)


def changes_of(entries: Iterable[AuditEntry], names_of: NamesOf = names_of) -> dict[int, list[Change]]:
    """Entry id → its changed fields in Chinese. Costs one query per related model, however many entries.

    ``names_of(model, keys)`` names related rows; readers who are no auditors bring their own.
    """
    entries = list(entries)
    names = _related_names(entries, names_of)
    told: dict[int, list[Change]] = {}
    for entry in entries:
        model = model_of(entry.object_type)
        told[entry.pk] = [
            Change(name, _label(model, name), *(_shown(_field(model, name), value, names) for value in pair))
            for name, pair in pairs_of(entry)
        ]
    return told


def _label(model: type[models.Model] | None, name: str) -> str:
    return str(getattr(_field(model, name), "verbose_name", name))
