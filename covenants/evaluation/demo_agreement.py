"""How a made-up covenant is evaluated, when its term has ended."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta

from django.utils import timezone

from covenants.agreements.models import Side, Status
from covenants.agreements.workflow import WORKFLOW
from covenants.deliveries.demo_agreement import Kept
from covenants.evaluation.models import Evaluation, Rubric
from covenants.evaluation.sealing import result_of


@dataclass
class Agreement(Kept):
    """With the evaluations: the whole run."""

    evaluations: list[Evaluation] = field(default_factory=list)

    def end_term(self, days: int) -> None:
        """The portal begins the evaluation on the morning after the last day."""
        covenant = self.covenant
        if covenant.ends is None or covenant.ends >= timezone.localdate(self.until):
            return
        self.at = max(self.at, self.office(covenant.ends + timedelta(days=1)))
        before = covenant.status
        WORKFLOW.walk(covenant, "term_ended")
        covenant.evaluate_until = timezone.localdate(self.at) + timedelta(days=days)
        self.event("term_ended", "", before)

    def evaluate(self, rubrics: dict[str, Rubric], sides: Iterable[str], comments: Iterable[str]) -> None:
        """These sides score; when both have, the covenant is closed and the scores are open."""
        covenant = self.covenant
        for side, comment in zip(sides, comments, strict=False):
            self.later(self.rng.choice([20, 30, 44]))
            if self.at >= self.until or covenant.status != Status.EVALUATING:
                return
            items = list(rubrics[side].items.all())
            scores = [max(0, item.points - self.rng.choice([0, 0, 1, 1, 2, 3])) for item in items]
            row = Evaluation(covenant=covenant, side=side, rubric=rubrics[side], scores=scores, total=sum(scores))
            row.comment, row.submitted_at, row.submitted_by = comment, self.at, self.people[side]
            self.evaluations.append(row)
            before, both = covenant.status, len(self.evaluations) == len(Side)
            WORKFLOW.walk(covenant, "evaluate", Status.CLOSED if both else "")
            if both:
                covenant.ended_at = self.at
                covenant.result = result_of([one.total for one in self.evaluations])
                for one in self.evaluations:
                    one.is_sealed = False
            self.event("evaluate", side, before)
