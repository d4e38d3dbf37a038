"""Saving rows: validated, versioned and audited in one transaction.

Pages, the API and imports all write through these three functions, so no surface can
forget the trail or overwrite somebody else's change.
"""

from collections.abc import Iterable
from typing import Any

from django.db import models, transaction

from suzhou_portal.audit import trail


class StaleVersion(Exception):
    """Somebody else changed the row first. ``current`` is the row as it is now stored."""

    def __init__(self, current: models.Model) -> None:
        super().__init__("stale version")
        self.current = current


@transaction.atomic
def create(
    obj: models.Model,
    *,
    by: Any,
    links: dict[str, Iterable[models.Model]] | None = None,
    reason: str = "",
    action: str = "create",
) -> models.Model:
    """Validate and insert ``obj`` and write its audit entry; returns ``obj``.

    ``links`` are its many-to-many rows by field name. Raises ``ValidationError`` with messages per field.
    """
    obj.full_clean()
    obj.save(force_insert=True)
    changes = trail.diff({}, trail.snapshot(obj))
    for name, rows in (links or {}).items():
        keys = sorted(row.pk for row in rows)
        if keys:
            getattr(obj, name).set(keys)
            changes[name] = [[], keys]
    trail.record(action, obj, by=by, changes=changes, reason=reason)
    return obj


def _link(row: models.Model, links: dict[str, list[Any]]) -> dict[str, list[Any]]:
    """Set the many-to-many lists ``links`` (field name → keys) of ``row``; returns those that changed: [old, new]."""
    changes = {}
    for name, keys in links.items():
        manager = getattr(row, name)
        old = sorted(manager.values_list("pk", flat=True))
        if old != sorted(keys):
            changes[name] = [old, sorted(keys)]
            manager.set(keys)
    return changes


@transaction.atomic
def update(
    obj: models.Model,
    values: dict[str, Any],
    *,
    by: Any,
    version: int | None = None,
    reason: str = "",
    action: str = "update",
) -> models.Model:
    """Set ``values`` (field name → value; many-to-many lists too) on the row of ``obj``; returns the fresh row.

    The row is locked first. ``version`` is the one that the editor saw; when the row has
    moved on, :class:`StaleVersion` is raised and nothing is written. Nothing changed:
    nothing written. Raises ``ValidationError`` with messages per field.
    """
    row = type(obj)._base_manager.select_for_update().get(pk=obj.pk)
    if version is not None and hasattr(row, "version") and row.version != version:
        raise StaleVersion(row)
    before = trail.snapshot(row)
    many = {field.name for field in row._meta.many_to_many}
    links: dict[str, list[Any]] = {}
    for name, value in values.items():
        if name in many:
            links[name] = [item.pk for item in value]
        else:
            setattr(row, name, value)
    row.full_clean()
    changes = trail.diff(before, trail.snapshot(row)) | _link(row, links)
    if not changes:
        return row
    if hasattr(row, "version"):
        row.version += 1
    row.save()
    trail.record(action, row, by=by, changes=changes, reason=reason)
    return row


class ActionNotPossible(Exception):
    """The row does not (or no longer) allow the action; ``current`` is the row as stored. ``reason``: a sentence, where
    it is more than that its status is another.
    """

    def __init__(self, current: models.Model, reason: str = "") -> None:
        super().__init__(reason or "action not possible")
        self.current: Any = current
        self.reason = reason


class ActionForbidden(Exception):
    """The user lacks the right to this action on this row."""
