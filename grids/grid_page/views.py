"""The page of a grid: who leads it, what it has, what waits in it, where it came from and what became of it.

The same number of queries whatever the grid: everything is fetched in bulk, in scope.
"""

from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, Sum

from grids.changes.moving import moved_words
from grids.five_ones.models import FiveOne, FiveOneRecord
from grids.issues.models import Issue
from grids.lists import listing
from grids.lists.queues import MOST_URGENT
from grids.places.leaders import with_leaders
from grids.places.models import Area, Grid, GridChangePart, GridPost
from streets.organisations.models import Organisation
from suzhou_portal.accounts.roles import Verb
from suzhou_portal.lib.registers import pages as views
from suzhou_portal.lib.rows.counts import capped_text, written_counts
from suzhou_portal.lib.rows.written import written_rows, written_sums

ISSUES_SHOWN, UNITS_SHOWN, LOWER_SHOWN = 10, 12, 60
SAMPLE = 987_654_321  # stands for the key of the grid in statements that are written once
COUNT_CAP = 999
ELSEWHERE = "（范围外的网格）"
OPERATIONS = (
    ("split", "拆分"),
    ("merge", "合并"),
    ("transfer", "划转"),
    ("close", "撤销"),
)


@dataclass(frozen=True)
class Office:
    """An office of the grid: who holds it now, and who held it before."""

    label: str
    now: GridPost | None
    before: list[GridPost]


@dataclass(frozen=True)
class Slot:
    """One of the 五个一 of a grid; no record means 未建."""

    slot: FiveOne
    record: FiveOneRecord | None

    @property
    def state(self) -> str:
        """The state in words."""
        return self.record.get_state_display() if self.record else FiveOneRecord.State.NONE.label


@dataclass
class Event:
    """A change that the grid took part in: what came of what, as far as the reader may know."""

    change: Any
    before: list[str] = field(default_factory=list)
    after: list[str] = field(default_factory=list)
    heirs: list[Grid] = field(default_factory=list)  # of ``after`` those in the reader's scope
    notes: list[str] = field(default_factory=list)

    @property
    def moved(self) -> str:
        """What went along, in words."""
        return "，".join(moved_words(self.change.moved))


def offices(grid: Grid, user: Any) -> list[Office]:
    """Leader and branch secretary with their predecessors, also those in the grids that this one came of."""
    if not user.can(Verb.ROSTERS_VIEW):
        return []

    def terms() -> Any:
        # unscoped: only the keys of the grids before, whose terms are fetched in scope
        origins = GridChangePart.objects.filter(grid=SAMPLE, origin__isnull=False).values("origin")
        rows = GridPost.objects.visible_to(user, Verb.ROSTERS_VIEW).filter(Q(grid=SAMPLE) | Q(grid__in=origins))
        return rows.select_related("grid__parent").order_by("-starts", "-pk")

    posts = written_rows("grids.offices", user, terms, samples=(SAMPLE,), values=(grid.pk,))
    found = []
    for kind in GridPost.Kind:
        held = [post for post in posts if post.kind == kind]
        now = next((post for post in held if post.grid_id == grid.pk and post.in_office), None)
        if kind == GridPost.Kind.LEADER or held or grid.kind == Grid.Kind.RESIDENT_GROUP:
            found.append(Office(kind.label, now, [post for post in held if post is not now]))
    return found


def slots(grid: Grid) -> list[Slot]:
    """The 五个一 that the kind of the grid is asked for, and what is entered of ended ones."""
    # unscoped: the slots are reference data, the records are those of a grid fetched in scope
    records = {row.slot_id: row for row in FiveOneRecord.objects.filter(grid=grid).select_related("slot")}
    asked = [slot for slot in FiveOne.objects.asked() if grid.kind in slot.kinds]  # unscoped: reference data
    kept = [row.slot for key, row in records.items() if key not in {slot.pk for slot in asked}]
    return [Slot(slot, records.get(slot.pk)) for slot in (*asked, *kept)]


def events(grid: Grid, user: Any) -> list[Event]:
    """The changes of the grid, the newest first; grids outside the reader's scope stay unnamed."""

    def seen(path: str) -> Exists:
        return Exists(Grid.objects.visible_to(user, Verb.PLACES_VIEW).filter(pk=OuterRef(path)))

    def parts() -> Any:
        # unscoped: the changes of a grid that was fetched in scope; the other grids are named in scope only
        rows = GridChangePart.objects.filter(Q(grid=SAMPLE) | Q(origin=SAMPLE))
        rows = rows.annotate(seen=seen("grid"), origin_seen=seen("origin"))
        return rows.select_related("change__by", "grid__parent", "origin__parent").order_by("-change", "grid__code")

    found: dict[int, Event] = {}
    for part in written_rows("grids.events", user, parts, samples=(SAMPLE,), values=(grid.pk,)):
        event = found.setdefault(part.change_id, Event(part.change))
        if part.note:  # names of leaders
            event.notes += [part.note] if user.can(Verb.ROSTERS_VIEW) else []
        elif part.side == GridChangePart.Side.AFTER:
            _add(event.after, part.grid, part.seen)
            if part.seen and part.grid != grid and part.grid not in event.heirs:
                event.heirs.append(part.grid)
            if part.origin is not None:
                _add(event.before, part.origin, part.origin_seen)
    return list(found.values())


def _add(names: list[str], grid: Grid, seen: bool) -> None:
    name = grid.full_name if seen else ELSEWHERE
    if name not in names:
        names.append(name)


def below(grid: Grid, user: Any) -> dict[str, int]:
    """How many grids in force lie below, how many buildings of them have a party group, how many chats."""
    building = Q(kind=Grid.Kind.BUILDING)
    sums = {
        "grids": Count("pk"),
        "buildings": Count("pk", filter=building),
        "groups": Count("pk", filter=building & Q(has_party_branch=True)),
        "chats": Sum("group_chats"),
    }

    def build() -> tuple[Any, dict[str, Any]]:
        # unscoped: whoever sees a grid sees those below
        return Grid.objects.current().filter(Q(parent=SAMPLE) | Q(parent__parent=SAMPLE)), sums

    found = written_sums("grids.below", user, build, grid.pk, samples=(SAMPLE,))
    return {**found, "chats": found["chats"] or 0}


def open_issues(grid: Grid, user: Any) -> dict[str, Any]:
    """The most urgent open issues of the grid and those below, and how many there are."""
    if not user.can(Verb.ISSUES_VIEW):
        return {}

    def waiting(key: int) -> Any:
        # unscoped: keys only, the issues are fetched in scope
        keys = Grid.objects.filter(Q(pk=key) | Q(parent=key) | Q(parent__parent=key)).values("pk")
        return Issue.objects.visible_to(user, Verb.ISSUES_VIEW).open().filter(grid__in=keys)

    asked: dict[str, Any] = {"samples": (SAMPLE,), "values": (grid.pk,)}
    (count,) = written_counts("grids.open_issues", user, lambda: [waiting(SAMPLE)], COUNT_CAP, **asked)
    rows = listing.page_of(waiting(grid.pk), MOST_URGENT, size=ISSUES_SHOWN).rows if count else []
    return {"rows": listing.shown(rows, community_known=True), "count": capped_text(count, COUNT_CAP)}


def units(grid: Grid, user: Any) -> list[Organisation]:
    """The co-building units of the grid's community, one more than is shown."""
    if not user.can(Verb.ORGANISATIONS_VIEW):
        return []
    rows = Organisation.objects.visible_to(user, Verb.ORGANISATIONS_VIEW)
    return list(rows.filter(community=grid.community_id, is_unit=True, is_active=True)[: UNITS_SHOWN + 1])


def areas(grid: Grid, user: Any) -> list[Area]:
    """The areas that the grid or one above lies in."""
    above = [key for key in (grid.pk, grid.parent_id, grid.parent.parent_id if grid.parent else None) if key]
    return list(Area.objects.visible_to(user, Verb.PLACES_VIEW).filter(grids__in=above).distinct())


class GridDetail(views.DetailPage):
    """The page of a grid."""

    def context(self) -> dict[str, Any]:
        """Everything that the page shows."""
        grid, user = self.obj, self.request.user
        context = super().context()
        in_force = grid.in_force
        may_change = context["may_edit"] and in_force
        lower = with_leaders(Grid.objects.visible_to(user, Verb.PLACES_VIEW).filter(parent=grid))
        lower = lower.current() if in_force else lower.filter(ends=grid.ends)
        return {
            **context,
            "in_force": in_force,
            "may_change": may_change,
            "operations": [(f"{kind}/", label) for kind, label in OPERATIONS] if may_change else [],
            "offices": offices(grid, user),
            "slots": slots(grid),
            "events": events(grid, user),
            "below": below(grid, user),
            "issues": open_issues(grid, user),
            "may_report": in_force and user.can(Verb.ISSUES_REPORT),
            "lower": list(lower.order_by("code")[: LOWER_SHOWN + 1]),
            "lower_shown": LOWER_SHOWN,
            "may_name": user.can(Verb.ROSTERS_VIEW),
            "units": units(grid, user),
            "units_shown": UNITS_SHOWN,
            "areas": areas(grid, user),
        }
