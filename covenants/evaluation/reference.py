"""The 评约标准 that an installation begins with: platform defaults, to be changed by the district."""

import csv
from datetime import date
from pathlib import Path

from django.db import transaction

from covenants.agreements.models import Side
from covenants.evaluation.models import Rubric, RubricItem
from suzhou_portal.lib.rows import records

RUBRICS = Path(__file__).with_name("rubrics.csv")
SINCE = date(2020, 1, 1)
REASON = "初始基础数据"


@transaction.atomic
def load_rubrics() -> int:
    """Give each side that has no standard at all the default one; returns how many were added."""
    with RUBRICS.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return sum(_add(side, [row for row in rows if row["side"] == side]) for side in Side)


def _add(side: str, rows: list[dict[str, str]]) -> bool:
    if Rubric.objects.filter(side=side).exists():  # unscoped: a command of the operator
        return False
    rubric = Rubric(side=side, name=rows[0]["rubric"], starts=SINCE, is_active=False)
    records.create(rubric, by=None, reason=REASON)
    for row in rows:
        item = RubricItem(
            rubric=rubric,
            index=int(row["index"]),
            title=row["title"],
            meaning=row["meaning"],
            points=int(row["points"]),
        )
        records.create(item, by=None, reason=REASON)
    records.update(rubric, {"is_active": True}, by=None, reason=REASON)
    return True
