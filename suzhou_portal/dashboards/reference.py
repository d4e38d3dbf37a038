"""The reference data that every installation begins with: streets, communities, issue categories, time limits.

The rows come from ``communities/directory/communities.csv`` (official statistical codes; the
managing street is marked where public sources do not name it) and
``grids/data/categories.csv`` (defaults after GB/T 30428 and the district's four fields, to
be edited by the district). Loading adds what is missing, by code, and never touches a row
that exists.
"""

import csv
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from django.conf import settings
from django.db import models, transaction

from communities.directory.models import Community
from covenants.evaluation.models import Rubric
from covenants.evaluation.reference import load_rubrics
from grids.categories.models import IssueCategory
from grids.checklists import services as checklists
from grids.checklists.models import PatrolChecklist
from grids.five_ones.models import FiveOne
from grids.limits.models import StepLimit
from grids.mediation.models import DisputeKind
from streets.hub.models import Street
from suzhou_portal.lib.rows import records
from suzhou_portal.lib.time.worktime import DEFAULT_HOURS
from suzhou_portal.rules.models import OfficeHours

COMMUNITIES = Path(settings.BASE_DIR) / "communities" / "directory" / "communities.csv"
CATEGORIES = Path(settings.BASE_DIR) / "grids" / "categories" / "categories.csv"
FIVE_ONES = Path(settings.BASE_DIR) / "grids" / "five_ones" / "five_ones.csv"
STEP_LIMITS = Path(settings.BASE_DIR) / "grids" / "limits" / "step_limits.csv"
DISPUTE_KINDS = Path(settings.BASE_DIR) / "grids" / "mediation" / "dispute_kinds.csv"
REASON = "初始基础数据"
# Office hours are the platform's default, no rule of the district: it is told where they are edited.
DEFAULT_NOTE = "平台默认值，可修改"
DEFAULT_SINCE = date(2020, 1, 1)


def rows_of(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV file with a head line, in order."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@transaction.atomic
def load_reference() -> dict[str, int]:
    """Add the missing streets, communities and categories, each with its audit entry.

    Returns the number of rows added per Chinese model name; safe to run again.
    """
    return {
        str(model._meta.verbose_name): sum(_add(row) for row in rows)
        for model, rows in (
            (Street, _streets()),
            (Community, _communities()),
            (IssueCategory, _categories()),
            (StepLimit, _step_limits()),
            (DisputeKind, _dispute_kinds()),
            (OfficeHours, _office_hours()),
            (PatrolChecklist, _checklists()),
            (FiveOne, _five_ones()),
        )
    } | {str(Rubric._meta.verbose_name): load_rubrics()}


def _add(row: models.Model) -> bool:
    """Store ``row`` unless its code is taken; tells whether it was stored.

    Of what has no code, the first rows are added where there are none at all.
    """
    rows = type(row)._default_manager.all()  # unscoped: a command of the operator
    if hasattr(row, "code"):
        rows = rows.filter(code=row.code)
    elif isinstance(row, StepLimit):
        rows = rows.filter(category=None, step=row.step)
    if rows.exists():
        return False
    if isinstance(row, PatrolChecklist):
        checklists.publish(row, by=None, reason=REASON)
    else:
        records.create(row, by=None, reason=REASON)
    return True


def _streets() -> Iterator[Street]:
    names = {row["managing_street_code"]: row["managing_street"] for row in rows_of(COMMUNITIES)}
    for code, name in sorted(names.items()):
        yield Street(code=code, name=name)


def _five_ones() -> Iterator[FiveOne]:
    for row in rows_of(FIVE_ONES):
        yield FiveOne(
            code=row["code"], position=row["position"], name=row["name"], what=row["what"], starts=DEFAULT_SINCE
        )


def _communities() -> Iterator[Community]:
    streets = Street.objects.in_bulk(field_name="code")  # unscoped: a command of the operator
    for row in rows_of(COMMUNITIES):
        yield Community(
            code=row["code"],
            name=row["name"],
            street=streets[row["managing_street_code"]],
            managing_is_assumed=row["managing_street_is_assumed"] == "yes",
        )


def _categories() -> Iterator[IssueCategory]:
    for row in rows_of(CATEGORIES):
        if len(row["code"]) == 2:
            yield IssueCategory(code=row["code"], name=row["name"])
            continue
        yield IssueCategory(
            code=row["code"],
            name=row["name"],
            parent=IssueCategory.objects.get(code=row["code"][:2]),  # unscoped: a command of the operator
            start_level=row["start_level"],
            limit=int(row["limit"]),
            limit_unit=row["limit_unit"],
            keywords=row["keywords"],
        )


def _step_limits() -> Iterator[StepLimit]:
    for row in rows_of(STEP_LIMITS):
        yield StepLimit(step=row["step"], limit=int(row["limit"]), unit=row["unit"], note=row["note"])


def _dispute_kinds() -> Iterator[DisputeKind]:
    for row in rows_of(DISPUTE_KINDS):
        yield DisputeKind(code=row["code"], name=row["name"])


def _office_hours() -> Iterator[OfficeHours]:
    (morning_from, morning_to), (afternoon_from, afternoon_to) = DEFAULT_HOURS
    yield OfficeHours(
        starts=DEFAULT_SINCE,
        morning_from=morning_from,
        morning_to=morning_to,
        afternoon_from=afternoon_from,
        afternoon_to=afternoon_to,
        note=DEFAULT_NOTE,
    )


def _checklists() -> Iterator[PatrolChecklist]:
    content = checklists.without_unknown(checklists.DEFAULT_CONTENT)
    yield PatrolChecklist(starts=DEFAULT_SINCE, content=content, note=checklists.DEFAULT_NOTE)
