"""The history of a row, told in sentences from the audit trail."""

from dataclasses import dataclass
from typing import Any

from django.db import models

from suzhou_portal.audit.describing import Change, action_name, changes_of
from suzhou_portal.audit.models import AuditEntry
from suzhou_portal.audit.trail import history_of

LATEST = 50
ELSEWHERE = "（范围外）"


@dataclass(frozen=True)
class Step:
    """One entry: who did what when, and what it changed, in Chinese."""

    entry: AuditEntry
    actor: str
    action: str
    changes: list[Change]


def history(obj: models.Model, user: Any) -> list[Step]:
    """The latest steps of ``obj``, newest first, as ``user`` may read them: rows outside their scope stay
    unnamed. One query, and one per related model that the changes name.
    """
    entries = list(history_of(obj)[:LATEST])
    # A creation is told by the values on the page: only what changed later is news.
    changed = [entry for entry in entries if entry.action != "create"]

    def names_of(model: type[models.Model], keys: set[Any]) -> dict[Any, str]:
        rows: Any = model._default_manager.filter(pk__in=keys)
        rows = rows.visible_to(user) if hasattr(rows, "visible_to") else rows.none()
        return dict.fromkeys(keys, ELSEWHERE) | {row.pk: str(row) for row in rows}

    told = changes_of(changed, names_of)
    return [
        Step(entry, str(entry.actor or "系统"), action_name(entry.action), told.get(entry.pk, [])) for entry in entries
    ]


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
