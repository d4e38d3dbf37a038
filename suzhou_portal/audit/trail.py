"""Writing the audit trail. The only module that creates :class:`AuditEntry` rows.

``record()`` must run in the transaction of the change that it describes: it refuses to
run outside one, so that a failing audit write always takes the change back with it.
"""

import contextvars
import datetime
import decimal
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import models, transaction

from suzhou_portal.audit.models import AuditEntry
from suzhou_portal.audit.origin import device_words

# Never written to the trail, whatever model they stand on.
SECRET_FIELDS = frozenset({"password", "digest", "secret"})
MASK = "***"
# A step's inputs as a keyed digest (``lib.cases.workflow``), for nobody to read: whether the same was sent twice.
GIVEN = "given"
# What stands where something personal was erased. The database lets an append-only row change for
# nothing else (``lib.rows.triggers``).
ERASED = "〔已清除〕"


@dataclass(frozen=True)
class AuditContext:
    """Where the current work comes from: the request's id and surface, the address and device of its sender."""

    request_id: str = ""
    source: str = AuditEntry.Source.COMMAND
    address: str = ""
    device: str = ""


_OUTSIDE = AuditContext()
_context: contextvars.ContextVar[AuditContext] = contextvars.ContextVar("audit_context", default=_OUTSIDE)


@contextmanager
def audit_context(source: str, request_id: str = "", address: str = "", device: str = "") -> Iterator[AuditContext]:
    """Mark everything recorded inside the block with ``source``, a request id (made if empty), and whence it came."""
    token = _context.set(AuditContext(request_id or uuid.uuid4().hex, source, address, device))
    try:
        yield _context.get()
    finally:
        _context.reset(token)


def current_context() -> AuditContext:
    """The context that :func:`record` will stamp on entries now."""
    return _context.get()


def plain(value: Any) -> Any:
    """``value`` as JSON can hold it: dates as ISO text, decimals as text, rows as their key."""
    if isinstance(value, (datetime.datetime, datetime.date, datetime.time)):
        return value.isoformat()
    if isinstance(value, (decimal.Decimal, uuid.UUID)):
        return str(value)
    if isinstance(value, models.Model):
        return value.pk
    return value


def snapshot(obj: models.Model) -> dict[str, Any]:
    """The stored columns of ``obj`` as plain values, keyed by field name; secrets masked.

    Secret are the columns of :data:`SECRET_FIELDS`, and those whose field says so (``secret = True``).
    """
    return {
        field.name: MASK
        if field.name in SECRET_FIELDS or getattr(field, "secret", False)
        else plain(field.value_from_object(obj))
        for field in obj._meta.concrete_fields
    }


def diff(before: dict[str, Any], after: dict[str, Any]) -> dict[str, list[Any]]:
    """``{field: [before, after]}`` for the fields that differ; a missing side counts as None."""
    return {
        name: [before.get(name), after.get(name)]
        for name in dict.fromkeys((*before, *after))
        if before.get(name) != after.get(name)
    }


def _entry(action: str, obj: models.Model | None, by: Any, changes: dict[str, Any] | None, reason: str) -> AuditEntry:
    context = _context.get()
    return AuditEntry(
        actor=by if by is not None and by.pk else None,
        action=action,
        object_type=obj._meta.label_lower if obj is not None else "",
        object_id=str(obj.pk) if obj is not None else "",
        object_label=str(obj)[:200] if obj is not None else "",
        changes=changes or {},
        reason=reason[:500],
        source=context.source,
        request_id=context.request_id,
        address=context.address,
        device=device_words(context.device) if context.device else "",
    )


def record(
    action: str,
    obj: models.Model | None,
    *,
    by: Any,
    changes: dict[str, Any] | None = None,
    reason: str = "",
) -> AuditEntry:
    """Append one entry about ``obj``; ``by`` is the acting user, or None for the portal itself.

    Raises ``TransactionManagementError`` outside a transaction.
    """
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError("audit.record() must run inside the change's transaction")
    entry = _entry(action, obj, by, changes, reason)
    entry.save(force_insert=True)
    return entry


def record_many(action: str, objs: Iterable[models.Model], *, by: Any, reason: str = "") -> None:
    """Append one creation entry per object in bulk (imports, demo data); same rules as ``record``."""
    record_each(action, ((obj, diff({}, snapshot(obj))) for obj in objs), by=by, reason=reason)


def record_each(
    action: str, changed: Iterable[tuple[models.Model, dict[str, Any]]], *, by: Any, reason: str = ""
) -> None:
    """Append one entry per (object, its changes) in bulk; same rules as ``record``."""
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError("audit.record_each() must run inside a transaction")
    AuditEntry.objects.bulk_create(
        [_entry(action, obj, by, changes, reason) for obj, changes in changed], batch_size=500
    )


def history_of(obj: models.Model) -> models.QuerySet[AuditEntry]:
    """The trail of one object, newest first, with actors fetched."""
    return AuditEntry.objects.filter(object_type=obj._meta.label_lower, object_id=str(obj.pk)).select_related("actor")


# --- erasing ----------------------------------------------------------------------------

Clean = Callable[[str], str]


def fitted(text: str, length: int | None) -> str:
    """``text`` in ``length`` characters: marks of erasure may have made it longer than its column."""
    if length is None or len(text) <= length:
        return text
    kept = text[: length - len(ERASED)]
    # A mark cut in two says nothing, and would pass for words that never stood there.
    cut = next((size for size in range(len(ERASED) - 1, 0, -1) if kept.endswith(ERASED[:size])), 0)
    return kept[: len(kept) - cut] + ERASED


def cleaned(value: Any, clean: Clean) -> Any:
    """``value`` (as JSON holds it) with ``clean`` applied to every text in it; names of fields stay."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, list):
        return [cleaned(item, clean) for item in value]
    if isinstance(value, dict):
        return {name: cleaned(item, clean) for name, item in value.items()}
    return value


def _mark(text: str) -> str:
    return ERASED if text else text


def erase(
    entries: models.QuerySet[AuditEntry],
    clean: Clean,
    *,
    label: Clean | None = None,
    whole: frozenset[str] = frozenset(),
) -> int:
    """Put :data:`ERASED` in the place of what ``clean`` finds personal in ``entries``; returns how many changed.

    ``label`` does the same for the names of the objects, if they need another hand; the texts of the fields ``whole``
    go altogether. For the erasure of personal data by schedule alone. ``clean`` must only take away: the
    database refuses anything else.
    """
    count = 0
    for entry in entries.only("id", *AuditEntry.erasable):
        changed = {}
        for name in AuditEntry.erasable:
            old = getattr(entry, name)
            new = cleaned(old, label if label and name == "object_label" else clean)
            if isinstance(old, dict):
                new |= {field: cleaned(old[field], _mark) for field in whole if field in old}
            if isinstance(new, str):
                new = fitted(new, AuditEntry._meta.get_field(name).max_length)
            if new != old:
                changed[name] = new
        if changed:
            count += AuditEntry.objects.filter(pk=entry.pk).update(**changed)
    return count
