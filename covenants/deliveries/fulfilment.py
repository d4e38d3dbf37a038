"""履约: how much of a commitment is done follows from its confirmed deliveries, and from nothing else.

Whoever changes a delivery or a commitment holds the lock of the commitment, recomputes and saves it here.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.db.models import Max, Sum
from django.utils import timezone

from covenants.agreements.kinds import CommitmentKind
from covenants.deliveries.models import Commitment, Delivery
from covenants.lists.models import Need
from covenants.lists.workflow import NEEDS
from suzhou_portal.audit import trail

ZERO = Decimal("0.00")


@dataclass(frozen=True)
class Done:
    """What confirmed deliveries amount to: a quantity, yuan, milestones; ``last``: the day of the last one."""

    quantity: Decimal = ZERO
    amount: Decimal = ZERO
    milestones: int = 0
    last: date | None = None


def done_of(commitment: Commitment) -> Done:
    """Reckoned from the rows."""
    rows = Delivery.objects.filter(commitment=commitment, status=Delivery.Status.CONFIRMED)
    sums = rows.aggregate(quantity=Sum("quantity"), amount=Sum("amount"), last=Max("on"))
    nodes = commitment.milestones.filter(is_cancelled=False, deliveries__status=Delivery.Status.CONFIRMED)
    return Done(sums["quantity"] or ZERO, sums["amount"] or ZERO, nodes.distinct().count(), sums["last"])


def is_fulfilled(commitment: Commitment, done: Done) -> bool:
    """Wholly delivered: a task its quantity, funds their amount, a project every milestone."""
    if commitment.kind == CommitmentKind.FUNDS:
        return done.amount >= (commitment.amount or ZERO) > 0
    if commitment.kind == CommitmentKind.PROJECT:
        return commitment.milestone_count > 0 and done.milestones >= commitment.milestone_count
    return done.quantity >= (commitment.quantity or ZERO) > 0


def share_done(commitment: Commitment) -> Fraction:
    """How much of ``commitment`` is done, from 0 to 1; more than was promised counts as all of it."""
    if commitment.kind == CommitmentKind.FUNDS:
        top, bottom = Fraction(commitment.done_amount), Fraction(commitment.amount or 0)
    elif commitment.kind == CommitmentKind.PROJECT:
        top, bottom = Fraction(commitment.done_milestones), Fraction(commitment.milestone_count)
    else:
        top, bottom = Fraction(commitment.done_quantity), Fraction(commitment.quantity or 0)
    return min(Fraction(1), top / bottom) if bottom else Fraction(0)


def rounded_share(commitment: Commitment) -> Decimal:
    """:func:`share_done` as it is kept: to four places, and rounded down, so that only what is wholly done is 1."""
    share = share_done(commitment)
    return Decimal(share.numerator * 10_000 // share.denominator) / 10_000


def recompute(commitment: Commitment, *, by: Any) -> bool:
    """Bring ``commitment`` (locked) up to its deliveries and save it; True when that fulfilled it just now.

    A need that it meets follows: met, or taken up again when a confirmed delivery was taken back.
    """
    done, before, was = done_of(commitment), trail.snapshot(commitment), commitment.fulfilled_on
    commitment.done_quantity, commitment.done_amount = done.quantity, done.amount
    commitment.milestone_count = commitment.milestones.filter(is_cancelled=False).count()
    commitment.done_milestones = done.milestones
    commitment.progress = rounded_share(commitment)
    commitment.fulfilled_on = (done.last or timezone.localdate()) if is_fulfilled(commitment, done) else None
    changes = trail.diff(before, trail.snapshot(commitment))
    if changes:
        commitment.version += 1
        commitment.save()
        trail.record("commitment.reckon", commitment, by=by, changes=changes)
    if commitment.need_id:
        _follow(commitment.need_id)
    return was is None and commitment.fulfilled_on is not None


def _follow(need_id: int) -> None:
    """A need is met while one of the promises of its unit that count is kept; one that is open again follows none."""
    need = Need.objects.select_for_update(of=("self",)).get(pk=need_id)
    kept = Commitment.objects.fulfilled().filter(need=need, covenant__organisation=need.organisation_id)
    if need.status == Need.Status.TAKEN and kept.exists():
        NEEDS.apply(need, "meet", by=None)
    elif need.status == Need.Status.MET and not kept.exists():
        NEEDS.apply(need, "unmeet", by=None)
