"""The grid of the demo district: 147 resident groups, their compounds and buildings, their leaders, 22 areas."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from communities.directory.models import Community
from grids.places.models import Area, Grid, GridPost
from streets.hub.models import Street
from suzhou_portal.accounts.models import Assignment
from suzhou_portal.accounts.roles import Role
from suzhou_portal.lib.demo.people import person, pinyin
from suzhou_portal.lib.demo.shares import shares
from suzhou_portal.lib.demo.steps import District, step

# The article's figures.
RESIDENT_GROUPS = 147
LEADERS = 6550
GROUP_CHATS = 6000
AREAS = 22
# A share of the 6,403 lower grids that looks like the city: about eight buildings to a compound.
COMPOUNDS = 700
BUILDINGS = LEADERS - RESIDENT_GROUPS - COMPOUNDS
SINCE = date(2020, 3, 1)

ORDINALS = "一二三四五六七八九十"
# Words of two characters, one after the other.
COMPOUND_WORDS = (
    "祥和富民安居惠民和谐康乐锦绣阳光金穗银杏丽景春风文苑书香翠园福苑盛世嘉和华庭紫薇"
    "玉门雄关胡杨绿洲天马飞龙瑞祥明珠怡景兴业顺达德馨同心新华长安永泰龙腾凤鸣御景汉宫"
)
COMPOUND_KINDS = ("小区", "家园", "花园", "佳苑", "公寓", "家属院")
ROADS = ("盘旋路", "东大街", "西大街", "南大街", "北大街", "仓门街", "公园路", "富康路", "祁连路", "解放路", "肃州路")
# What has just been founded lacks a leader, a branch, a chat: the coverage has gaps to mend there, and the article's
# figures (147 party branches, 6,550 leaders, 6,000 group chats) stay as they are.
NEW_GROUPS, NEW_BUILDINGS = 2, 7
NEW_SINCE = timedelta(days=40)
KINDS = (Grid.Kind.RESIDENT_GROUP, Grid.Kind.COMPOUND, Grid.Kind.BUILDING)


@dataclass
class Places:
    """The stored grids as they were made, ``new`` ones apart, and the areas; kept for the steps that follow."""

    grids: list[Grid]
    new: list[Grid]
    areas: list[Area]

    @property
    def groups(self) -> list[Grid]:
        """The resident groups that have a leader."""
        return [grid for grid in self.grids if grid.kind == Grid.Kind.RESIDENT_GROUP]

    @property
    def every_group(self) -> list[Grid]:
        """With those that have just been founded."""
        return [*self.groups, *(grid for grid in self.new if grid.kind == Grid.Kind.RESIDENT_GROUP)]


@step(order=20)
def places(district: District) -> dict[str, int]:
    """The grids, level by level, and the areas over them."""
    communities = Community.objects.select_related("street").order_by("code")  # unscoped: demo loader
    grids = make_grids({community: community.population for community in communities}, district.rng)
    new = make_new_places(grids, district.today, Random(district.rng.random()))
    for kind in KINDS:
        district.store(Grid, [grid for grid in (*grids, *new) if grid.kind == kind])
    kept = district.kept[Places] = Places(grids, new, [])
    areas = make_areas(sorted(kept.every_group, key=lambda grid: grid.code))
    kept.areas = [area for area, _members in areas]
    district.store(Area, kept.areas)
    for area, members in areas:
        area.grids.set(members)
    return {"网格": len(grids) + len(new), "片区": len(areas)}


@step(order=80)
def posts(district: District) -> dict[str, int]:
    """Who leads each grid: of resident groups whoever has the account."""
    # unscoped: demo loader
    leaders = {post.grid_id: post.user for post in Assignment.objects.filter(role=Role.GRID).select_related("user")}
    made = make_posts(district.kept[Places].grids, district.rng)
    for post in made:
        if post.kind == GridPost.Kind.LEADER and (user := leaders.get(post.grid_id)):
            post.user, post.name = user, user.name
    return {"网格长任职": district.store(GridPost, made)}


def make_grids(population: dict[Community, int], rng: Random) -> list[Grid]:
    """The unsaved grids, level by level: all groups, then all compounds, then all buildings.

    A grid's parent is set as an object; it is stored before the grid.
    """
    groups = list(_resident_groups(population, rng))
    compounds = list(_compounds(groups, rng))
    buildings = list(_buildings(compounds, rng))
    _name_boundaries(groups, rng)
    _open_chats(buildings, rng)
    return [*groups, *compounds, *buildings]


def _grid(kind: str, community: Community, parent: Grid | None, number: int, name: str) -> Grid:
    above = parent or community
    return Grid(
        code=f"{above.code}{number:03d}",
        name=name,
        kind=kind,
        community=community,
        street=community.street,
        parent=parent,
        starts=SINCE,
        pinyin=pinyin(name),
    )


def _resident_groups(population: dict[Community, int], rng: Random) -> Iterator[Grid]:
    counts = shares(RESIDENT_GROUPS, list(population.values()), least=3)
    for (community, people), count in zip(population.items(), counts, strict=True):
        households = shares(round(people / 2.6), [rng.uniform(0.7, 1.4) for _ in range(count)])
        for number in range(1, count + 1):
            name = f"第{_chinese(number)}居民小组"
            grid = _grid(Grid.Kind.RESIDENT_GROUP, community, None, number, name)
            grid.households, grid.has_party_branch = households[number - 1], True
            yield grid


def _chinese(number: int) -> str:
    """1–19 in Chinese."""
    return ORDINALS[number - 1] if number <= 10 else "十" + ORDINALS[number - 11]


def _compounds(groups: list[Grid], rng: Random) -> Iterator[Grid]:
    counts = shares(COMPOUNDS, [group.households for group in groups], least=2)
    free: dict[int, list[str]] = {}
    for group, count in zip(groups, counts, strict=True):
        if group.community_id not in free:
            words = (COMPOUND_WORDS[start : start + 2] for start in range(0, len(COMPOUND_WORDS), 2))
            names = [word + kind for word in words for kind in COMPOUND_KINDS]
            free[group.community_id] = rng.sample(names, len(names))
        households = shares(group.households, [rng.uniform(0.5, 2) for _ in range(count)])
        for number in range(1, count + 1):
            grid = _grid(Grid.Kind.COMPOUND, group.community, group, number, free[group.community_id].pop())
            grid.households, grid.has_party_branch = households[number - 1], rng.random() < 0.4
            yield grid


def _buildings(compounds: list[Grid], rng: Random) -> Iterator[Grid]:
    counts = shares(BUILDINGS, [compound.households + 5 for compound in compounds], least=1)
    for compound, count in zip(compounds, counts, strict=True):
        households = shares(compound.households, [1.0] * count)
        for number in range(1, count + 1):
            grid = _grid(Grid.Kind.BUILDING, compound.community, compound, number, f"{number}号楼")
            grid.households, grid.has_party_branch = households[number - 1], rng.random() < 0.5
            yield grid


def _name_boundaries(groups: list[Grid], rng: Random) -> None:
    for group in groups:
        east, west, south, north = rng.sample(ROADS, 4)
        group.boundary = f"东至{east}，西至{west}，南至{south}，北至{north}"


def _open_chats(buildings: list[Grid], rng: Random) -> None:
    """Group chats stand at the last level: one per building, a second in some."""
    second = set(rng.sample(range(len(buildings)), GROUP_CHATS - len(buildings)))
    for index, building in enumerate(buildings):
        building.group_chats = 2 if index in second else 1


def make_posts(grids: list[Grid], rng: Random) -> list[GridPost]:
    """The unsaved terms in office: a leader for every grid, a branch secretary for every resident group."""
    posts = []
    for grid in grids:
        leader = _post(grid, GridPost.Kind.LEADER, person(rng))
        posts.append(leader)
        if grid.kind == Grid.Kind.RESIDENT_GROUP:
            # In every other group one person is both.
            name = leader.name if rng.random() < 0.5 else person(rng)
            posts.append(_post(grid, GridPost.Kind.SECRETARY, name))
    return posts


def _post(grid: Grid, kind: str, name: str) -> GridPost:
    return GridPost(
        grid=grid, community_id=grid.community_id, street_id=grid.street_id, kind=kind, name=name, starts=SINCE
    )


def make_areas(groups: list[Grid]) -> list[tuple[Area, list[Grid]]]:
    """The unsaved areas with their grids: each street's resident groups, in order, in even parts."""
    by_street: dict[Street, list[Grid]] = defaultdict(list)
    for group in groups:
        by_street[group.street].append(group)
    counts = shares(AREAS, [len(part) for part in by_street.values()], least=1)
    areas: list[tuple[Area, list[Grid]]] = []
    for (street, members), count in zip(by_street.items(), counts, strict=True):
        sizes, start = shares(len(members), [1.0] * count), 0
        for number, size in enumerate(sizes, 1):
            name = f"{street.name.removesuffix('街道')}第{_chinese(number)}片区"
            area = Area(code=f"PQ{len(areas) + 1:02d}", name=name, street=street, pinyin=pinyin(name))
            areas.append((area, members[start : start + size]))
            start += size
    return areas


def make_new_places(grids: list[Grid], today: date, rng: Random) -> list[Grid]:
    """The unsaved places that were founded lately and have no leader yet: resident groups without a branch,
    buildings without a group chat in compounds that have none.
    """
    groups = [grid for grid in grids if grid.kind == Grid.Kind.RESIDENT_GROUP]
    compounds = [grid for grid in grids if grid.kind == Grid.Kind.COMPOUND]
    last = {group.community_id: group for group in groups}  # codes go on after the last one
    found = [_after(group, "新建片居民小组", None, today) for group in rng.sample(list(last.values()), NEW_GROUPS)]
    for compound in rng.sample(compounds, NEW_BUILDINGS):
        building = [grid for grid in grids if grid.parent is compound][-1]
        found.append(_after(building, f"{int(building.code[-3:]) + 1}号楼", compound, today))
    return found


def _after(grid: Grid, name: str, parent: Grid | None, today: date) -> Grid:
    return Grid(
        code=f"{int(grid.code) + 1}",
        name=name,
        kind=grid.kind,
        community=grid.community,
        street=grid.street,
        parent=parent,
        households=0,
        starts=today - NEW_SINCE,
        pinyin=pinyin(name),
    )
