"""Open issues always stand on a grid in force: what was reported while its grid was being changed moves on."""

from django.db import transaction
from django.utils import timezone

from grids.issues.models import Issue
from grids.issues.workflow import settle

BATCH = 500


def settle_stragglers() -> int:
    """The issues that were reported while their grid was being changed; returns how many moved."""
    late = Issue.objects.open().filter(grid__ends__lte=timezone.localdate())
    return sum(_settle(key) for key in list(late.order_by().values_list("pk", flat=True)[:BATCH]))


@transaction.atomic
def _settle(key: int) -> bool:
    issue = Issue.objects.select_for_update(of=("self",), skip_locked=True).filter(pk=key).first()
    return issue is not None and settle(issue)
