"""Attachments: taking, removing and erasing them. Every change and its audit entry are one transaction."""

import hashlib
import logging
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, models, transaction
from django.db.models import Sum
from django.utils import timezone

from suzhou_portal.audit import trail
from suzhou_portal.files import storing
from suzhou_portal.files.errors import Refused
from suzhou_portal.files.models import Attachment, Stage
from suzhou_portal.files.owners import MEGABYTE, OWNERS, Owner, owner_of
from suzhou_portal.files.preparing import Prepared, prepare

logger = logging.getLogger(__name__)

# Not in the trail: a name may say whom a file is about, and the trail outlives its erasure.
UNTOLD = frozenset({"name", "stored", "digest", "upload_key"})
ERASED_NAME = "已清除"


@dataclass(frozen=True)
class Upload:
    """A file as it arrives.

    ``file`` is a file object with a ``name``. ``key`` is made by the client, once per form or file: the
    same bytes under the same key are stored once for each row.
    """

    file: Any
    stage: str = Stage.OTHER
    has_personal: bool = False
    key: uuid.UUID | None = None


def attach(row: models.Model, upload: Upload, *, by: Any) -> Attachment:
    """Store ``upload`` as an attachment of ``row``; returns it, or the one of the first time.

    The caller has fetched ``row`` in the scope of ``by``. Raises ``PermissionDenied`` when ``by`` may not
    add to it (any longer), :class:`Refused` with the reason when the file is not taken. Nothing is
    stored in either case.
    """
    owner = owner_of(row)
    if not owner.may_add(row, by):
        raise PermissionDenied
    data = upload.file.read()
    named = f"{owner.name}:{row.pk}:{hashlib.sha256(data).hexdigest()}"
    key = uuid.uuid5(upload.key, named) if upload.key else None
    if key and (first := _uploaded(owner, row.pk, key, by)):
        return first
    _check_quota(owner, row.pk, 0)
    prepared = prepare(data, upload.file.name or "")
    stored, names = storing.store(prepared)
    try:
        return _insert(owner, row.pk, upload, key, prepared, stored, by)
    except IntegrityError:
        storing.delete(names)
        if key and (first := _uploaded(owner, row.pk, key, by)):
            return first
        raise
    except BaseException:
        storing.delete(names)
        raise


def _uploaded(owner: Owner, owner_key: int, key: uuid.UUID, by: Any) -> Attachment | None:
    return Attachment.objects.of(owner, owner_key).filter(uploaded_by=by, upload_key=key).first()


@transaction.atomic
def _insert(
    owner: Owner, owner_key: int, upload: Upload, key: uuid.UUID | None, prepared: Prepared, stored: str, by: Any
) -> Attachment:
    """The row, under the lock of its owner: two uploads at once cannot pass the quota together."""
    if not owner.may_add(owner.locked(owner_key), by):
        raise PermissionDenied
    _check_quota(owner, owner_key, len(prepared.data))
    attachment = Attachment(
        owner_type=owner.name,
        owner_key=owner_key,
        kind=prepared.kind,
        stage=upload.stage,
        name=prepared.name,
        stored=stored,
        media_type=prepared.media_type,
        size=len(prepared.data),
        digest=hashlib.sha256(prepared.data).hexdigest(),
        width=prepared.width,
        height=prepared.height,
        has_personal=upload.has_personal,
        upload_key=key,
        uploaded_by=by,
    )
    attachment.save(force_insert=True)
    _record("upload", attachment, {}, by=by)
    return attachment


def _check_quota(owner: Owner, owner_key: int, more: int) -> None:
    """Raises :class:`Refused` when one file more, of ``more`` bytes, would be too many or too much."""
    rows = Attachment.objects.of(owner, owner_key).kept()
    found = rows.aggregate(count=models.Count("id"), size=Sum("size", default=0))
    if found["count"] >= owner.file_limit:
        raise Refused(f"每件最多 {owner.file_limit} 个附件，已经满了。", code="quota_exceeded", http_status=409)
    if found["size"] + more > owner.byte_limit:
        limit = owner.byte_limit // MEGABYTE
        raise Refused(f"每件的附件合计不超过 {limit} MB，已放不下。", code="quota_exceeded", http_status=409)


def may_remove(attachment: Attachment, row: models.Model | None, user: Any) -> bool:
    """``user`` may take ``attachment`` away from ``row``: their own, while the owner allows it.

    Not where it is only shown with another row than its owner (None: the user does not see the owner).
    """
    if row is None or attachment.is_gone or attachment.owner_key != row.pk:
        return False
    return owner_of(row).may_remove(row, attachment, user)


@transaction.atomic
def remove(attachment: Attachment, *, by: Any) -> Attachment:
    """Take an attachment away; the row stays and says who did, its files go from the disk after the commit.

    Removed already: nothing happens. Raises ``PermissionDenied`` without the right.
    """
    row = attachment.owner.locked(attachment.owner_key)
    fresh = Attachment.objects.select_for_update(of=("self",)).get(pk=attachment.pk)
    if fresh.is_gone:
        return fresh
    if not may_remove(fresh, row, by):
        raise PermissionDenied
    before = trail.snapshot(fresh)
    fresh.removed_at, fresh.removed_by = timezone.now(), by
    fresh.save(update_fields=["removed_at", "removed_by"])
    _record("remove", fresh, before, by=by)
    _clear_after_commit([fresh.pk])
    return fresh


@transaction.atomic
def erase(attachments: Iterable[Attachment], *, by: Any = None, reason: str = "") -> int:
    """Erase attachments that hold personal data whose time is over; returns how many were.

    File, thumbnail and name go, the row stays with ``erased_at``. ``by`` None: the portal itself, on
    schedule. Those erased already are left alone: safe to run again.
    """
    keys = sorted(attachment.pk for attachment in attachments)
    rows = list(Attachment.objects.select_for_update(of=("self",)).filter(pk__in=keys, erased_at=None).order_by("pk"))
    for row in rows:
        before = trail.snapshot(row)
        row.erased_at, row.name = timezone.now(), ERASED_NAME
        row.save(update_fields=["erased_at", "name"])
        _record("erase", row, before, by=by, reason=reason)
    _clear_after_commit([row.pk for row in rows])
    return len(rows)


def personal_left(owner_type: str) -> models.QuerySet[Attachment]:
    """The attachments of this kind of rows that are marked as holding personal data and are not erased yet."""
    return Attachment.objects.filter(owner_type=OWNERS[owner_type].name, has_personal=True, erased_at=None)


def personal_of(owner_type: str, keys: Iterable[int]) -> models.QuerySet[Attachment]:
    """The same, of the rows with these keys."""
    return personal_left(owner_type).filter(owner_key__in=list(keys))


def clear(keys: Iterable[int]) -> int:
    """Delete the files of gone attachments from the disk; returns of how many. Safe to run again.

    The files first, then the mark: what a crash interrupts is done again by the job.
    """
    rows = list(Attachment.objects.to_clear().filter(pk__in=list(keys)))
    for row in rows:
        storing.delete(row.stored_files)
    Attachment.objects.filter(pk__in=[row.pk for row in rows]).update(cleared_at=timezone.now())
    return len(rows)


def _clear_after_commit(keys: list[int]) -> None:
    # Robust: an error here is logged, and the job files.clear does it again.
    transaction.on_commit(partial(clear, keys), robust=True)


def _record(action: str, attachment: Attachment, before: dict[str, Any], *, by: Any, reason: str = "") -> None:
    changes = trail.diff(before, trail.snapshot(attachment))
    told = {name: pair for name, pair in changes.items() if name not in UNTOLD}
    trail.record(f"attachment.{action}", attachment, by=by, changes=told, reason=reason)
