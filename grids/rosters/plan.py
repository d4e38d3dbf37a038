"""Reading a roster: what each row of an Excel file would change, or what is wrong with it. Writes nothing.

A row names a post of a grid (编码, 职务) and who holds it. Another name than the present one means
that the present term ends and another begins (更换); with 变动 = 更正 it is the same person, better
spelt; with 变动 = 离任 the term ends and nobody follows. A post that the file does not name is left
alone unless the user says otherwise.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from communities.directory.models import Community
from grids.places.models import NO_TELEPHONE, Grid, GridPost, grid_called
from streets.hub.models import Street
from suzhou_portal.accounts.roles import Verb
from suzhou_portal.lib.documents.sheets import BadFile, below_titles, lost_digits
from suzhou_portal.lib.registers.imports import ERROR_HEADER, HINT_MARK, Outcome, RowResult, day_text
from suzhou_portal.lib.text import canonical
from suzhou_portal.lib.text.privacy import find_numbers

Place = Street | Community | None  # None: the district
CORRECT, LEAVE = "更正", "离任"
CHANGES = (CORRECT, LEAVE)
# Headers of the sheet that is downloaded, and what else people call them.
HEADERS = ("网格编码", "网格名称", "层级", "职务", "姓名", "联系电话", "变动", "生效日期")
MEANING = {
    "网格编码": "code",
    "网格": "code",
    "网格名称": "called",
    "职务": "kind",
    "姓名": "name",
    "联系电话": "telephone",
    "变动": "change",
    "生效日期": "day",
    "任职起": "day",
}
IGNORED = frozenset({"层级", "社区", "街道", ERROR_HEADER})
NEEDED = {"code": "网格编码", "kind": "职务", "name": "姓名"}
KINDS = {str(label): str(value) for value, label in GridPost.Kind.choices}
NO_CHANGE = ("same",)
_DAY_FIELD = forms.DateField()


class GridRow(NamedTuple):
    """A grid as the plan needs it."""

    pk: int
    code: str
    name: str
    kind: str
    above: str | None
    community_id: int
    street_id: int
    starts: date
    ends: date | None

    @property
    def full_name(self) -> str:
        """See :func:`grid_called`."""
        return grid_called(self.name, self.kind, self.above)


@dataclass
class RosterRow(RowResult):
    """A row: the post that it means, who holds it now, and what will become of it.

    ``did`` is join, replace, leave, change, same or error; ``remark`` what is worth a look.
    """

    grid: GridRow | None = None
    kind: str = ""
    before: GridPost | None = None
    name: str = ""
    telephone: str = ""
    effective: date | None = None
    remark: str = ""


@dataclass
class RosterOutcome(Outcome):
    """What becomes of a file; ``absent`` are the present terms that it does not name."""

    rows: list[RosterRow]  # type: ignore[assignment]
    absent: list[GridPost] = field(default_factory=list)
    unplaced: int = 0  # rows whose grid cannot be told: what they mean might be counted as absent
    imported: Any = None

    @property
    def changing(self) -> list[RosterRow]:
        """The rows that change something."""
        return [row for row in self.rows if not row.errors and row.did not in NO_CHANGE]


# --- whose roster ---------------------------------------------------------------------------


def within(place: Place) -> dict[str, Any]:
    """The condition of rows in ``place``."""
    if place is None:
        return {}
    return {"community": place} if isinstance(place, Community) else {"street": place}


def grids_in(place: Place, user: Any) -> Any:
    """The grids of ``place`` whose roster ``user`` keeps, ended ones too."""
    return Grid.objects.editable_by(user, Verb.GRIDS_EDIT).filter(**within(place))


def in_office(place: Place, user: Any) -> Any:
    """The terms in ``place`` that have no end yet, of grids that are in use."""
    rows = GridPost.objects.editable_by(user, Verb.GRIDS_EDIT).filter(**within(place))
    return rows.filter(ends=None, grid__ends=None)


def places_of(user: Any) -> list[tuple[str, str, Place]]:
    """Whose rosters ``user`` may keep: (code, name, place), the widest first; "" is the district's code."""
    scope = user.scope_for(Verb.GRIDS_EDIT)
    found: list[tuple[str, str, Place]] = [("", "全区", None)] if scope.district else []
    streets = Street.objects.editable_by(user, Verb.GRIDS_EDIT).order_by("code")
    communities = Community.objects.editable_by(user, Verb.GRIDS_EDIT).order_by("code")
    found += [(street.code, str(street), street) for street in streets]
    found += [(community.code, str(community), community) for community in communities.select_related("street")]
    return found


# --- the sheet that is downloaded ---------------------------------------------------------------


def sheet_of(place: Place, user: Any) -> Iterator[list[str]]:
    """The roster as it stands, a row per post in office; grids without a leader have an empty one."""
    posts: dict[tuple[int, str], GridPost] = {(row.grid_id, row.kind): row for row in in_office(place, user)}
    rows = grids_in(place, user).filter(ends=None).select_related("parent").order_by("code")
    levels = dict(Grid.Kind.choices)
    for grid in rows:
        for kind, label in GridPost.Kind.choices:
            post = posts.get((grid.pk, kind))
            if post is None and kind != GridPost.Kind.LEADER:
                continue
            who = (post.name, post.telephone) if post else ("", "")
            yield [grid.code, grid.full_name, str(levels[grid.kind]), str(label), *who, "", ""]


# --- reading --------------------------------------------------------------------------------------


def _columns(headers: list[str]) -> tuple[dict[str, int], list[str]]:
    found: dict[str, int] = {}
    ignored = []
    for column, header in enumerate(headers):
        if header in IGNORED:
            ignored.append(header)
        elif header in MEANING and MEANING[header] in found:
            raise BadFile(f"列“{header}”出现了两次。")
        elif header in MEANING:
            found[MEANING[header]] = column
        elif header:
            raise BadFile(f"不认识列“{header[:40]}”。请使用下载的名册的表头。")
    for meaning, header in NEEDED.items():
        if meaning not in found:
            raise BadFile(f"缺少列“{header}”。")
    return found, [header for header in ignored if header not in (ERROR_HEADER, *HEADERS)]


def plan(
    rows: list[list[str]],
    *,
    place: Place,
    effective: date,
    by: Any,
    versions: dict[int, int] | None = None,
    lock: bool = False,
) -> RosterOutcome:
    """What ``rows`` (as ``sheets.read_sheet`` gives them) mean for the roster of ``place``.

    ``versions`` (row number → version of the present term, 0 for none) are those of a preview: a
    post that was changed since is an error. ``lock`` locks the terms. Raises ``BadFile``.
    """
    rows = below_titles(rows, {*MEANING, *IGNORED}.__contains__)
    if len(rows) < 2:
        raise BadFile("文件里没有数据。")
    headers = rows[0][1:]
    columns, ignored = _columns(headers)
    present = in_office(place, by)
    posts = {(row.grid_id, row.kind): row for row in (present.select_for_update(of=("self",)) if lock else present)}
    reader = _Reader(columns, place, effective, _places(by), posts, versions)
    outcome = RosterOutcome(headers, [], ignored)
    for number, *cells in rows[1:]:
        if not any(cell.startswith(HINT_MARK) for cell in cells[:1]):
            outcome.rows.append(reader.read(RosterRow(int(number), cells)))
    if not outcome.rows:
        raise BadFile("文件里没有数据。")
    _refuse_doubles(outcome.rows)
    named = {(row.grid.pk, kind) for row in outcome.rows if row.grid for kind in _kinds_meant(row)}
    outcome.absent = [post for key, post in sorted(posts.items()) if key not in named]
    outcome.unplaced = sum(row.grid is None for row in outcome.rows)
    for row in outcome.rows:
        if row.errors:
            row.did = "error"
    return outcome


def _kinds_meant(row: RosterRow) -> Iterable[str]:
    """Which posts a row stands for: where its 职务 cannot be told, all of the grid."""
    return [row.kind] if row.kind else KINDS.values()


def _places(by: Any) -> dict[str, GridRow]:
    """The grids in scope by code."""
    columns = ("pk", "code", "name", "kind", "parent__name", "community_id", "street_id", "starts", "ends")
    rows = Grid.objects.editable_by(by, Verb.GRIDS_EDIT).values_list(*columns)
    return {row[1]: GridRow(*row) for row in rows}


def _refuse_doubles(rows: list[RosterRow]) -> None:
    """Two rows for one post: the later one is too much; with different names nobody can tell which is right."""
    groups: dict[tuple[int, str], list[RosterRow]] = defaultdict(list)
    for row in rows:
        if row.grid and row.kind:
            groups[row.grid.pk, row.kind].append(row)
    for first, *others in groups.values():
        for row in others:
            label = str(GridPost.Kind(row.kind).label)
            if row.name == first.name:
                row.errors.append(f"与第 {first.number} 行重复。")
            else:
                row.errors.append(f"同一网格有两名{label}，见第 {first.number} 行。")
                if not any("两名" in error for error in first.errors):
                    first.errors.append(f"同一网格有两名{label}，见第 {row.number} 行。")


def name_problems(name: str) -> list[str]:
    """What is wrong with a person's name."""
    found = find_numbers(name)
    if found:
        return [f"姓名中疑似含{found[0].kind}（{found[0].masked}），请删去。"]
    if any(character.isdigit() for character in name):
        return ["姓名中不能有数字。"]
    most = GridPost._meta.get_field("name").max_length or 0
    return [f"姓名最多 {most} 字。"] if len(name) > most else []


def telephone_problems(telephone: str) -> list[str]:
    """What is wrong with a telephone number; an identity card's or bank card's number is none."""
    found = [item for item in find_numbers(telephone) if item.kind in NO_TELEPHONE]
    if found:
        return [f"联系电话疑似{found[0].kind}（{found[0].masked}），请删去。"]
    try:
        GridPost._meta.get_field("telephone").clean(telephone, None)
    except ValidationError as error:
        return [f"联系电话：{message}" for message in error.messages]
    return []


@dataclass
class _Reader:
    """Reads rows against the grids and terms as they stand."""

    columns: dict[str, int]
    place: Place
    effective: date
    grids: dict[str, GridRow]
    posts: dict[tuple[int, str], GridPost]
    versions: dict[int, int] | None

    def read(self, row: RosterRow) -> RosterRow:
        """Fill in what ``row`` means, and its errors."""
        cells = {meaning: row.cells[at].strip() if at < len(row.cells) else "" for meaning, at in self.columns.items()}
        row.grid = self._grid(row, cells)
        row.kind = KINDS.get(cells["kind"], "")
        if not row.kind:
            said = f"没有职务“{cells['kind'][:20]}”" if cells["kind"] else "职务未填"
            row.errors.append(f"{said}，可填：{'、'.join(KINDS)}。")
        row.before = self.posts.get((row.grid.pk, row.kind)) if row.grid and row.kind else None
        row.name = canonical.person(cells["name"])
        row.telephone = self._telephone(row, cells)
        row.errors += name_problems(row.name)
        row.label = f"{row.grid.full_name} {row.name}" if row.grid else row.name
        self._change(row, cells.get("change", ""))
        self._date(row, cells.get("day", ""))
        row.version = row.before.version if row.before else 0
        if self.versions is not None and not row.errors and row.version != self.versions.get(row.number, row.version):
            row.errors.append("预览之后已被他人修改，请重新上传。")
        return row

    def _grid(self, row: RosterRow, cells: dict[str, str]) -> GridRow | None:
        code = cells["code"].split()[0] if cells["code"] else ""
        if not code:
            row.errors.append("网格编码未填。")
            return None
        grid = self.grids.get(code)
        if grid is None:
            row.errors.append(lost_digits(code) or f"没有网格“{code[:30]}”，或不在您的管辖范围内。")
            return None
        called = cells.get("called", "")
        if called and "".join(called.split()) not in {"".join(grid.full_name.split()), "".join(grid.name.split())}:
            row.errors.append(f"编码与名称不符：{grid.code} 是“{grid.full_name}”。")
        if grid.ends is not None:
            row.errors.append(f"网格已于 {grid.ends} 停用。")
        elif not self._holds(grid):
            row.errors.append(f"网格不在{self.place}，请在所属地点的名册中维护。")
        return grid

    def _holds(self, grid: GridRow) -> bool:
        if isinstance(self.place, Community):
            return grid.community_id == self.place.pk
        return self.place is None or grid.street_id == self.place.pk

    def _telephone(self, row: RosterRow, cells: dict[str, str]) -> str:
        if "telephone" not in cells:  # the file says nothing of telephones: they stay
            return row.before.telephone if row.before and row.before.name == row.name else ""
        telephone = canonical.telephone(cells["telephone"])
        row.errors += telephone_problems(telephone) if telephone else []
        return telephone

    def _change(self, row: RosterRow, change: str) -> None:
        """What the row does, by its name, the present one and the column 变动."""
        before = row.before
        if change and change not in CHANGES:
            row.errors.append(f"变动只填“{CORRECT}”或“{LEAVE}”，换人和没有变化的不填。")
        elif change and before is None:
            if row.grid and row.kind:
                row.errors.append(f"现无在任者，不能{change}。")
        elif before is None:
            self._fill(row)
        elif change == LEAVE:
            row.did = "leave"
            if row.name not in ("", before.name):
                row.errors.append(f"离任人姓名与现任“{before.name}”不符。")
        elif not row.name:
            row.errors.append(f"姓名未填。现任为“{before.name}”；没有人接任的，变动填“{LEAVE}”。")
        elif row.name == before.name or change == CORRECT:
            same = (row.name, row.telephone) == (before.name, before.telephone)
            row.did = "same" if same else "change"
        else:
            row.did = "replace"
            if row.telephone and row.telephone == before.telephone:
                row.remark = f"电话未变：如是同一人更正姓名，变动填“{CORRECT}”。"

    def _fill(self, row: RosterRow) -> None:
        """A post that nobody holds: somebody begins, or it stays empty."""
        if row.name:
            row.did = "join"
        elif row.telephone:
            row.errors.append("姓名未填。")
        else:
            row.did = "same"

    def _date(self, row: RosterRow, text: str) -> None:
        """The day from which it holds: the row's own, or the one of the whole file."""
        row.effective = self.effective
        if text and (own := self._own_day(row, text)) is not None:
            row.effective = own
        if row.did not in ("join", "replace", "leave") or row.errors:
            return
        if row.grid and row.effective < row.grid.starts:
            row.errors.append(f"生效日期 {row.effective} 早于网格启用日期 {row.grid.starts}。")
        if row.before and row.effective < row.before.starts:
            row.errors.append(f"生效日期 {row.effective} 早于现任“{row.before.name}”的任职起 {row.before.starts}。")
        elif row.before and text and row.effective == row.before.starts:
            row.errors.append(f"生效日期与现任“{row.before.name}”的任职起相同；更正姓名的，变动填“{CORRECT}”。")

    def _own_day(self, row: RosterRow, text: str) -> date | None:
        try:
            day: date = _DAY_FIELD.clean(day_text(text))
        except ValidationError:
            row.errors.append(f"日期“{text[:20]}”不对，请填如 2026-01-31。")
            return None
        if day > timezone.localdate():
            row.errors.append(f"生效日期 {day} 不能晚于今天。")
        return day
