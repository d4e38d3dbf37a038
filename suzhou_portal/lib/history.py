"""The history of a row, told in sentences from the audit trail."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.utils.dateparse import parse_datetime

from suzhou_portal.audit.describing import action_name
from suzhou_portal.audit.models import AuditEntry
from suzhou_portal.audit.trail import history_of
from suzhou_portal.lib.tables import field_of, text_of

LATEST = 50
ELSEWHERE = "(范围外)"
SILENT = frozenset({"id", "version", "pinyin"})


@dataclass(frozen=True)
class Step:
    """One entry: who did what when, and ``changes`` as (field, before, after) in Chinese."""

    entry: AuditEntry
    actor: str
    action: str
    changes: list[tuple[str, str, str]]


def history(register: Any, obj: models.Model, user: Any) -> list[Step]:
    """The latest steps of ``obj``, newest first, as ``user`` may read them (names of rows outside the scope
    are withheld). One query, and one per related model that the changes name.
    """
    entries = list(history_of(obj)[:LATEST])
    return told(register.model, entries, user)


def told(model: type[models.Model], entries: list[AuditEntry], user: Any) -> list[Step]:
    """``entries`` about rows of ``model`` as steps."""
    names = _names_of_rows(model, entries, user)
    steps = []
    for entry in entries:
        changes = []
        # A creation is told by the values on the page: only what changed later is news.
        pairs = entry.changes.items() if entry.action != "create" else ()
        for name, pair in pairs:
            if name not in SILENT and isinstance(pair, list) and len(pair) == 2:
                field = field_of(model, name)
                label = str(field.verbose_name) if field is not None else name
                before, after = (_in_words(field, value, names) for value in pair)
                changes.append((label, before or "空", after or "空"))
        actor = str(entry.actor) if entry.actor else "系统"
        steps.append(Step(entry, actor, action_name(entry.action), changes))
    return steps


def _in_words(field: Any, value: Any, names: dict[Any, dict[Any, str]]) -> str:
    if value is None or field is None:
        return text_of(value)
    if field.is_relation:
        known = names.get(field.related_model, {})
        keys = value if isinstance(value, list) else [value]
        return "、".join(known.get(key, ELSEWHERE) for key in keys)
    if field.choices:
        return str(dict(field.flatchoices).get(value, value))
    if isinstance(field, models.DateTimeField):
        return text_of(parse_datetime(str(value)) or value)
    return text_of(value)


def _names_of_rows(model: type[models.Model], entries: list[AuditEntry], user: Any) -> dict[Any, dict[Any, str]]:
    """Related model → key → name, of all rows that the changes name and the user may see."""
    wanted: dict[Any, set[Any]] = defaultdict(set)
    for entry in entries:
        if entry.action == "create":
            continue
        for name, pair in entry.changes.items():
            field = field_of(model, name)
            if field is not None and field.is_relation and isinstance(pair, list):
                for value in pair:
                    wanted[field.related_model].update(value if isinstance(value, list) else [value])
    found = {}
    for related, keys in wanted.items():
        rows = related._default_manager.filter(pk__in=keys - {None})
        rows = rows.visible_to(user) if hasattr(rows, "visible_to") else rows.none()
        found[related] = {row.pk: str(row) for row in rows}
    return found


def changed_since(obj: Any, version: int) -> tuple[dict[str, Any], list[AuditEntry]]:
    """What others changed since ``version``: field → its value at that version, and the entries, newest first.

    Every saved change raises the version by one and writes one entry, so counting back finds what
    both editors began with.
    """
    changing = [entry for entry in history_of(obj)[:LATEST] if entry.changes]
    entries = changing[: max(obj.version - version, 0)]
    before: dict[str, Any] = {}
    for entry in entries:
        for name, pair in entry.changes.items():
            if isinstance(pair, list) and len(pair) == 2:
                before[name] = pair[0]
    return before, entries
