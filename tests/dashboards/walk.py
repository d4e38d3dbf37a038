"""Random histories of issues, through the real services, under a clock that the test turns."""

import random
from contextlib import suppress
from datetime import datetime, timedelta
from types import SimpleNamespace

from django.core.exceptions import ValidationError
from django.utils import timezone

from grids.clock.services import resume_due
from grids.issues.models import Issue, Source
from grids.issues.services import Report, report_issue
from grids.issues.workflow import WORKFLOW

NOTES = {"note": "说明"}


class Walk:
    """Acts at random on the cast's district; ``clock`` is what Django takes for now."""

    def __init__(self, cast: SimpleNamespace, seed: int, monkeypatch, start: datetime) -> None:
        self.cast, self.random, self.clock = cast, random.Random(seed), start
        monkeypatch.setattr(timezone, "now", lambda: self.clock)
        self.users = [cast.district, cast.officer, cast.other_officer, cast.secretary, cast.sibling, cast.leader]
        self.users += [cast.department]
        self.places = [cast.s1, cast.c1, cast.c2, cast.c3, cast.g1, cast.compound, cast.building, cast.sibling_compound]
        self.categories = [cast.litter, cast.lamp, cast.parking]

    def visit(self) -> dict[str, str]:
        """What a reporter answers to a visit, if they are reached."""
        yes_no = ["true", "false"]
        return {
            "reached": self.random.choice(["true", "true", "false"]),
            "responded": self.random.choice(yes_no),
            "resolved": self.random.choice(yes_no),
            "satisfaction": self.random.choice(["satisfied", "fairly", "dissatisfied"]),
        }

    def step(self) -> None:
        """One report or one action, some hours after the last; what was suspended until then goes on."""
        self.clock += timedelta(hours=self.random.choice([0, 1, 7, 20, 40]))
        resume_due()
        issues = list(Issue.objects.all())
        if not issues or self.random.random() < 0.35:
            reporter = self.random.choice(self.users[:6])
            place, category = self.random.choice(self.places), self.random.choice(self.categories)
            source = self.random.choice(["", Source.HOTLINE])
            report_issue(Report(place, category, "事情", source=source), by=reporter)
            return
        issue, user = self.random.choice(issues), self.random.choice(self.users)
        actions = [transition.action for transition in WORKFLOW.available(issue, user)]
        if actions:
            inputs = {
                **NOTES,
                **self.visit(),
                "organisation": self.random.choice([self.cast.law.pk, self.cast.unit_org.pk]),
            }
            until = timezone.localdate() + timedelta(days=self.random.choice([1, 5, 40]))
            inputs |= {"amount": self.random.choice([1, 6]), "unit": self.random.choice(["days", "hours"])}
            inputs |= {"until": until}
            with suppress(ValidationError):  # the organisation was not that user's to choose
                WORKFLOW.apply(issue, self.random.choice(actions), by=user, inputs=inputs)
