"""巡查记录: a patrol on paper, with its places and what was found. As far as the reader may see it."""

from typing import Any

from grids.patrols.models import Patrol
from grids.places.finding import local_words
from grids.rounds.pages import stops_of
from suzhou_portal.audit.describing import name_actions
from suzhou_portal.lib.cases.papers import Paper
from suzhou_portal.templatetags.portal import long_date

name_actions({"patrol.document": "打印巡查记录"}, group="片区巡查")


def context(patrol: Patrol, user: Any) -> dict[str, Any]:
    """What stands on the form."""
    stops = stops_of(patrol, user)
    places = [
        {
            "place": local_words(stop),
            "looked": long_date(stop.looked_on) if stop.looked_on else "未查看",
            "findings": [
                {
                    "item": finding.item.words,
                    "what": finding.description,
                    "how": finding.get_handling_display(),
                    "result": finding.remedy or f"{finding.issue}，{finding.get_status_display()}",
                }
                for finding in stop.kept
            ],
        }
        for stop in stops
    ]
    found = [finding for place in places for finding in place["findings"]]
    on_spot = sum(finding.handling == "on_spot" for stop in stops for finding in stop.kept)
    looked = sum(stop.looked_on is not None for stop in stops)
    return {
        "sender": str(patrol.street),
        "area": str(patrol.area),
        "days": days_words(patrol),
        "status": patrol.get_status_display(),
        "leader": str(patrol.started_by),
        "checklist": str(patrol.checklist),
        "places": places,
        "sums": f"查看网格 {looked}/{len(places)} 个，发现问题 {len(found)} 处，即查即改 {on_spot} 处",
        "note": patrol.note,
    }


def days_words(patrol: Patrol) -> str:
    """The day, or the days from beginning to end."""
    first = long_date(patrol.started_on)
    return first if patrol.ended_on in (None, patrol.started_on) else f"{first}至{long_date(patrol.ended_on)}"


RECORD = Paper("record", "片区巡查记录", "documents/_patrol.html", context)
