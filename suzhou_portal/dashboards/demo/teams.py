"""What the demo district still lacks, so that the coverage has gaps to mend; and its 五个一.

The gaps lie in places that have just been founded: the article's figures (147 party branches,
6,550 leaders, 6,000 group chats) stay as they are.
"""

from datetime import date, timedelta
from random import Random

from grids.five_ones.models import FiveOne, FiveOneRecord
from grids.places.models import Grid
from suzhou_portal.dashboards.demo.places import SINCE, pinyin

NEW_GROUPS, NEW_BUILDINGS = 2, 7
NEW_SINCE = timedelta(days=40)
BUILT, UNDER_WAY = 0.94, 0.98
EVIDENCE = {
    "1": ("活动室在小区门口，每天开放", "与党群服务中心共用一层", "借用物业用房，周末开放"),
    "2": ("队员 12 人，每月两次活动", "队员 8 人，以退休党员为主", "与共建单位合编一队"),
    "3": ("挂在单元门旁，内容齐全", "小区东门和西门各一块"),
    "4": ("每月第一个周五议事", "有事即议，记录在册"),
    "5": ("清单贴在公示牌下方", "随网格长联系卡发到户"),
}


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


def make_five_ones(groups: list[Grid], today: date, rng: Random) -> list[FiveOneRecord]:
    """The unsaved records of the resident groups: most slots built, some under way, a few with nothing."""
    found = []
    span = (today - SINCE).days
    for group in groups:
        new = group.starts > SINCE
        for slot in FiveOne.objects.asked():  # unscoped: demo loader
            drawn = 1.0 if new else rng.random()
            day, evidence = SINCE + timedelta(days=rng.randrange(60, span)), rng.choice(EVIDENCE[slot.code])
            if drawn >= UNDER_WAY:
                continue
            built = drawn < BUILT
            state = FiveOneRecord.State.BUILT if built else FiveOneRecord.State.UNDER_WAY
            places = {"grid": group, "community_id": group.community_id, "street_id": group.street_id}
            found.append(FiveOneRecord(slot=slot, state=state, since=day, evidence=evidence if built else "", **places))
    return found
