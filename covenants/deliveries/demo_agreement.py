"""How a made-up covenant is kept: what it promised, what was delivered, what the other side said to it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from django.utils import timezone

from covenants.agreements.demo_agreement import Talks, daytime
from covenants.agreements.models import Side
from covenants.agreements.terms import Item, Terms
from covenants.deliveries.fulfilment import Done, is_fulfilled, rounded_share
from covenants.deliveries.models import Commitment, Delivery, Milestone
from covenants.deliveries.workflow import DELIVERIES


@dataclass(frozen=True)
class Plan:
    """A delivery to come. ``returned``: why it is returned once; ``waits``: nobody has looked at it yet."""

    commitment: Commitment
    on: date
    note: str
    quantity: Decimal | None = None
    amount: Decimal | None = None
    milestone: Milestone | None = None
    returned: str = ""
    waits: bool = False


@dataclass
class Kept(Talks):
    """With the commitments and deliveries."""

    commitments: list[Commitment] = field(default_factory=list)
    milestones: list[Milestone] = field(default_factory=list)
    deliveries: list[Delivery] = field(default_factory=list)

    def signed(self, terms: Terms) -> None:
        """The commitments begin to run."""
        for item in terms.items:
            self._promise(item)

    def _promise(self, item: Item) -> None:
        row = Commitment(
            covenant=self.covenant,
            key=item.key,
            kind=item.kind,
            title=item.title,
            quantity=item.quantity,
            unit=item.unit,
            amount=item.amount,
            due_on=item.due_on,
            milestone_count=len(item.nodes),
        )
        row.wanted, row.drawn = item.need, item.offer
        self.commitments.append(row)
        for index, node in enumerate(item.nodes, 1):
            self.milestones.append(
                Milestone(commitment=row, key=node.key, index=index, title=node.title, due_on=node.due_on)
            )

    def fulfil(self, plans: Iterable[Plan]) -> None:
        """Let what ``plans`` say be delivered, in the order of days; what lies after the present is not yet."""
        for plan in sorted(plans, key=lambda plan: plan.on):
            moment = self.office(plan.on)
            if moment <= self.at:
                moment = self.at + timedelta(hours=1)
            if moment >= self.until:
                continue
            self.at = moment
            self._deliver(plan)
        for row in self.commitments:
            self._reckon(row)

    def _deliver(self, plan: Plan) -> None:
        row = Delivery(
            commitment=plan.commitment,
            on=timezone.localdate(self.at),
            quantity=plan.quantity,
            amount=plan.amount,
            milestone=plan.milestone,
            note=plan.note,
            submitted_at=self.at,
            submitted_by=self.people[Side.UNIT],
        )
        self.deliveries.append(row)
        self._delivery_event(row, "submit", Side.UNIT, row.note)
        steps = [("confirm", "")]
        if plan.returned:
            steps = [("return", plan.returned), ("resubmit", ""), ("confirm", "")]
        for action, note in steps:
            later = daytime(self.at + timedelta(hours=self.rng.choice([3, 20, 26, 50])))
            if later >= self.until or plan.waits:
                return
            self.at = later
            self._decide(row, action, note)

    def _decide(self, row: Delivery, action: str, note: str) -> None:
        DELIVERIES.walk(row, action)
        row.version += 1
        side = Side.UNIT if action == "resubmit" else Side.PLACE
        if side == Side.PLACE:
            row.decided_at, row.decided_by, row.opinion = self.at, self.people[side], note
        else:
            row.submitted_at = self.at
        self._delivery_event(row, action, side, note)

    def _reckon(self, row: Commitment) -> None:
        done = [one for one in self.deliveries if one.commitment is row and one.status == Delivery.Status.CONFIRMED]
        reckoned = Done(
            sum((one.quantity or Decimal(0) for one in done), Decimal(0)),
            sum((one.amount or Decimal(0) for one in done), Decimal(0)),
            len({one.milestone.key for one in done if one.milestone}),
            max((one.on for one in done), default=None),
        )
        row.done_quantity, row.done_amount, row.done_milestones = (
            reckoned.quantity,
            reckoned.amount,
            reckoned.milestones,
        )
        row.fulfilled_on = reckoned.last if is_fulfilled(row, reckoned) else None
        row.progress = rounded_share(row)

    def _delivery_event(self, row: Delivery, action: str, side: str, words: str) -> None:
        note = "：".join(filter(None, [row.commitment.title, words]))
        version = self.covenant.version
        self.event(f"delivery_{action}", side, self.covenant.status, note)
        self.covenant.version = version  # a delivery is a row of its own
