"""What of commitments and deliveries waits for whom."""

from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from covenants.agreements.models import RUNNING
from covenants.deliveries.models import Delivery
from covenants.deliveries.parameters import REMIND_DAYS
from covenants.waiting.conditions import both, party
from suzhou_portal.accounts.roles import Verb
from suzhou_portal.lib.cases import Wait
from suzhou_portal.lib.rows.scope import kept
from suzhou_portal.lib.time import moments
from suzhou_portal.rules.parameters import parameter


def _delivered(status: Delivery.Status) -> Q:
    return Q(status=status, commitment__covenant__status__in=RUNNING)


UNDONE = {"covenant__status__in": RUNNING, "is_cancelled": False, "fulfilled_on": None}


def _late() -> Q:
    return Q(due_on__lt=timezone.localdate(moments.now()), **UNDONE)


def _soon() -> Q:
    today = timezone.localdate(moments.now())
    return Q(due_on__range=(today, today + timedelta(days=parameter(REMIND_DAYS))), **UNDONE)


CONFIRM = Wait(
    *("confirm", "待确认的履约记录", "条"),
    kept(Verb.COVENANTS_PLACE, _delivered(Delivery.Status.SUBMITTED), "commitment__covenant__"),
    step="确认履约",
)
MEND = Wait(
    *("mend", "被退回、待改正的履约记录", "条"),
    party(lambda side: both(side.unit("commitment__covenant__"), lambda: _delivered(Delivery.Status.RETURNED))),
    step="改正履约记录",
)
LATE = Wait(
    *("late", "超期未履约的约定事项", "项"),
    party(lambda side: both(side.unit("covenant__"), _late)),
    step="履约",
    due="due_on",
)
SOON = Wait(
    *("soon", "临期的约定事项", "项"),
    party(lambda side: both(side.unit("covenant__"), _soon)),
    step="履约",
    due="due_on",
)
OWED = Wait(
    *("owed", "单位超期未履约的约定事项", "项"),
    kept(Verb.COVENANTS_PLACE, _late, "covenant__"),
    to_do=False,
)
