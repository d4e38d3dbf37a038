"""The grid of the demo district: 147 resident groups, their compounds and buildings, their leaders, 22 areas."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from functools import cache
from random import Random

from communities.directory.models import Community
from grids.places.models import Area, Grid, GridPost
from streets.hub.models import Street
from suzhou_portal.dashboards.demo.people import person
from suzhou_portal.lib.rows import records
from suzhou_portal.lib.text import canonical as text

# The article's figures.
RESIDENT_GROUPS = 147
LEADERS = 6550
GROUP_CHATS = 6000
AREAS = 22
# A community's office funds average 15.67 万元: 12 万元 and 0.5 元 per head and month.
POPULATION = 128_450
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

pinyin = cache(text.pinyin_key)


def shares(total: int, weights: Sequence[float], least: int = 0) -> list[int]:
    """``total`` split by ``weights`` into whole numbers of ``least`` or more, the sum exact."""
    rest = total - least * len(weights)
    exact = [rest * weight / sum(weights) for weight in weights]
    parts = [int(value) for value in exact]
    order = sorted(range(len(parts)), key=lambda index: (parts[index] - exact[index], index))
    for index in order[: rest - sum(parts)]:
        parts[index] += 1
    return [least + part for part in parts]


def settle(communities: Iterable[Community], rng: Random) -> dict[Community, int]:
    """Give the communities their inhabitants, where the number is not known yet; returns population by community."""
    communities = list(communities)
    numbers = shares(POPULATION, [rng.uniform(0.6, 1.5) for _ in communities])
    for community, number in zip(communities, numbers, strict=True):
        if not community.population:
            values = {"population": number, "households": round(number / 2.6)}
            records.update(community, values, by=None, reason="演示数据")
            community.population = number
    return {community: community.population for community in communities}


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
