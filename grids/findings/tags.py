"""What other pages show of the patrols: lines of links on "my grid", where an issue comes from."""

from typing import Any

from django import template

from grids.findings.models import PatrolFinding
from grids.findings.workflow import finding_of
from grids.patrols.models import Patrol, PatrolStatus
from suzhou_portal.accounts.roles import Verb

register = template.Library()


@register.inclusion_tag("grids/findings/_patrol_lines.html", takes_context=True)
def patrol_lines(context: Any) -> dict[str, Any]:
    """For area leaders: the way to the patrols, to the open one where there is one. What waits for them of the patrols
    stands among all that waits. One query; nothing and no query for all others.
    """
    user = context["request"].user
    areas = user.scope_for(Verb.PATROLS_WALK).areas
    if not areas:
        return {"shown": False}
    rows = Patrol.objects.filter(area__in=areas, status=PatrolStatus.OPEN)  # scope: the reader's own areas
    number = rows.order_by("pk").values_list("number", flat=True).first()
    return {"shown": True, "open": f"/grids/patrols/{number}/" if number else ""}


@register.inclusion_tag("grids/findings/_patrol_origin.html", takes_context=True)
def patrol_origin(context: Any, issue: Any) -> dict[str, Any]:
    """Of an issue that a patrol found: which finding it is, and whether it was confirmed; as far as the reader may see
    it. One query, two for such issues; none for all others.
    """
    user, finding = context["request"].user, finding_of(issue)
    seen = PatrolFinding.objects.visible_to(user, Verb.PATROLS_VIEW) if finding else None
    return {"finding": finding if seen is not None and seen.filter(pk=finding.pk).exists() else None}
