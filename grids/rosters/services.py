"""Applying a roster, and taking an import back. Thousands of terms in one transaction, in bulk.

Everything that ``grid_changes.change_leader`` does for one grid happens here for many: the old
term ends, the new one begins, the leaving leader's sign-in for the grid ends, each new leader is a
dated change of the grid, every touched row has its entry in the trail.

Taking back restores the terms as they stood: what was ended or corrected is as before, what had
begun is gone (the trail keeps what it was), sign-ins are open again. The dated history is
append-only: it tells the import, and the undoing after it. It is possible while nothing of
what the import touched was changed afterwards.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.db.models import F, ProtectedError
from django.utils import timezone

from communities.directory.models import Community
from grids.changes import leaving
from grids.changes.services import VACANT
from grids.places.models import Grid, GridChange, GridChangePart, GridPost
from grids.rosters.models import RosterImport, RosterImportLine
from grids.rosters.plan import Place, RosterOutcome, RosterRow, plan
from streets.hub.models import Street
from suzhou_portal.accounts.models import Assignment
from suzhou_portal.audit import trail
from suzhou_portal.audit.describing import name_actions
from suzhou_portal.lib.documents.sheets import BadFile
from suzhou_portal.lib.rows import records

BATCH = 500
NAMED = 5  # grids that a refusal names
Did = RosterImportLine.Did
name_actions({"roster.import": "导入名册", "roster.undo": "撤销导入"}, group="网格长名册")


@dataclass(frozen=True)
class Upload:
    """A roster that was uploaded: its rows, whose it is, from when on it holds, where it came from."""

    rows: list[list[str]]
    place: Place
    effective: date
    source: str
    token: str


@transaction.atomic
def apply_roster(
    upload: Upload,
    *,
    by: Any,
    partial: bool = False,
    ends_absent: dict[int, int] | None = None,
    versions: dict[int, int] | None = None,
) -> RosterOutcome:
    """Import a roster; see ``roster_plan.plan``. With errors nothing is applied, unless ``partial``.

    ``ends_absent`` (key of a term → its version in the preview): terms that the file does not name
    and that are to end. Raises ``BadFile`` when that cannot be done safely, or when somebody was quicker.
    """
    outcome = plan(upload.rows, place=upload.place, effective=upload.effective, by=by, versions=versions, lock=True)
    if outcome.failed and not partial:
        return outcome
    leavers = _absent(outcome, ends_absent, upload.effective)
    try:
        with transaction.atomic():
            outcome.imported = _store_import(outcome, leavers, upload, by)
            _write(outcome.imported, outcome.changing + leavers, by, f"名册导入：{upload.source}"[:200])
    except IntegrityError as error:
        raise BadFile("名册刚被他人修改，请重新上传。") from error
    outcome.applied = True
    return outcome


def _absent(outcome: RosterOutcome, wanted: dict[int, int] | None, effective: date) -> list[RosterRow]:
    """The terms that end because the file does not name them, as rows. Raises ``BadFile``."""
    if wanted is None:
        return []
    if outcome.unplaced:
        raise BadFile(f"有 {outcome.unplaced} 行认不出网格，不能把文件中没有的任职视为离任。请先改正这些行。")
    found = []
    for post in outcome.absent:
        if wanted.get(post.pk) != post.version:
            continue  # came or changed after the preview: not what the user has seen
        if effective < post.starts:
            raise BadFile(f"“{post.name}”的任职起 {post.starts} 晚于生效日期 {effective}，不能视为离任。")
        found.append(RosterRow(0, [], did="leave", before=post, kind=post.kind, effective=effective))
    return found


def _store_import(outcome: RosterOutcome, leavers: Sequence[RosterRow], upload: Upload, by: Any) -> RosterImport:
    community = upload.place if isinstance(upload.place, Community) else None
    kept = RosterImport(
        token=upload.token,
        file_name=upload.source[:100],
        community=community,
        street=upload.place if isinstance(upload.place, Street) else community.street if community else None,
        effective=upload.effective,
        ends_absent=bool(leavers),
        joined=outcome.count("join") + outcome.count("replace"),
        left=outcome.count("leave") + len(leavers) + outcome.count("replace"),
        changed=outcome.count("change"),
        unchanged=outcome.count("same"),
        failed=len(outcome.failed),
        by=by,
    )
    kept.full_clean()
    kept.save(force_insert=True)
    told = {
        "file": kept.file_name,
        "joined": kept.joined,
        "left": kept.left,
        "changed": kept.changed,
        "failed": kept.failed,
    }
    trail.record("roster.import", kept, by=by, changes=told)
    return kept


# --- writing in bulk ------------------------------------------------------------------------


def _write(kept: RosterImport, rows: Sequence[RosterRow], by: Any, reason: str) -> None:
    ending = [row for row in rows if row.did in (Did.REPLACE, Did.LEAVE)]
    sign_ins = _end_sign_ins(ending, by, reason)
    keys = [row.grid.pk if row.grid else row.before.grid_id for row in rows]
    grids = {grid.pk: grid for part in parts(keys) for grid in Grid.objects.filter(pk__in=part)}
    lines = [_line(kept, row, sign_ins) for row in rows]
    _end_terms(ending, by, reason)
    _correct(rows, by, reason)
    _begin_terms(rows, lines, grids, by, reason)
    RosterImportLine.objects.bulk_create(lines, batch_size=BATCH)
    told = [
        (grids[line.grid_id], line.effective, f"{line.name_before or VACANT} → {line.name_after or VACANT}")
        for line in lines
        if line.kind == GridPost.Kind.LEADER and line.did != Did.CHANGE
    ]
    write_changes(told, by=by, reason=reason)
    leaving.tell_security(sum(map(len, sign_ins.values())), kept.place_name, by=by)


def parts(keys: Iterable[Any]) -> Iterable[list[Any]]:
    """``keys`` in pieces that a statement can take."""
    rows = list(keys)
    return (rows[start : start + BATCH] for start in range(0, len(rows), BATCH))


def _line(kept: RosterImport, row: RosterRow, sign_ins: dict[int, list[Any]]) -> RosterImportLine:
    before = row.before
    return RosterImportLine(
        roster_import=kept,
        grid_id=row.grid.pk if row.grid else before.grid_id,
        kind=row.kind,
        did=row.did,
        effective=row.effective or timezone.localdate(),
        post=before,
        version=before.version + 1 if before else 0,
        name_before=before.name if before else "",
        telephone_before=before.telephone if before else "",
        name_after="" if row.did == Did.LEAVE else row.name,
        telephone_after="" if row.did == Did.LEAVE else row.telephone,
        sign_ins=sign_ins.get(before.pk, []) if before else [],
    )


def _end_sign_ins(rows: Sequence[RosterRow], by: Any, reason: str) -> dict[int, list[Any]]:
    """End them; key of the leader's term → what the line keeps of each."""
    found = leaving.sign_ins_of(row.before for row in rows if row.before)
    days = {row.before.pk: row.effective for row in rows if row.before}
    kept: dict[int, list[Any]] = {}
    for key, posts in found.items():
        before = {post.pk: post.ends for post in posts}
        ended = leaving.end_sign_ins(posts, days[key] or timezone.localdate(), by=by, reason=reason)
        kept[key] = [[post.pk, post.version, trail.plain(before[post.pk])] for post in ended]
    return kept


def _end_terms(rows: Sequence[RosterRow], by: Any, reason: str) -> None:
    by_day: dict[Any, list[int]] = defaultdict(list)
    for row in rows:
        by_day[row.effective].append(row.before.pk)
    for day, keys in by_day.items():
        for part in parts(keys):
            GridPost.objects.filter(pk__in=part).update(ends=day, version=F("version") + 1)
    entries: list[Any] = [(row.before, {"ends": [None, trail.plain(row.effective)]}) for row in rows]
    trail.record_each("update", entries, by=by, reason=reason)


def _correct(rows: Sequence[RosterRow], by: Any, reason: str) -> None:
    posts, entries = [], []
    for row in rows:
        post = row.before
        if row.did != Did.CHANGE or post is None:
            continue
        before = trail.snapshot(post)
        post.name, post.telephone = row.name, row.telephone
        post.version += 1
        posts.append(post)
        changes = trail.diff(before, trail.snapshot(post))
        entries.append((post, changes))
    GridPost.objects.bulk_update(posts, ["name", "telephone", "version"], batch_size=200)
    trail.record_each("update", entries, by=by, reason=reason)


def _begin_terms(
    rows: Sequence[RosterRow], lines: Sequence[RosterImportLine], grids: dict[int, Grid], by: Any, reason: str
) -> None:
    posts = []
    for row, line in zip(rows, lines, strict=True):
        if row.did not in (Did.JOIN, Did.REPLACE):
            continue
        grid = grids[line.grid_id]
        line.begun = GridPost(
            grid=grid,
            community_id=grid.community_id,
            street_id=grid.street_id,
            kind=row.kind,
            name=row.name,
            telephone=row.telephone,
            starts=line.effective,
        )
        posts.append(line.begun)
    GridPost.objects.bulk_create(posts, batch_size=BATCH)
    for line in lines:
        if line.begun is not None:
            line.begun_id = line.begun.pk
    trail.record_many("create", posts, by=by, reason=reason)


def write_changes(told: Sequence[tuple[Grid, date, str]], *, by: Any, reason: str) -> None:
    """Put 更换网格长 on record for many grids at once: (grid, effective, "old → new")."""
    changes = [
        GridChange(
            kind=GridChange.Kind.LEADER,
            effective=effective,
            reason=reason,
            street_id=grid.street_id,
            community_id=grid.community_id,
            by=by,
        )
        for grid, effective, _note in told
    ]
    GridChange.objects.bulk_create(changes, batch_size=BATCH)
    side = GridChangePart.Side.AFTER
    GridChangePart.objects.bulk_create(
        [
            GridChangePart(change=change, grid=grid, side=side, origin=grid, note=note)
            for change, (grid, _effective, note) in zip(changes, told, strict=True)
        ],
        batch_size=BATCH,
    )
    trail.record_each("grid.leader", [(change, {}) for change in changes], by=by, reason=reason)


# --- taking it back ---------------------------------------------------------------------------


@transaction.atomic
def undo_roster(kept: RosterImport, *, by: Any) -> RosterImport:
    """Take an import back; returns it as stored. Taken back already: nothing happens.

    Raises ``ValidationError`` that names what was changed since, and then changes nothing.
    """
    kept = RosterImport.objects.select_for_update(of=("self",)).get(pk=kept.pk)
    if kept.undone_at is not None:
        return kept
    lines = list(kept.lines.select_related("post", "begun", "grid"))
    posts = [post.pk for line in lines for post in (line.post, line.begun) if post]
    for part in parts(posts):
        list(GridPost.objects.select_for_update(of=("self",)).filter(pk__in=part).values_list("pk"))
    _refuse_later_changes(lines)
    reason = f"撤销名册导入：{kept.file_name}"[:200]
    _end_new_sign_ins(kept, lines, by, reason)
    _remove_begun(lines, by, reason)
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
    kept.undone_at, kept.undone_by = timezone.now(), by
    kept.save(update_fields=["undone_at", "undone_by"])
    trail.record("roster.undo", kept, by=by, changes={"file": kept.file_name, "rows": len(lines)})
    return kept


def undoable_problem(kept: RosterImport) -> str:
    """Why ``kept`` cannot be taken back, in a sentence; "" when it can."""
    if kept.undone_at is not None:
        return "已经撤销。"
    try:
        _refuse_later_changes(list(kept.lines.select_related("post", "begun", "grid")))
    except ValidationError as error:
        return str(error.messages[0])
    return ""


def _refuse_later_changes(lines: Sequence[RosterImportLine]) -> None:
    begun = {line.begun_id for line in lines if line.begun_id}
    now_held: set[tuple[int, str]] = set()
    for part in parts({line.grid_id for line in lines}):
        rows = GridPost.objects.filter(grid__in=part, ends=None)
        now_held |= {(grid, kind) for pk, grid, kind in rows.values_list("pk", "grid_id", "kind") if pk not in begun}
    touched = [line for line in lines if _was_touched(line, now_held)]
    if touched:
        named = "、".join(line.grid.name for line in touched[:NAMED])
        more = f"等 {len(touched)} 处" if len(touched) > NAMED else ""
        raise ValidationError(f"导入之后又有变动，不能撤销：{named}{more}。")


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


def _remove_begun(lines: Sequence[RosterImportLine], by: Any, reason: str) -> None:
    """The terms that never were. The trail keeps them; whatever else has named one since holds the undoing up."""
    posts = [line.begun for line in lines if line.begun]
    entries = [(post, trail.diff(trail.snapshot(post), {})) for post in posts]
    trail.record_each("delete", entries, by=by, reason=reason)
    try:
        for part in parts(post.pk for post in posts):
            GridPost.objects.filter(pk__in=part).delete()
    except ProtectedError as error:
        raise ValidationError("导入之后有记录用到了新任网格长（如调处的调解人），不能撤销。") from error


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
