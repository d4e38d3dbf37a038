"""Matching: which offers fit a need, in what order, and why, in words.

An offer fits when it is of the same kind, serves the place of the need, has something left and is there
at that time. Those that fit are ranked by four criteria: how near, how much of what is needed, how much of
the time, and how the unit has kept its word of late. How much each counts is the district's to say
(``covenants.matching.parameters``). Each criterion counts on its own and only ever upwards: an offer that is as good or
better on all of them never ranks below.
"""

from collections.abc import Iterable
from dataclasses import asdict, astuple, dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum
from django.utils import timezone

from covenants.agreements.models import SIGNED
from covenants.deliveries.models import Commitment
from covenants.lists.models import Need, Offer
from covenants.matching.parameters import MATCH_CAPACITY, MATCH_NEAR, MATCH_PAST, MATCH_PERIOD, PAST_MONTHS
from suzhou_portal.accounts.roles import Verb
from suzhou_portal.lib.time import moments
from suzhou_portal.rules.parameters import parameter

YEAR, MONTHS = 365, 12
# So many of the newest are looked at; more of one kind for one place nobody reads.
CANDIDATES = 300
NEAR = {3: "本社区", 2: "本街道", 1: "面向全区"}
HALF = Fraction(1, 2)


@dataclass(frozen=True)
class Weights:
    """How much each criterion counts, from 0."""

    near: int = 1
    capacity: int = 1
    period: int = 1
    past: int = 1

    @property
    def total(self) -> int:
        """All together; 1 where nothing counts."""
        return sum(astuple(self)) or 1

    @property
    def words(self) -> str:
        """For people: "地点远近 30%、余量 30%、时间 20%、近一年履约 20%", the weightiest first."""
        labels = {"near": "地点远近", "capacity": "余量", "period": "时间", "past": f"{lately()}履约"}
        counted = sorted(asdict(self).items(), key=lambda pair: -pair[1])
        return "、".join(f"{labels[name]} {round(100 * weight / self.total)}%" for name, weight in counted if weight)


EQUAL = Weights()


def weights_in_force() -> Weights:
    """What the district has set; where it lets nothing count, everything counts alike."""
    found = Weights(*map(parameter, (MATCH_NEAR, MATCH_CAPACITY, MATCH_PERIOD, MATCH_PAST)))
    return found if any(astuple(found)) else EQUAL


def lately() -> str:
    """The time over which a unit's past counts: "近一年"."""
    months = parameter(PAST_MONTHS)
    return "近一年" if months == MONTHS else f"近 {months} 个月"


@dataclass(frozen=True)
class Past:
    """What a unit's commitments came to of late: so many were due, so many of these are fulfilled."""

    fulfilled: int = 0
    due: int = 0

    @property
    def share(self) -> Fraction:
        """From 0 to 1; drawn to the middle while there is little to go by."""
        return Fraction(self.fulfilled + 1, self.due + 2)

    @property
    def words(self) -> str:
        """For people."""
        return f"{lately()}履约 {self.fulfilled}/{self.due}" if self.due else f"{lately()}没有到期的约定"


@dataclass(frozen=True)
class Fit:
    """How well an offer fits: ``near`` from 1 to 3, ``capacity`` and ``period`` from 0 to 1.

    ``capacity`` None: one of the two is not counted, or in another unit of measure.
    """

    near: int
    capacity: Fraction | None
    period: Fraction
    past: Past

    def score(self, weights: Weights) -> Fraction:
        """From 0 to 100, growing with each criterion that counts."""
        found = (
            weights.near * Fraction(self.near, 3)
            + weights.capacity * (HALF if self.capacity is None else self.capacity)
            + weights.period * self.period
            + weights.past * self.past.share
        )
        return 100 * found / weights.total

    @property
    def words(self) -> str:
        """Why: "同类资源，本社区，余量充足，时间合适，近一年履约 8/9"."""
        if self.capacity is None:
            capacity = "数量面议"
        else:
            capacity = "余量充足" if self.capacity >= 1 else f"余量可供 {int(self.capacity * 100)}%"
        period = "时间合适" if self.period >= 1 else f"时间可供 {int(self.period * 100)}%"
        return "，".join(["同类资源", NEAR[self.near], capacity, period, self.past.words])


@dataclass(frozen=True)
class Match:
    """An offer that fits a need."""

    need: Need
    offer: Offer
    fit: Fit
    left: Decimal | None


def near(need: Need, offer: Offer) -> int:
    """3 in the community, 2 in the street, 1 in the district; 0: it does not serve the place of the need."""
    if offer.street_id not in (None, need.street_id) or offer.community_id not in (None, need.community_id):
        return 0
    unit = offer.organisation
    if need.community_id is not None and need.community_id in (offer.community_id, unit.community_id):
        return 3
    return 2 if need.street_id in (offer.street_id, unit.street_id) else 1


def capacity(need: Need, offer: Offer, left: Decimal | None) -> Fraction | None:
    """The share of the need that what is ``left`` covers; None where that is not counted."""
    if left is not None and left <= 0:
        return Fraction(0)
    if left is None or not need.quantity or need.unit != offer.unit:
        return None
    return min(Fraction(1), Fraction(left) / Fraction(need.quantity))


def period(need: Need, offer: Offer, today: date) -> Fraction:
    """The share of the need's time, from today on, in which the offer is there; 0: never."""
    first = max(need.begins or today, today)
    last = max(need.ends or date.max, first) if need.ends is None or need.ends >= today else today
    begins, ends = max(first, offer.begins or first), min(last, offer.ends or last)
    if ends < begins:
        return Fraction(0)
    if last == date.max:
        return Fraction(1)
    return Fraction((ends - begins).days + 1, (last - first).days + 1)


def fit_of(need: Need, offer: Offer, left: Decimal | None, past: Past, today: date) -> Fit | None:
    """How well ``offer`` fits ``need``; None when it does not."""
    if offer.kind != need.kind or not offer.is_open:
        return None
    place, some, time = near(need, offer), capacity(need, offer, left), period(need, offer, today)
    if not place or some == 0 or not time:
        return None
    return Fit(place, some, time, past)


def ranked(matches: Iterable[Match], weights: Weights) -> list[Match]:
    """The best first; of equal ones what is better in the criteria that do not count, then the older."""

    def place(match: Match) -> tuple[Any, ...]:
        return -match.fit.score(weights), -match.fit.score(EQUAL), match.offer.pk or 0, match.need.pk or 0

    return sorted(matches, key=place)


# --- rows ----------------------------------------------------------------------------------


def offers_for(need: Need, user: Any) -> list[Match]:
    """The offers that ``user`` sees and that fit ``need``, the best first; two queries, or three."""
    rows = _with_left(Offer.objects.visible_to(user, Verb.COVENANTS_VIEW)).filter(
        Q(street=None) | Q(street=need.street_id),
        Q(community=None) | Q(community=need.community_id),
        kind=need.kind,
        organisation__is_active=True,
    )
    return _matches([need], rows)


def needs_for(user: Any) -> list[Match]:
    """The open needs that fit the offers of the units that ``user`` acts for, each with its best offer, the
    best first; three queries, or four.
    """
    own = user.scope_for(Verb.COVENANTS_UNIT).organisations
    if not own:
        return []
    offers = _with_left(Offer.objects.filter(organisation__in=own))  # scope: the user's own units
    wanted = Need.objects.visible_to(user, Verb.COVENANTS_VIEW).open()
    needs = wanted.filter(kind__in=offers.order_by().values("kind")).select_related("street", "community", "grid")
    best: dict[int, Match] = {}
    for match in _matches(list(needs.order_by("-created_at", "-id")[:CANDIDATES]), offers):
        best.setdefault(match.need.pk, match)
    return ranked(best.values(), weights_in_force())


def _with_left(rows: QuerySet[Offer]) -> QuerySet[Offer]:
    """Offers that may be drawn on, with their unit, and what commitments have drawn already (``drawn``)."""
    used = Q(commitments__is_cancelled=False, commitments__covenant__status__in=SIGNED)
    return (
        rows.filter(is_open=True)
        .select_related("organisation", "street", "community")
        .annotate(
            drawn_quantity=Sum("commitments__quantity", filter=used),
            drawn_amount=Sum("commitments__amount", filter=used),
        )
        .order_by("-created_at", "-id")
    )


def left_of(offer: Any) -> Decimal | None:
    """What is left of an ``offer`` (of :func:`_with_left`); None where it is not counted."""
    if offer.quantity is None:
        return None
    return offer.quantity - ((offer.drawn_amount if offer.kind == "funds" else offer.drawn_quantity) or 0)


def _matches(needs: list[Need], rows: QuerySet[Offer]) -> list[Match]:
    offers = list(rows[:CANDIDATES])
    past = past_of({offer.organisation_id for offer in offers})
    today = timezone.localdate(moments.now())
    found = []
    for need in needs:
        for offer in offers:
            left = left_of(offer)
            fit = fit_of(need, offer, left, past.get(offer.organisation_id, Past()), today)
            if fit:
                found.append(Match(need, offer, fit, left))
    return ranked(found, weights_in_force())


def past_of(organisations: Iterable[int]) -> dict[int, Past]:
    """Organisation → how it kept its word of late, wherever in the district; one query.

    A figure of the unit, as every party that it offers itself to may know it; never of persons.
    """
    keys = list(organisations)
    if not keys:
        return {}
    today = timezone.localdate(moments.now())
    since = today - timedelta(days=parameter(PAST_MONTHS) * YEAR // MONTHS)
    # unscoped: counts of the unit alone
    rows = Commitment.objects.counted().filter(covenant__organisation__in=keys, due_on__range=(since, today))
    counted = (
        rows.order_by()
        .values("covenant__organisation")
        .annotate(due=Count("pk"), fulfilled=Count("pk", filter=Q(fulfilled_on__isnull=False)))
    )
    return {row["covenant__organisation"]: Past(row["fulfilled"], row["due"]) for row in counted}
