"""A worked district for the pages of dashboards and home."""

from datetime import timedelta

import pytest
from django.utils import timezone

from grids.issues.models import Issue
from grids.issues.workflow import WORKFLOW
from grids.tallies import services as tallies
from tests import factories as make


@pytest.fixture
def worked(cast):
    """Twelve issues of community 1: six closed at once, one overdue, and one each of its sibling and street 2."""
    for number in range(12):
        category = cast.lamp if number % 2 else cast.litter
        issue = make.make_issue(cast.secretary, cast.compound, category, f"事情{number}")
        if number < 6:
            issue = WORKFLOW.apply(issue, "take", by=cast.secretary)
            issue = WORKFLOW.apply(issue, "answer", by=cast.secretary, inputs={"note": "好了"})
            WORKFLOW.apply(issue, "close", by=cast.secretary)
    Issue.objects.filter(pk=issue.pk).update(due_at=timezone.now() - timedelta(hours=2))
    make.make_issue(cast.sibling, cast.c2, cast.lamp)
    make.make_issue(cast.other_officer, cast.s2, cast.lamp)
    tallies.rebuild_tallies()
    return cast
