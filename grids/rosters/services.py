"""Applying a roster: thousands of terms in one transaction, in bulk. Taking it back: ``grids.rosters.undoing``.

Everything that ``grid_changes.change_leader`` does for one grid happens here for many: the old
term ends, the new one begins, the leaving leader's sign-in for the grid ends, each new leader is a
dated change of the grid, every touched row has its entry in the trail.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from communities.directory.models import Community
from grids.changes import leaving
from grids.changes.services import VACANT
from grids.places.models import Grid, GridPost
from grids.rosters.models import RosterImport, RosterImportLine
from grids.rosters.plan import Place, RosterOutcome, RosterRow, plan
from grids.rosters.workflow import IMPORTED
from grids.rosters.writing import BATCH, parts, write_changes
from streets.hub.models import Street
from suzhou_portal.audit import trail
from suzhou_portal.audit.describing import name_actions
from suzhou_portal.lib.documents.sheets import BadFile

Did = RosterImportLine.Did
name_actions({"rosterimport.import": "导入名册"}, group="名册导入记录")


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
    trail.record("rosterimport.import", kept, by=by, changes=told)
    IMPORTED.begin(kept, "import", by=by)
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
