"""Taking an import back: the terms as they stood, thousands in one transaction.

What was ended or corrected is as before, what had begun is gone (the trail keeps what it was), sign-ins are open
again. The dated history is append-only: it tells the import, and the undoing after it. It is possible while nothing
of what the import touched was changed afterwards.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.db import models
from django.db.models import F, ProtectedError
from django.utils import timezone

from grids.changes import leaving
from grids.changes.services import VACANT
from grids.places.models import GridPost
from grids.rosters.models import RosterImport, RosterImportLine
from grids.rosters.writing import parts, write_changes
from suzhou_portal.accounts.models import Assignment
from suzhou_portal.audit import trail
from suzhou_portal.lib.rows import records
from suzhou_portal.lib.rows.records import ActionNotPossible

NAMED = 5  # grids that a refusal names
Did = RosterImportLine.Did


def take_back(kept: RosterImport, *, by: Any) -> None:
    """Restore what the import, whose row the caller holds, had changed (``workflow``, which marks the row).

    Raises ``ActionNotPossible`` that names what was changed since.
    """
    posts = {key for pair in kept.lines.values_list("post", "begun") for key in pair if key}
    for part in parts(sorted(posts)):
        list(GridPost.objects.select_for_update(of=("self",)).filter(pk__in=part).values_list("pk"))
    lines = _lines_of(kept)  # read once nobody else can change them
    if problem := _later_changes(lines):
        raise ActionNotPossible(kept, problem)
    reason = f"撤销名册导入：{kept.file_name}"[:200]
    _end_new_sign_ins(kept, lines, by, reason)
    _remove_begun(kept, lines, by, reason)
    _restore(lines, by, reason)
    _reopen_sign_ins(lines, by, reason)
    write_changes(
        [
            (line.grid, line.effective, f"{line.name_after or VACANT} → {line.name_before or VACANT}")
            for line in lines
            if line.kind == GridPost.Kind.LEADER and line.did != Did.CHANGE
        ],
        by=by,
        reason=reason,
    )


def changed_since(kept: RosterImport) -> str:
    """Why ``kept`` cannot be taken back, in a sentence; "" when it can."""
    return _later_changes(_lines_of(kept))


def _lines_of(kept: RosterImport) -> list[RosterImportLine]:
    return list(kept.lines.select_related("post", "begun", "grid"))


def _later_changes(lines: Sequence[RosterImportLine]) -> str:
    begun = {line.begun_id for line in lines if line.begun_id}
    now_held: set[tuple[int, str]] = set()
    for part in parts({line.grid_id for line in lines}):
        rows = GridPost.objects.filter(grid__in=part, ends=None)
        now_held |= {(grid, kind) for pk, grid, kind in rows.values_list("pk", "grid_id", "kind") if pk not in begun}
    touched = [line for line in lines if _was_touched(line, now_held)]
    if not touched:
        return ""
    named = "、".join(line.grid.name for line in touched[:NAMED])
    more = f"等 {len(touched)} 处" if len(touched) > NAMED else ""
    return f"导入之后又有变动，不能撤销：{named}{more}。"


def _was_touched(line: RosterImportLine, now_held: set[tuple[int, str]]) -> bool:
    """Something of what the line left behind is no longer so."""
    if line.grid.ends is not None:
        return True
    if line.did != Did.JOIN and (line.post is None or line.post.version != line.version):
        return True
    if line.did in (Did.JOIN, Did.REPLACE) and (line.begun is None or line.begun.version != 1):
        return True
    return line.did in (Did.JOIN, Did.REPLACE, Did.LEAVE) and (line.grid_id, line.kind) in now_held


def _end_new_sign_ins(kept: RosterImport, lines: Sequence[RosterImportLine], by: Any, reason: str) -> None:
    """Those who never were leaders keep no sign-in that was made for them since the import."""
    found = leaving.sign_ins_of(line.begun for line in lines if line.begun)
    since = timezone.localdate(kept.at)
    made = [row for rows in found.values() for row in rows if row.starts >= since]
    ended = leaving.end_sign_ins(made, timezone.localdate(), by=by, reason=reason)
    leaving.tell_security(len(ended), kept.place_name, by=by, then="名册导入已撤销")


def _remove_begun(kept: RosterImport, lines: Sequence[RosterImportLine], by: Any, reason: str) -> None:
    """The terms that never were. The trail keeps them; whatever else has named one since holds the undoing up."""
    posts = [line.begun for line in lines if line.begun]
    entries = [(post, trail.diff(trail.snapshot(post), {})) for post in posts]
    trail.record_each("delete", entries, by=by, reason=reason)
    try:
        for part in parts(post.pk for post in posts):
            GridPost.objects.filter(pk__in=part).delete()
    except ProtectedError as error:
        problem = "导入之后有记录用到了新任网格长（如调处的调解人），不能撤销。"
        raise ActionNotPossible(kept, problem) from error


def _restore(lines: Sequence[RosterImportLine], by: Any, reason: str) -> None:
    ended = [line.post for line in lines if line.did in (Did.REPLACE, Did.LEAVE) and line.post]
    entries: list[tuple[models.Model, dict[str, Any]]] = []
    for post in ended:
        entries.append((post, {"ends": [trail.plain(post.ends), None]}))
    for part in parts(post.pk for post in ended):
        GridPost.objects.filter(pk__in=part).update(ends=None, version=F("version") + 1)
    corrected = []
    for line in lines:
        if line.did == Did.CHANGE and line.post:
            before = trail.snapshot(line.post)
            line.post.name, line.post.telephone = line.name_before, line.telephone_before
            line.post.version += 1
            corrected.append(line.post)
            entries.append((line.post, trail.diff(before, trail.snapshot(line.post))))
    GridPost.objects.bulk_update(corrected, ["name", "telephone", "version"], batch_size=200)
    trail.record_each("update", entries, by=by, reason=reason)


def _reopen_sign_ins(lines: Sequence[RosterImportLine], by: Any, reason: str) -> None:
    """Sign-ins that were ended are as before; one that the security administrator has changed since stays so."""
    for line in lines:
        for key, version, ends in line.sign_ins:
            row = Assignment.objects.filter(pk=key, version=version).first()
            if row is not None:
                records.update(row, {"ends": date.fromisoformat(ends) if ends else None}, by=by, reason=reason)
