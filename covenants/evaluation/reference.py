"""The 评约标准 that an installation begins with: platform defaults, to be changed by the district."""

from pathlib import Path

from django.db import transaction

from covenants.agreements.models import Side
from covenants.evaluation.models import Rubric, RubricItem
from suzhou_portal.lib.rows import records
from suzhou_portal.lib.rows.reference import REASON, SINCE, add, loads, rows_of

RUBRICS = Path(__file__).with_name("rubrics.csv")


@loads(Rubric, order=90)
@transaction.atomic
def load_rubrics() -> int:
    """Give each side that has no standard at all the default one; returns how many were added."""
    rows = rows_of(RUBRICS)
    return sum(_add(side, [row for row in rows if row["side"] == side]) for side in Side)


def _add(side: str, rows: list[dict[str, str]]) -> bool:
    if Rubric.objects.filter(side=side).exists():  # unscoped: a command of the operator
        return False
    rubric = Rubric(side=side, name=rows[0]["rubric"], starts=SINCE, is_active=False)
    add(rubric)
    for row in rows:
        item = RubricItem(
            rubric=rubric,
            index=int(row["index"]),
            title=row["title"],
            meaning=row["meaning"],
            points=int(row["points"]),
        )
        add(item)
    records.update(rubric, {"is_active": True}, by=None, reason=REASON)
    return True
