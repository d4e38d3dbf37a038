"""Co-building in one look: of a unit, or of a place, what was needed, offered, promised, delivered, and how it
was rated; as far as the reader's scope goes.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.db.models import Avg, Count, Q, Sum
from django.utils import timezone

from covenants.agreements.kinds import CommitmentKind
from covenants.agreements.models import OPEN, SIGNED, Covenant
from covenants.deliveries.models import Commitment, Delivery
from covenants.deliveries.satisfaction import Satisfaction, satisfaction_sums
from covenants.evaluation.models import Evaluation
from covenants.lists.models import Need, Offer
from suzhou_portal.accounts.roles import Verb
from suzhou_portal.lib.rows.written import written, written_rows, written_sums
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


SAMPLE = 987_654_321  # stands for the key of the unit or place
NEEDS = {
    "open": Count("pk", filter=Q(status=Need.Status.OPEN)),
    "taken": Count("pk", filter=Q(status=Need.Status.TAKEN)),
    "met": Count("pk", filter=Q(status=Need.Status.MET)),
}
COVENANTS = {
    "all": Count("pk"),
    "signed": Count("pk", filter=Q(status__in=SIGNED)),
    "open": Count("pk", filter=Q(status__in=OPEN)),
}
PARTNERS = {"n": Count("organisation", distinct=True)}


def look_at(user: Any, *, parameter: str, key: str, **where: Any) -> Look:
    """The look at the rows with ``where`` (``organisation=…``, ``community=…`` or ``street=…``, a key) that ``user``
    sees. ``parameter`` and ``key`` name the unit or place in the registers' addresses. At most nine queries, each
    written once per reader (``lib.rows.written``).
    """
    ((level, value),) = where.items()
    rows = _Rows(user, level)

    def sums(name: str, build: Callable[[], tuple[Any, dict[str, Any]]]) -> dict[str, Any]:
        return written_sums(f"covenants.look.{level}.{name}", user, build, value, samples=(SAMPLE,))

    def listed(name: str, build: Callable[[], Any]) -> list[Any]:
        return written_rows(f"covenants.look.{level}.{name}", user, build, samples=(SAMPLE,), values=(value,))

    latest = listed("offers", rows.latest_offers)
    more = len(latest) == LATEST
    return Look(
        query=urlencode({parameter: key}),
        offers=latest,
        offer_count=sums("offer_count", lambda: (rows.offers(), {"n": Count("pk")}))["n"] if more else len(latest),
        needs=sums("needs", lambda: (rows.of(Need), NEEDS)),
        covenants=sums("covenants", lambda: (rows.of(Covenant), COVENANTS)),
        promised=_promised(sums("promised", lambda: (rows.commitments(), _promises()))),
        deliveries=listed("deliveries", rows.delivered),
        rated=_rated(written(f"covenants.look.{level}.rated", user, rows.rated, samples=(SAMPLE,)).rows(value)),
        satisfaction=Satisfaction(**sums("satisfaction", lambda: satisfaction_sums(rows.commitments()))),
        partners=sums("partners", lambda: (rows.of(Covenant).signed(), PARTNERS))["n"],
    )


@dataclass(frozen=True)
class _Rows:
    """The rows of co-building that ``user`` sees of a sample unit or place of ``level``."""

    user: Any
    level: str

    def of(self, model: Any, way: str = "") -> Any:
        """Those of ``model``, from which ``way`` leads to what names the unit or place."""
        return model.objects.visible_to(self.user, Verb.COVENANTS_VIEW).filter(**{f"{way}{self.level}": SAMPLE})

    def offers(self) -> Any:
        """What may be had."""
        return self.of(Offer).filter(is_open=True)

    def latest_offers(self) -> Any:
        """What may be had since lately."""
        return self.offers().select_related("organisation").order_by("-created_at", "-id")[:LATEST]

    def commitments(self) -> Any:
        """What is promised."""
        return self.of(Commitment, "covenant__").counted()

    def delivered(self) -> Any:
        """What was confirmed last."""
        rows = self.of(Delivery, "commitment__covenant__").filter(status=Delivery.Status.CONFIRMED)
        return rows.select_related("commitment__covenant").order_by("-on", "-id")[:LATEST]

    def rated(self) -> tuple[str, Any, None]:
        """Per side that scored: how often, and the mean; of what both sides may read alone."""
        rows = self.of(Evaluation, "covenant__").unsealed().order_by("side").values_list("side")
        return (*rows.annotate(n=Count("pk"), mean=Avg("total")).query.sql_with_params(), None)


def _promises() -> dict[str, Any]:
    today = timezone.localdate(moments.now())
    done = Q(fulfilled_on__isnull=False)
    return {
        "count": Count("pk"),
        "fulfilled": Count("pk", filter=done),
        "due": Count("pk", filter=Q(due_on__lte=today)),
        "overdue": Count("pk", filter=~done & Q(due_on__lt=today)),
        "due_fulfilled": Count("pk", filter=done & Q(due_on__lte=today)),
        "amount": Sum("amount"),
        "paid": Sum("done_amount"),
        **{kind.value: Count("pk", filter=Q(kind=kind)) for kind in CommitmentKind},
    }


def _promised(found: dict[str, Any]) -> dict[str, Any]:
    money = {name: Decimal(str(found[name] or 0)).quantize(Decimal("0.01")) for name in ("amount", "paid")}
    return {**found, **money}


def _rated(rows: Iterable[tuple[str, int, Any]]) -> list[dict[str, Any]]:
    words = {"place": "社区（街道）评单位", "unit": "单位评社区（街道）"}
    return [{"side": side, "words": words[side], "n": n, "mean": round(mean, 1)} for side, n, mean in rows]
