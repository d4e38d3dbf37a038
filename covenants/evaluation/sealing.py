"""Sealed evaluations: the one way to scores. Until both sides have scored, or the time is up, a side
reads its own and learns of the other only whether it has been handed in.
"""

from typing import Any

from django.db.models import Prefetch, Q, QuerySet
from django.utils import timezone

from covenants.agreements.models import Covenant, Side
from covenants.agreements.rights import side_of
from covenants.evaluation.models import Evaluation, Rubric
from covenants.evaluation.parameters import EXCELLENT, GOOD, QUALIFIED
from suzhou_portal.accounts.roles import Verb
from suzhou_portal.lib.time import moments
from suzhou_portal.rules.parameters import parameter

RESULTS = ("优秀", "良好", "合格", "不合格")


def rubric_for(covenant: Covenant, user: Any) -> Rubric | None:
    """The rubric in force for the side that ``user`` acts for; None: neither side, or there is none."""
    side = side_of(covenant, user)
    return current_rubric(side) if side else None


def current_rubric(side: Side) -> Rubric | None:
    """The newest active rubric of ``side`` that has come into force."""
    # unscoped: reference data
    rows = Rubric.objects.filter(
        side=side, is_active=True, starts__lte=timezone.localdate(moments.now())
    ).prefetch_related("items")
    return rows.order_by("-starts", "-id").first()


def readable(covenant: Covenant, user: Any) -> list[Evaluation]:
    """The evaluations of ``covenant`` whose scores ``user``, who may see the covenant, may read."""
    own = side_of(covenant, user)
    # unscoped: of a covenant that the user sees; not through the relation, whose prefetched rows hold no scores
    rows = Evaluation.objects.filter(covenant=covenant).select_related("rubric", "submitted_by").order_by("side")
    return [row for row in rows if not row.is_sealed or row.side == own]


def handed_in(covenant: Covenant) -> frozenset[str]:
    """The sides that have handed in their scores: all that is told of a sealed evaluation.

    Asks what was prefetched (:func:`with_sides`), else one query.
    """
    rows = covenant.scored if hasattr(covenant, "scored") else covenant.evaluations.all()
    return frozenset(row.side for row in rows)


def with_sides() -> Prefetch:
    """For ``prefetch_related``: of the evaluations the sides alone, never scores."""
    return Prefetch("evaluations", Evaluation.objects.only("covenant_id", "side"), to_attr="scored")


def readable_rows(user: Any, verb: str) -> QuerySet[Evaluation]:
    """The evaluations in the scope of ``user`` whose scores they may read: what is open, and those of their side."""
    places, unit = user.scope_for(Verb.COVENANTS_PLACE), user.scope_for(Verb.COVENANTS_UNIT)
    of_place = places.keeps("covenant__") or Q(pk__in=[])
    of_unit = Q(covenant__organisation__in=unit.organisations) & ~of_place  # as in rights.side_of
    own = Q(of_place, side=Side.PLACE) | Q(of_unit, side=Side.UNIT)
    return Evaluation.objects.visible_to(user, verb).filter(Q(is_sealed=False) | own)


def result_of(totals: list[int]) -> str:
    """The class of the mean of ``totals`` (of 100): by the place's score of the unit and the other way round."""
    if not totals:
        return "未评"
    mean = sum(totals) / len(totals)
    limits = (parameter(EXCELLENT), parameter(GOOD), parameter(QUALIFIED))
    return next((word for word, limit in zip(RESULTS, limits, strict=False) if mean >= limit), RESULTS[-1])
