"""What of the evaluation waits for whom."""

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from covenants.agreements.models import Side, Status
from covenants.evaluation.models import Evaluation
from covenants.waiting.conditions import party
from suzhou_portal.lib.cases import Wait
from suzhou_portal.lib.time import moments


def _unscored(side: Side) -> Q:
    open_still = Q(status=Status.EVALUATING, evaluate_until__gte=timezone.localdate(moments.now()))
    return open_still & ~Q(Exists(Evaluation.objects.filter(covenant=OuterRef("pk"), side=side)))


EVALUATE = Wait(
    *("evaluate", "待评约的协议", "份"),
    party(
        lambda side: side.each(
            lambda rows: rows & _unscored(Side.PLACE),
            lambda rows: rows & _unscored(Side.UNIT),
        )
    ),
    step="评约",
    due="evaluate_until",
)
