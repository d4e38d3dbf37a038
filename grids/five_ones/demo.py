"""The 五个一 of the demo district."""

from datetime import date, timedelta
from random import Random

from grids.five_ones.models import FiveOne, FiveOneRecord
from grids.places.demo import SINCE, Places
from grids.places.models import Grid
from suzhou_portal.lib.demo.steps import District, step

BUILT, UNDER_WAY = 0.94, 0.98
EVIDENCE = {
    "1": ("活动室在小区门口，每天开放", "与党群服务中心共用一层", "借用物业用房，周末开放"),
    "2": ("队员 12 人，每月两次活动", "队员 8 人，以退休党员为主", "与共建单位合编一队"),
    "3": ("挂在单元门旁，内容齐全", "小区东门和西门各一块"),
    "4": ("每月第一个周五议事", "有事即议，记录在册"),
    "5": ("清单贴在公示牌下方", "随网格长联系卡发到户"),
}


@step(order=30)
def five_ones(district: District) -> dict[str, int]:
    """Of every resident group; those that have just been founded have none yet."""
    groups, rng = district.kept[Places].every_group, Random(district.rng.random())
    return {"五个一": district.store(FiveOneRecord, make_five_ones(groups, district.today, rng))}


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
