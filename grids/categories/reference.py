"""The tree of categories: defaults after GB/T 30428 and the district's four fields, to be edited by the district."""

from collections.abc import Iterator
from pathlib import Path

from grids.categories.models import IssueCategory
from suzhou_portal.lib.rows.reference import add_missing, loads, rows_of

CATEGORIES = Path(__file__).with_name("categories.csv")


@loads(IssueCategory, order=30)
def load() -> int:
    """Parents first."""
    return add_missing(_categories())


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
