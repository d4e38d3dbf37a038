"""Which open issues are like one that is being typed: by what happened, not by where, and not by how people say it."""

import re
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.utils import timezone

from grids.categories.models import IssueCategory
from grids.issues.models import Issue
from grids.places.finding import Place
from grids.places.models import Grid
from streets.hub.models import Street
from suzhou_portal.lib.text.search import HAN, bigrams, fold

LOOKED_THROUGH = 200
# Words of any place, besides the names of those that the issues lie in.
_ENDINGS = "家属院|小区|家园|花园|佳苑|公寓|社区|街道"
_SIDES = "门|侧|边|面|头|角"
_WHERE = (
    f"[{HAN}]{{2}}(?:{_ENDINGS})|[{HAN}]{{2}}[路街巷](?![灯面牌])",
    r"[\d一二三四五六七八九十百两]+(?:号楼|号院|号|单元|栋|幢|座|楼|层|室|户|组|区|门|排|巷|弄|#)",
    f"[东南西北前后左右]+(?:{_SIDES})",
    "家属院|小区|家园|花园|佳苑|公寓|社区|街道|楼院|居民小组|单元|楼道|楼梯间|楼下|楼上|楼前|楼后|院子|院内|院里",
    "门口|门前|附近|旁边|边上|对面|隔壁|路边|路口|里面|外面|上面|下面|中间|地方",
)
# What stands in any report.
_COMMON = (
    r"[\d一二三四五六七八九十百两几多半]+(?:个多月|个|天|月|年|日|点|小时|分钟|米|处|次|件|人|周|公分)",
    "居民|住户|群众|业主|市民|有人|老人|孩子|小孩|大家|我们|我家|家里|反映|投诉|举报|希望|要求|建议|麻烦|尽快|及时",
    "抓紧|处理|解决|安排|协调|查看|看看|过来|维修|修理|修好|一直|经常|长期|总是|老是|已经|现在|目前|今天|昨天|昨晚|早上",
    "中午|晚上|夜里|白天|最近|很多|好多|许多|非常|特别|比较|严重|没有人|没人管|没人修|没人|无人管|无人|没有|影响|出行",
    "通行|行走|生活|休息|安全隐患|安全|隐患|危险|不方便|不便|问题|情况|发现|出现|存在|导致|造成|坏了|坏掉|损坏|了|的|着",
)
_TALK = "|".join((*_WHERE, *_COMMON))
_PAIR = re.compile(f"[{HAN}]{{2}}")


def talk(names: Iterable[str] = ()) -> re.Pattern[str]:
    """What tells nothing of what happened: ``names`` of places, words of any place and of any report."""
    known = [re.escape(fold(name)) for name in sorted(set(names), key=len, reverse=True) if len(name) > 1]
    return re.compile("|".join((*known, _TALK)))


def happening(text: str, left_out: re.Pattern[str]) -> set[str]:
    """The pairs of characters that tell what happened, without :func:`talk`; no pair reaches over what was left out."""
    left = left_out.sub(" ", "".join(fold(text).split()))
    return {pair for pair in bigrams(left) if _PAIR.fullmatch(pair)}


def similar_open(
    *, place: Place, category: IssueCategory | None, description: str, user: Any, limit: int = 5
) -> list[Issue]:
    """Open issues of the last 30 days near ``place`` that resemble the one being typed, likest first.

    Near: the same community (the street, for a street). Alike: what happened (:func:`happening`), the same category,
    the same grid; the grid alone, and words alone of places and of any report, make nothing alike. Only what ``user``
    may see. One query.
    """
    rows = Issue.objects.visible_to(user).open().filter(created_at__gte=timezone.now() - timedelta(days=30))
    grid_id = None
    if isinstance(place, Street):
        rows = rows.filter(street=place)
    else:
        community_id = place.community_id if isinstance(place, Grid) else place.pk
        grid_id = place.pk if isinstance(place, Grid) else None
        rows = rows.filter(community_id=community_id)
    rows = rows.select_related("category", "community", "grid__parent").defer("category__keywords")
    near = list(rows.order_by("-created_at", "-id")[:LOOKED_THROUGH])
    left_out = talk([place.name, *(name for issue in near for name in _names(issue))])
    typed = happening(description, left_out)
    scored = []
    for issue in near:
        shared = len(typed & happening(issue.description, left_out))
        same_kind = category is not None and issue.category_id == category.pk
        score = shared + 2 * same_kind + 2 * (grid_id is not None and issue.grid_id == grid_id)
        if (shared or same_kind) and score >= 3:
            scored.append((score, issue))
    scored.sort(key=lambda pair: -pair[0])
    return [issue for _score, issue in scored[:limit]]


def _names(issue: Issue) -> list[str]:
    """What the place of ``issue`` and those above it are called."""
    grid = issue.grid
    return [row.name for row in (issue.community, grid, grid.parent if grid else None) if row is not None]
