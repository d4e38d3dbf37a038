"""What the daily digest says to area leaders: findings to confirm, grids not visited for long."""

from collections.abc import Sequence

from grids.findings.models import PatrolFinding
from grids.patrols import plans as patrol_plans
from suzhou_portal.accounts.models import User
from suzhou_portal.accounts.roles import Verb
from suzhou_portal.notices.digest import Line, add_lines


@add_lines
def patrol_lines(users: Sequence[User]) -> dict[int, list[Line]]:
    """For area leaders: findings that wait for their confirmation, grids not visited for long. Two statements each."""
    told = {}
    for user in users:
        areas = user.scope_for(Verb.PATROLS_WALK).areas
        if not areas:
            continue
        waiting = PatrolFinding.objects.visible_to(user, Verb.PATROLS_WALK).filter(area__in=areas, status="waiting")
        late = patrol_plans.waiting_in(areas)
        counted = ((waiting, "待确认整改 {0} 件", "/patrols/#waiting"), (late, "久未巡查 {0} 个网格", "/patrols/#late"))
        lines = [Line(words.format(count), url) for rows, words, url in counted if (count := rows.count())]
        if lines:
            told[user.pk] = lines
    return told
