"""Recording what a patrol finds; what cannot be fixed on the spot becomes an issue in the same stroke."""

import uuid
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from grids.categories.models import IssueCategory, Level
from grids.checklists.models import PatrolItem
from grids.findings.models import FindingStatus, Handling, PatrolFinding
from grids.issues.models import Issue, Source
from grids.issues.services import Report, report_issue
from grids.patrols.models import Patrol, PatrolStop
from grids.patrols.services import _locked, look
from grids.places.models import Grid
from grids.places.succession import successor_of
from suzhou_portal.lib.rows import records
from suzhou_portal.lib.time import moments

LEVEL_OF = {Handling.HANDED: Level.COMMUNITY, Handling.SUPERVISED: Level.STREET}


# --- findings -------------------------------------------------------------------------


@dataclass(frozen=True)
class Found:
    """What an area leader says of a finding. ``place`` is a grid below that of the stop, where it is known more
    exactly. ``remedy`` belongs to what was fixed on the spot, ``category``
    (default: the item's) and ``address`` to what is handed over. ``submission_key``: sent twice, stored once.
    """

    stop: PatrolStop
    item: PatrolItem
    description: str
    handling: str
    remedy: str = ""
    category: IssueCategory | None = None
    address: str = ""
    place: Grid | None = None
    submission_key: uuid.UUID | None = None


def record_finding(found: Found, *, by: Any) -> PatrolFinding:
    """Store a finding of an open patrol and return it; what is handed over becomes an issue in the same stroke.

    The same ``submission_key`` again gives the first finding. Raises ``PermissionDenied``, or
    ``ValidationError`` with messages per field.
    """
    return _submitted(found) or _store(found, by)


def _submitted(found: Found) -> PatrolFinding | None:
    if found.submission_key is None:
        return None
    return PatrolFinding.objects.filter(submission_key=found.submission_key, patrol=found.stop.patrol_id).first()


def _same(found: Found, patrol: Patrol) -> PatrolFinding | None:
    """The finding that says the same already: sent again from a page that was opened anew after a lost answer."""
    rows = PatrolFinding.objects.filter(patrol=patrol, stop=found.stop, item=found.item, handling=found.handling)
    return rows.exclude(status=FindingStatus.WITHDRAWN).filter(description=found.description.strip()).first()


def places_within(stop: PatrolStop) -> frozenset[int]:
    """The keys of the stop's grid and those below. One query."""
    return Grid.objects.descendants_of([stop.grid_id])[stop.grid_id]


def _check(found: Found, patrol: Patrol) -> None:
    errors = {}
    if found.place is not None and found.place.pk not in places_within(found.stop):
        errors["place"] = "所选地点不在本网格内。"
    if found.item.checklist_id != patrol.checklist_id:
        errors["item"] = "所选检查项不在本次巡查的清单中。"
    if not found.description.strip():
        errors["description"] = "请填写发现的问题。"
    if found.handling == Handling.ON_SPOT and not found.remedy.strip():
        errors["remedy"] = "请填写现场是怎么整改的。"
    if found.handling != Handling.ON_SPOT and not (found.category or found.item.category_id):
        errors["category"] = "请选择事件分类。"
    if errors:
        raise ValidationError(errors)


@transaction.atomic
def _store(found: Found, by: Any) -> PatrolFinding:
    patrol = _locked(found.stop.patrol_id, by)
    _check(found, patrol)
    on_spot = found.handling == Handling.ON_SPOT
    stop = look(found.stop, by=by)
    if (there := _submitted(found) or _same(found, patrol)) is not None:
        return there
    grid = found.place or stop.grid
    finding = PatrolFinding(
        patrol=patrol,
        stop=stop,
        area_id=patrol.area_id,
        item=found.item,
        grid=grid,
        community_id=stop.community_id,
        street_id=stop.street_id,
        found_on=timezone.localdate(moments.now()),
        description=found.description.strip(),
        handling=found.handling,
        status=FindingStatus.FIXED if on_spot else FindingStatus.HANDED,
        remedy=found.remedy.strip() if on_spot else "",
        submission_key=found.submission_key,
    )
    if not on_spot:
        finding.issue = hand_over(finding, by=by, category=found.category, address=found.address)
    row: Any = records.create(finding, by=by, action="patrolfinding.find")
    return row


def origin_words(finding: PatrolFinding) -> str:
    """What the issue's timeline says of where it comes from."""
    handling = Handling(finding.handling).label
    return f"片区巡查 {finding.patrol.number} 发现（{finding.item.words}），{handling}"


def hand_over(finding: PatrolFinding, *, by: Any, category: IssueCategory | None = None, address: str = "") -> Issue:
    """Report the finding as an issue: of the community, or with 督办 of the street; returns the issue.

    It is in the responsible hands at once: nobody has to pass it on, whatever its category. Of a grid that has
    ended since, in those of what became of it.
    """
    found_in: Any = finding.grid
    place: Any = successor_of(found_in) or finding.community
    usual: Any = finding.item.category
    return report_issue(
        Report(
            place=place,
            category=category or usual,
            description=finding.description,
            address=address,
            source=Source.PATROL,
            level=LEVEL_OF[Handling(finding.handling)],
            note=origin_words(finding),
        ),
        by=by,
    )
