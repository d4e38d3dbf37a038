"""What a change of the grid does (or would do), in words and by target: for its preview."""

from collections.abc import Iterator
from typing import Any

from grids.changes.moving import Outcome
from grids.issues.models import Issue
from grids.places.models import Grid


def _named(rows: list[Any], most: int = 8) -> str:
    names = [getattr(row, "full_name", str(row)) for row in rows]
    return "、".join(names[:most]) + (f" 等 {len(names)} 个" if len(names) > most else "")


def sentences(outcome: Outcome) -> Iterator[str]:
    """What a change does (or would do), sentence by sentence; open issues apart: :func:`issues_by_target`."""
    top = {grid.pk for _old, grid in outcome.begun} & {grid.pk for grid in outcome.successors}
    heads = [old for old, new in outcome.begun if new.pk in top] or outcome.ended[:1]
    heads = list(dict.fromkeys(heads))
    lower = len(outcome.ended) - len(heads)
    day = outcome.change.effective
    yield f"{_named(heads)} 自 {day:%Y-%m-%d} 起停用" + (f"，连同下级 {lower} 个网格。" if lower else "。")
    if outcome.successors:
        begun = "、".join(f"{grid.full_name}（{grid.code}，{grid.households} 户）" for grid in outcome.successors)
        where = outcome.successors[0]
        follow = sum(new.pk not in top for _old, new in outcome.begun)
        below = f"，下级 {follow} 个网格随之重新编码" if follow else ""
        yield f"同日在{where.community}启用：{begun}{below}。"
    for post, grid in outcome.terms:
        who = f"{post.grid.full_name} {post.get_kind_display()} {post.name}"
        yield f"{who}：{f'在{grid.full_name}继续任职' if grid else '任期结束'}。"
    for row, grid in outcome.sign_ins:
        yield f"账号“{row.user}”的登录权限：{f'转到{grid.full_name}' if grid else '收回'}。"
    for area, grid in outcome.areas:
        yield f"{grid.full_name} 仍属{area}。"
    for area, grid in outcome.areas_left:
        yield f"{grid.full_name} 划到另一街道，不再属{area}，请由接收的街道编入片区。"
    for rule, grid in outcome.rules:
        about = f"{rule.category_words} → {rule.organisation}"
        yield f"路由规则“{about}”：{f'适用于{grid.full_name}' if grid else '停用'}。"
    if outcome.five_ones:
        yield f"“五个一”已登记的 {len(outcome.five_ones)} 项沿用到承接的网格。"


def issues_by_target(outcome: Outcome) -> list[tuple[Grid, list[Issue]]]:
    """The open issues that go along, by the grid that they come to, in the order of its code."""
    found: dict[Grid, list[Issue]] = {}
    for issue, _before, grid in outcome.issues:
        found.setdefault(grid, []).append(issue)
    return sorted(found.items(), key=lambda pair: pair[0].code)
