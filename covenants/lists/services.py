"""The numbers of needs and offers; a need that an issue becomes."""

from typing import Any

from covenants.lists.models import Need
from grids.issues.models import Issue
from suzhou_portal.lib.rows import records
from suzhou_portal.rules.numbers import Series

NEED_NUMBERS, OFFER_NUMBERS = Series("XQ"), Series("ZY")


def raise_need(need: Need, *, by: Any, issue: Issue | None = None, number: str = "") -> Any:
    """Store the unsaved ``need``, numbered (``number``: taken before); with ``issue`` for the sake of that issue.

    Raises ``ValidationError``. Whoever raises one by itself does so through its register.
    """
    need.issue, need.created_by = issue, by
    need.clean()
    need.number = number or NEED_NUMBERS.next()
    return records.create(need, by=by)
