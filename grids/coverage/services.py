"""完整覆盖: which grids have a leader, a party branch, a group chat, the 五个一; the one definition behind
lists, figures and pages.

Every aspect says of which grids it is asked, and when it is met, as conditions on rows of
:class:`Grid`: the gaps are a plain filter, so a figure and its list cannot differ.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q
from django.db.models.functions import Coalesce
from django.utils import timezone

from communities.directory.models import Community
from grids.five_ones.models import FiveOne, FiveOneRecord
from grids.places.finding import Place
from grids.places.models import Grid, GridPost, GridQuerySet
from streets.hub.models import Street
from suzhou_portal.accounts.roles import Verb
from suzhou_portal.lib.rows.kept import Kept
from suzhou_portal.lib.rows.written import depends_on

ASPECTS = (
    ("leader", "网格长"),
    ("branch", "网格党支部"),
    ("group", "楼栋党小组"),
    ("chat", "微信群"),
    ("five", "五个一"),
)
TOP_GRID = Coalesce(F("parent__parent_id"), F("parent_id"), F("pk"))


@dataclass(frozen=True)
class Aspect:
    """One thing that grids should have. ``asked``: of which grids; ``met``: when one has it."""

    code: str
    of: str  # what is counted, in words
    missing: str  # what a grid without it is called
    definition: str
    asked: Q
    met: Q

    @property
    def name(self) -> str:
        """What it is called."""
        return dict(ASPECTS)[self.code]

    def gaps(self, grids: GridQuerySet) -> GridQuerySet:
        """The ``grids`` that are asked and do not have it."""
        return grids.filter(self.asked).exclude(self.met)


def has_leader() -> Q:
    """A leader is in office today."""
    # unscoped: joined to grids, which are fetched in scope
    return Q(Exists(GridPost.objects.current().filter(grid=OuterRef("pk"), kind=GridPost.Kind.LEADER)))


def is_lowest() -> Q:
    """No grid in force lies below."""
    return Q(~Exists(Grid.objects.current().filter(parent=OuterRef("pk"))))


def has_chat() -> Q:
    """The grid has a group chat, or lies in one that has."""
    return Q(group_chats__gt=0) | Q(parent__group_chats__gt=0) | Q(parent__parent__group_chats__gt=0)


def asked_slots(slots: Iterable[FiveOne] | None = None) -> dict[str, list[int]]:
    """Kind of grid → the keys of the slots that it is asked for (no query while these are kept)."""
    found: dict[str, list[int]] = defaultdict(list)
    for slot in _slots_today() if slots is None else slots:
        for kind in slot.kinds:
            found[kind].append(slot.pk)
    return dict(found)


def _slots_today() -> list[FiveOne]:
    day, slots = SLOTS.get()
    if day != timezone.localdate():
        SLOTS.forget()
        day, slots = SLOTS.get()
    return slots


# Every dashboard asks for them. unscoped: the slots are reference data
SLOTS = Kept("grids.five_ones", lambda: (timezone.localdate(), list(FiveOne.objects.asked())), of=("grids.FiveOne",))
depends_on("grids.FiveOne")


def built(slot: int) -> Exists:
    """The slot is built."""
    return Exists(FiveOneRecord.objects.filter(grid=OuterRef("pk"), slot=slot, state=FiveOneRecord.State.BUILT))


def five_ones_complete(slots: dict[str, list[int]]) -> Q:
    """All slots that the grid's kind is asked for are built."""
    condition = Q(pk__in=[])
    for kind, keys in slots.items():
        every = Q(kind=kind)
        for key in keys:
            every &= Q(built(key))
        condition |= every
    return condition


BRANCH = Q(has_party_branch=True)


def aspects() -> dict[str, Aspect]:
    """All aspects by code, in their order, as of today (no query while the slots are kept)."""
    slots = tuple((kind, tuple(keys)) for kind, keys in asked_slots().items())
    return _aspects(timezone.localdate(), slots)


@lru_cache(maxsize=8)
def _aspects(today: date, asked: tuple[tuple[str, tuple[int, ...]], ...]) -> dict[str, Aspect]:
    """Conditions alone: ``today`` stands in them, and the slots that are ``asked``."""
    slots = {kind: list(keys) for kind, keys in asked}
    group, building = Q(kind=Grid.Kind.RESIDENT_GROUP), Q(kind=Grid.Kind.BUILDING)
    lowest = "没有下级的现行网格中，本网格或所属上级网格建有微信群的；只记群数，不记成员"
    five = "应建“五个一”的现行网格中各项都已建成的；事项为平台默认，可修改"
    found = (
        Aspect("leader", "网格", "缺网格长", "现行网格中今天有网格长在任的", Q(), has_leader()),
        Aspect("branch", "居民小组", "未建网格党支部", "现行居民小组中已建网格党支部的", group, BRANCH),
        Aspect("group", "楼栋", "未建楼栋党小组", "现行楼栋中已建党小组的", building, BRANCH),
        Aspect("chat", "末级网格", "没有微信群", lowest, is_lowest(), has_chat()),
        Aspect("five", "应建网格", "“五个一”未建齐", five, Q(kind__in=list(slots)), five_ones_complete(slots)),
    )
    return {aspect.code: aspect for aspect in found}


@dataclass(frozen=True)
class Share:
    """How many of how many."""

    aspect: Aspect
    met: int
    asked: int

    @property
    def gaps(self) -> int:
        """How many are missing."""
        return self.asked - self.met


def grids_in(user: Any, place: Place | None) -> GridQuerySet:
    """The grids in force at ``place`` (None: everywhere) that ``user`` may see; of a grid, itself and those below."""
    rows = Grid.objects.current().visible_to(user, Verb.PLACES_VIEW)
    if isinstance(place, Street):
        return rows.filter(street=place)
    if isinstance(place, Community):
        return rows.filter(community=place)
    if isinstance(place, Grid):
        return rows.filter(Q(pk=place.pk) | Q(parent=place) | Q(parent__parent=place))
    return rows


def sums_of(wanted: dict[str, Aspect]) -> dict[str, Count]:
    """The counts over grids of which :func:`shares_of` makes shares."""
    counts = {}
    for code, aspect in wanted.items():
        counts[f"{code}_asked"] = Count("pk", filter=aspect.asked) if aspect.asked else Count("pk")
        counts[f"{code}_met"] = Count("pk", filter=aspect.asked & aspect.met)
    return counts


def shares_of(wanted: dict[str, Aspect], row: dict[str, int]) -> list[Share]:
    """The shares of all aspects, from the counts of :func:`sums_of`."""
    return [Share(aspect, row[f"{code}_met"], row[f"{code}_asked"]) for code, aspect in wanted.items()]


def shares(grids: GridQuerySet, wanted: dict[str, Aspect], *, by: Any = None) -> dict[Any, list[Share]]:
    """Group → the shares of all aspects in it; ``by``: field or expression, None for the whole (key None).

    One statement.
    """
    counts = sums_of(wanted)
    if by is None:
        return {None: shares_of(wanted, grids.order_by().aggregate(**counts))}
    rows = grids.order_by().values(group=F(by) if isinstance(by, str) else by).annotate(**counts)
    return {row["group"]: shares_of(wanted, row) for row in rows}
