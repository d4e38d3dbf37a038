"""Putting a need or an offer on its list, numbered."""

from typing import Any

from django.db import transaction
from django.utils import timezone

from covenants.lists.models import Need, Offer
from grids.issues.models import Issue
from suzhou_portal.audit import trail
from suzhou_portal.lib.time import moments
from suzhou_portal.rules.numbers import next_number

NEEDS, OFFERS = "XQ", "ZY"


def numbered(series: str) -> str:
    """The next number of ``series`` in this year."""
    return next_number(timezone.localdate(moments.now()).year, series)


def new_need_number() -> str:
    """The number of the next need."""
    return numbered(NEEDS)


@transaction.atomic
def raise_need(need: Need, *, by: Any, issue: Issue | None = None, number: str = "") -> Need:
    """Store the unsaved ``need``, numbered (``number``: taken before); with ``issue`` for the sake of that issue.

    Raises ``ValidationError``.
    """
    need.issue, need.created_by, need.created_at = issue, by, moments.now()
    need.clean()
    need.number = number or new_need_number()
    need.full_clean()
    need.save(force_insert=True)
    trail.record("create", need, by=by, changes=trail.diff({}, trail.snapshot(need)))
    return need


@transaction.atomic
def publish_offer(offer: Offer, *, by: Any) -> Offer:
    """Store the unsaved ``offer``, numbered. Raises ``ValidationError``."""
    offer.created_at = moments.now()
    offer.clean()
    offer.number = numbered(OFFERS)
    offer.full_clean()
    offer.save(force_insert=True)
    trail.record("create", offer, by=by, changes=trail.diff({}, trail.snapshot(offer)))
    return offer
