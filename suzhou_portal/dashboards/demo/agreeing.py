"""One made-up covenant as its parties lived it: talks, signing, deliveries, evaluation, in the words of the tables.

Every step is looked up in the workflow's own table and checked against it; rows are only gathered here
and written in bulk by ``demo.covenants``.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from random import Random

from django.utils import timezone

from covenants.agreements.kinds import CommitmentKind
from covenants.agreements.models import Covenant, CovenantEvent, Revision, Side, Status
from covenants.agreements.terms import Item, Terms
from covenants.agreements.workflow import WORKFLOW
from covenants.deliveries.fulfilment import Done, is_fulfilled, rounded_share
from covenants.deliveries.models import Commitment, Delivery, Milestone
from covenants.deliveries.workflow import DELIVERIES
from covenants.evaluation.models import Evaluation, Rubric
from covenants.evaluation.sealing import result_of
from suzhou_portal.accounts.models import User
from suzhou_portal.lib.time.worktime import SHANGHAI


def daytime(moment: datetime) -> datetime:
    """``moment``, or the next morning when nobody is at work."""
    local = moment.astimezone(SHANGHAI)
    if local.hour < 9:
        return local.replace(hour=9)
    return local.replace(hour=9) + timedelta(days=1) if local.hour >= 18 else local


@dataclass
class Agreement:
    """A covenant with all its rows, unsaved. ``people``: who acts for which side."""

    covenant: Covenant
    people: dict[str, User]
    at: datetime
    until: datetime
    rng: Random
    events: list[CovenantEvent] = field(default_factory=list)
    revisions: list[Revision] = field(default_factory=list)
    commitments: list[Commitment] = field(default_factory=list)
    milestones: list[Milestone] = field(default_factory=list)
    deliveries: list[Delivery] = field(default_factory=list)
    evaluations: list[Evaluation] = field(default_factory=list)

    def later(self, hours: float) -> None:
        """Let about so many hours pass."""
        self.at = daytime(self.at + timedelta(hours=round(hours, 2)))

    # --- 谈约 ---------------------------------------------------------------------

    def begin(self, terms: Terms, side: str, note: str) -> None:
        """The first draft."""
        covenant = self.covenant
        covenant.created_at, covenant.created_by = self.at, self.people[side]
        covenant.title = terms.title
        self._draft(terms, side, note)
        self._event("begin", side, "", note)

    def amend(self, terms: Terms, side: str, note: str) -> None:
        """A further draft by ``side``."""
        before = self.covenant.status
        WORKFLOW.walk(self.covenant, "amend", Status.NEGOTIATING)
        self._draft(terms, side, note)
        self.covenant.title = terms.title
        self._event("amend", side, before, note)

    def _draft(self, terms: Terms, side: str, note: str) -> None:
        terms.check()
        covenant = self.covenant
        covenant.revision += 1
        self._accept(side)
        revision = Revision(covenant=covenant, index=covenant.revision, side=side, by=self.people[side], at=self.at)
        revision.terms, revision.note = terms.json(), note
        self.revisions.append(revision)

    def _accept(self, side: str) -> None:
        setattr(self.covenant, f"{side}_accepts", self.covenant.revision)

    def accept(self, side: str) -> None:
        """``side`` agrees with the newest draft."""
        before = self.covenant.status
        WORKFLOW.walk(self.covenant, "accept", Status.AGREED)
        self._accept(side)
        self._event("accept", side, before)

    def sign(self, signatories: tuple[str, str]) -> None:
        """The place puts the signing on record: the commitments begin to run."""
        covenant, terms = self.covenant, Terms.of(self.revisions[-1].terms)
        before = covenant.status
        WORKFLOW.walk(covenant, "sign")
        covenant.signed_on = timezone.localdate(self.at)
        covenant.place_signatory, covenant.unit_signatory = signatories
        covenant.begins, covenant.ends, covenant.in_force = terms.begins, terms.ends, covenant.revision
        self._event("sign", Side.PLACE, before)
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

    # --- 履约 ---------------------------------------------------------------------

    def fulfil(self, plans: Iterable["Plan"]) -> None:
        """Let what ``plans`` say be delivered, in the order of days; what lies after the present is not yet."""
        for plan in sorted(plans, key=lambda plan: plan.on):
            moment = self._office(plan.on)
            if moment <= self.at:
                moment = self.at + timedelta(hours=1)
            if moment >= self.until:
                continue
            self.at = moment
            self._deliver(plan)
        for row in self.commitments:
            self._reckon(row)

    def _deliver(self, plan: "Plan") -> None:
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

    # --- 评约 ---------------------------------------------------------------------

    def end_term(self, days: int) -> None:
        """The portal begins the evaluation on the morning after the last day."""
        covenant = self.covenant
        if covenant.ends is None or covenant.ends >= timezone.localdate(self.until):
            return
        self.at = max(self.at, self._office(covenant.ends + timedelta(days=1)))
        before = covenant.status
        WORKFLOW.walk(covenant, "term_ended")
        covenant.evaluate_until = timezone.localdate(self.at) + timedelta(days=days)
        self._event("term_ended", "", before)

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
            self._event("evaluate", side, before)

    def drop(self, side: str, note: str) -> None:
        """The talks end without a covenant."""
        before = self.covenant.status
        WORKFLOW.walk(self.covenant, "drop")
        self._event("drop", side, before, note)

    # --- rows ---------------------------------------------------------------------

    def _event(self, action: str, side: str, before: str, note: str = "") -> None:
        covenant = self.covenant
        event = CovenantEvent(covenant=covenant, at=self.at, actor=self.people.get(side), side=side, action=action)
        event.from_status, event.to_status, event.revision, event.note = (
            before,
            covenant.status,
            covenant.revision,
            note,
        )
        self.events.append(event)
        covenant.version = len(self.events)

    def _delivery_event(self, row: Delivery, action: str, side: str, words: str) -> None:
        note = "：".join(filter(None, [row.commitment.title, words]))
        version = self.covenant.version
        self._event(f"delivery_{action}", side, self.covenant.status, note)
        self.covenant.version = version  # a delivery is a row of its own

    def _office(self, day: date) -> datetime:
        moment = time(self.rng.choice([9, 10, 11, 15, 16]), self.rng.randrange(60))
        return datetime.combine(day, moment, SHANGHAI)


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


def changed(terms: Terms, rng: Random) -> Terms:
    """What the other side asks for: one quantity less, or one day later."""
    index = rng.randrange(len(terms.items))
    item = terms.items[index]
    if item.kind == CommitmentKind.TASK and item.quantity and item.quantity > 1:
        item = replace(item, quantity=item.quantity - 1)
    else:
        item = replace(item, due_on=min(terms.ends, item.due_on + timedelta(days=10)))
    return replace(terms, items=(*terms.items[:index], item, *terms.items[index + 1 :]))
