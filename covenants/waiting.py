"""What of co-building waits for whom: the lines of the home page and of the digest, and the filter 等我方办理
of the registers behind them. Both ask the same condition, so a line counts exactly the rows that it opens.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import django_filters
from django.db.models import Exists, F, Model, OuterRef, Q, QuerySet
from django.utils import timezone

from covenants.matching import needs_for
from covenants.models import Commitment, Covenant, Delivery, Evaluation, Need, Side
from covenants.models.covenants import RUNNING, Status
from covenants.parameters import REMIND_DAYS
from suzhou_portal.accounts.roles import Verb
from suzhou_portal.lib.registers.filters import RegisterFilterSet
from suzhou_portal.lib.rows.counts import capped_counts, capped_text
from suzhou_portal.lib.rows.scope import among
from suzhou_portal.lib.time import moments
from suzhou_portal.rules.parameters import parameter

CAP = 999


@dataclass(frozen=True)
class Party:
    """For whom ``user`` acts. Somebody in both parties of a covenant acts for the place (``rights.side_of``)."""

    units: frozenset[int]
    communities: frozenset[int]
    streets: frozenset[int]

    @classmethod
    def of(cls, user: Any) -> "Party":
        """The party of ``user``."""
        places = user.scope_for(Verb.COVENANTS_PLACE)
        units = user.scope_for(Verb.COVENANTS_UNIT).organisations
        return cls(frozenset(units), frozenset(places.communities), frozenset(places.streets))

    def at(self, way: str = "") -> Q | None:
        """Rows of the own places; ``way`` leads to the row that names the place. None: there are none."""
        found: Q | None = None
        if self.communities:
            found = among(f"{way}community_id", self.communities)
        if self.streets:
            street = Q(**{f"{way}community": None}) & among(f"{way}street_id", self.streets)
            found = street if found is None else found | street
        return found

    def unit(self, way: str = "") -> Q | None:
        """Rows of the own units whose place is another's; ``way`` leads to the covenant."""
        if not self.units:
            return None
        place, own = self.at(way), among(f"{way}organisation_id", self.units)
        return own if place is None else own & ~place

    def each(self, place: Callable[[Q], Q], unit: Callable[[Q], Q]) -> Q | None:
        """The condition of both sides together."""
        sides = [make(rows) for make, rows in ((place, self.at()), (unit, self.unit())) if rows is not None]
        return sides[0] | sides[1] if len(sides) > 1 else sides[0] if sides else None


@dataclass(frozen=True)
class Wait:
    """Rows of ``register`` that wait for a party: ``rows`` answers the condition, or None where it has none to see
    to. ``text`` as people read it, ``measure`` counts it. ``to_do``: the party has to act, it is no mere news.
    """

    code: str
    model: type[Model]
    register: str
    text: str
    measure: str
    rows: Callable[[Party], Q | None]
    to_do: bool = True


def _and(rows: Q | None, more: Callable[[], Q]) -> Q | None:
    return None if rows is None else rows & more()


def _answer(party: Party, more: Q) -> Q | None:
    return party.each(
        lambda rows: rows & more & Q(revision__gt=F("place_accepts")),
        lambda rows: rows & more & Q(revision__gt=F("unit_accepts")),
    )


def _unscored(side: Side) -> Q:
    open_still = Q(status=Status.EVALUATING, evaluate_until__gte=timezone.localdate(moments.now()))
    return open_still & ~Q(Exists(Evaluation.objects.filter(covenant=OuterRef("pk"), side=side)))


def _delivered(status: Delivery.Status) -> Q:
    return Q(status=status, commitment__covenant__status__in=RUNNING)


UNDONE = {"covenant__status__in": RUNNING, "is_cancelled": False, "fulfilled_on": None}


def _late() -> Q:
    return Q(due_on__lt=timezone.localdate(moments.now()), **UNDONE)


def _soon() -> Q:
    today = timezone.localdate(moments.now())
    return Q(due_on__range=(today, today + timedelta(days=parameter(REMIND_DAYS))), **UNDONE)


WAITS = (
    Wait(
        *("answer", Covenant, "covenants", "待答复的协议稿", "份"),
        lambda party: _answer(party, Q(status=Status.NEGOTIATING)),
    ),
    Wait(
        *("change", Covenant, "covenants", "待答复的协议变更", "份"),
        lambda party: _answer(party, Q(status=Status.ACTIVE, revision__gt=F("in_force"))),
    ),
    Wait(
        *("sign", Covenant, "covenants", "双方已同意、待签约的协议", "份"),
        lambda party: _and(party.at(), lambda: Q(status=Status.AGREED)),
    ),
    Wait(
        *("confirm", Delivery, "deliveries", "待确认的履约记录", "条"),
        lambda party: _and(party.at("commitment__covenant__"), lambda: _delivered(Delivery.Status.SUBMITTED)),
    ),
    Wait(
        *("mend", Delivery, "deliveries", "被退回、待改正的履约记录", "条"),
        lambda party: _and(party.unit("commitment__covenant__"), lambda: _delivered(Delivery.Status.RETURNED)),
    ),
    Wait(
        *("late", Commitment, "commitments", "超期未履约的约定事项", "项"),
        lambda party: _and(party.unit("covenant__"), _late),
    ),
    Wait(
        *("soon", Commitment, "commitments", "临期的约定事项", "项"),
        lambda party: _and(party.unit("covenant__"), _soon),
    ),
    Wait(
        *("evaluate", Covenant, "covenants", "待评约的协议", "份"),
        lambda party: party.each(
            lambda rows: rows & _unscored(Side.PLACE),
            lambda rows: rows & _unscored(Side.UNIT),
        ),
    ),
    Wait(
        *("owed", Commitment, "commitments", "单位超期未履约的约定事项", "项"),
        lambda party: _and(party.at("covenant__"), _late),
        to_do=False,
    ),
    Wait(
        *("claim", Need, "needs", "还没有单位认领的需求", "项"),
        lambda party: _and(party.at(), lambda: Q(status=Need.Status.OPEN)),
        to_do=False,
    ),
)


@dataclass(frozen=True)
class Line:
    """So many of these wait; ``url`` lists them."""

    text: str
    count: str
    measure: str
    url: str


def waiting_for(user: Any, *, to_do: bool = False) -> list[Line]:
    """The lines of ``user`` (with ``to_do`` only what they have to act on), without empty ones; at most five
    statements.
    """
    party = Party.of(user)
    wanted = [wait for wait in WAITS if wait.to_do or not to_do]
    asked = [(wait, rows) for wait in wanted if (rows := wait.rows(party)) is not None]
    # scope: the user's own units and places
    counts = capped_counts([wait.model._default_manager.filter(rows) for wait, rows in asked], CAP)
    found = [
        Line(wait.text, capped_text(count, CAP), wait.measure, f"/covenants/{wait.register}/?waiting={wait.code}")
        for (wait, _rows), count in zip(asked, counts, strict=True)
        if count
    ]
    fitting = [] if to_do else needs_for(user)
    if fitting:
        found.append(Line("适合本单位的需求", str(len(fitting)), "项", "/covenants/needs/fitting/"))
    return found


def waiting_filter(register: str) -> django_filters.ChoiceFilter:
    """The filter 等我方办理 of ``register``, for a filterset that is a :class:`WaitingFilterSet`."""
    return django_filters.ChoiceFilter(
        method="only_waiting",
        label="等我方办理",
        choices=[(wait.code, wait.text) for wait in WAITS if wait.register == register],
        empty_label="不限",
    )


class WaitingFilterSet(RegisterFilterSet):
    """Knows what waits for the reader."""

    def only_waiting(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        """What waits for the reader in this way; nothing where it cannot."""
        wait = next(wait for wait in WAITS if wait.code == value)
        mine = wait.rows(Party.of(self.request.user))
        return rows.none() if mine is None else rows.filter(mine)
