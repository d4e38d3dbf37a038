"""Rows and files that do not match: found by a nightly job and by ``manage.py check_files``."""

import logging
from dataclasses import dataclass, field
from datetime import timedelta

from django.utils import timezone

from suzhou_portal.files import services, storing
from suzhou_portal.files.models import Attachment

logger = logging.getLogger(__name__)

# A younger file may belong to a row that is being written at this moment.
GRACE = timedelta(hours=24)
BATCH = 500


@dataclass
class Findings:
    """What does not match: stored names without a row, keys of attachments without (all of) their file."""

    orphans: list[str] = field(default_factory=list)
    missing: list[int] = field(default_factory=list)
    checked: int = 0


def clear_waiting() -> int:
    """Delete the files of attachments that were removed or erased; returns of how many."""
    total = 0
    while keys := list(Attachment.objects.to_clear().order_by("id").values_list("pk", flat=True)[:BATCH]):
        total += services.clear(keys)
    return total


def check(*, clean: bool) -> Findings:
    """Compare rows and files. With ``clean``, files without a row are deleted when a day has passed since
    they were written; attachments without a file are marked (``missing_at``), and the mark is taken
    back when the file is there again (restored from a backup).
    """
    findings = Findings(orphans=_orphans())
    for row in Attachment.objects.kept().iterator(chunk_size=BATCH):
        findings.checked += 1
        if storing.size_of(row.stored) != row.size or any(storing.size_of(name) is None for name in row.stored_files):
            findings.missing.append(row.pk)
    if clean:
        storing.delete(findings.orphans)
        rows = Attachment.objects.kept()
        rows.filter(pk__in=findings.missing, missing_at=None).update(missing_at=timezone.now())
        rows.filter(missing_at__isnull=False).exclude(pk__in=findings.missing).update(missing_at=None)
    if findings.missing:
        logger.error("%d attachments have lost their file, first: %s", len(findings.missing), findings.missing[:10])
    if findings.orphans:
        logger.warning("%d files belong to no attachment, first: %s", len(findings.orphans), findings.orphans[:10])
    return findings


def _orphans() -> list[str]:
    found: list[str] = []
    waiting: list[str] = []

    def compare() -> None:
        stems = {name.split(".")[0] for name in waiting}
        known = _known_stems(stems)
        found.extend(name for name in waiting if name.split(".")[0] not in known)
        waiting.clear()

    before = timezone.now() - GRACE
    for name, changed in storing.all_names():
        if changed < before:
            waiting.append(name)
        if len(waiting) >= BATCH:
            compare()
    compare()
    return found


def _known_stems(stems: set[str]) -> set[str]:
    """Those of ``stems`` (stored names without their extension) that a row whose files are kept names."""
    names = [f"{stem}.{extension}" for stem in stems for extension in ("jpg", "pdf", "docx", "xlsx")]
    rows = Attachment.objects.filter(stored__in=names, cleared_at=None)
    return {stored.split(".")[0] for stored in rows.values_list("stored", flat=True)}
