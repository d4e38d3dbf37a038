"""Co-building in one look: of a unit, or of a place, what was needed, offered, promised, delivered, and how it
was rated; as far as the reader's scope goes.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.db.models import Avg, Count, Q, Sum
from django.utils import timezone

from covenants.agreements.kinds import CommitmentKind
from covenants.agreements.models import OPEN, SIGNED, Covenant
from covenants.deliveries.models import Commitment, Delivery
from covenants.deliveries.satisfaction import Satisfaction, satisfaction_with
from covenants.evaluation.models import Evaluation
from covenants.lists.models import Need, Offer
from suzhou_portal.accounts.roles import Verb
from suzhou_portal.lib.time import moments

LATEST = 5


@dataclass(frozen=True)
class Look:
    """What the panel shows. ``query`` narrows the registers behind it to the unit or place."""

    query: str
    offers: list[Offer]
    offer_count: int
    needs: dict[str, int]
    covenants: dict[str, int]
    promised: dict[str, Any]
    deliveries: list[Delivery]
    rated: list[dict[str, Any]]
    satisfaction: Satisfaction
    partners: int

    @property
    def is_empty(self) -> bool:
        """There is nothing of co-building."""
        return not (self.offer_count or self.covenants["all"] or any(self.needs.values()))


def look_at(user: Any, *, parameter: str, key: str, **where: Any) -> Look:
    """The look at the rows with ``where`` (``organisation=…``, ``community=…`` or ``street=…``) that ``user`` sees.

    ``parameter`` and ``key`` name the unit or place in the registers' addresses. At most nine queries.
    """
    of_covenant = {f"covenant__{name}": value for name, value in where.items()}
    covenants = Covenant.objects.visible_to(user, Verb.COVENANTS_VIEW).filter(**where)
    commitments = Commitment.objects.visible_to(user, Verb.COVENANTS_VIEW).counted().filter(**of_covenant)
    offers = Offer.objects.visible_to(user, Verb.COVENANTS_VIEW).filter(is_open=True, **where)
    needs = Need.objects.visible_to(user, Verb.COVENANTS_VIEW).filter(**where)
    deliveries = Delivery.objects.visible_to(user, Verb.COVENANTS_VIEW).filter(
        status=Delivery.Status.CONFIRMED, **{f"commitment__{name}": value for name, value in of_covenant.items()}
    )
    latest = list(offers.select_related("organisation").order_by("-created_at", "-id")[:LATEST])
    return Look(
        query=urlencode({parameter: key}),
        offers=latest,
        offer_count=len(latest) if len(latest) < LATEST else offers.count(),
        needs=needs.order_by().aggregate(
            open=Count("pk", filter=Q(status=Need.Status.OPEN)),
            taken=Count("pk", filter=Q(status=Need.Status.TAKEN)),
            met=Count("pk", filter=Q(status=Need.Status.MET)),
        ),
        covenants=covenants.order_by().aggregate(
            all=Count("pk"),
            signed=Count("pk", filter=Q(status__in=SIGNED)),
            open=Count("pk", filter=Q(status__in=OPEN)),
        ),
        promised=_promised(commitments),
        deliveries=list(deliveries.select_related("commitment__covenant").order_by("-on", "-id")[:LATEST]),
        rated=_rated(user, of_covenant),
        satisfaction=satisfaction_with(commitments),
        partners=covenants.signed().order_by().aggregate(n=Count("organisation", distinct=True))["n"],
    )


def _promised(commitments: Any) -> dict[str, Any]:
    today = timezone.localdate(moments.now())
    done = Q(fulfilled_on__isnull=False)
    kinds = {kind.value: Count("pk", filter=Q(kind=kind)) for kind in CommitmentKind}
    found = commitments.order_by().aggregate(
        count=Count("pk"),
        fulfilled=Count("pk", filter=done),
        due=Count("pk", filter=Q(due_on__lte=today)),
        overdue=Count("pk", filter=~done & Q(due_on__lt=today)),
        due_fulfilled=Count("pk", filter=done & Q(due_on__lte=today)),
        amount=Sum("amount"),
        paid=Sum("done_amount"),
        **kinds,
    )
    return {**found, "amount": found["amount"] or Decimal(0), "paid": found["paid"] or Decimal(0)}


def _rated(user: Any, where: dict[str, Any]) -> list[dict[str, Any]]:
    """Per side that scored: how often, and the mean; of what both sides may read alone."""
    rows = Evaluation.objects.visible_to(user, Verb.COVENANTS_VIEW).unsealed().filter(**where)
    counted = rows.order_by("side").values("side").annotate(n=Count("pk"), mean=Avg("total"))
    words = {"place": "社区（街道）评单位", "unit": "单位评社区（街道）"}
    return [
        {"side": row["side"], "words": words[row["side"]], "n": row["n"], "mean": round(row["mean"], 1)}
        for row in counted
    ]
