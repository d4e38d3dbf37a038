"""Sending deliveries outside: claimed one by one, tried again with growing pauses, dead in the end.

A claim ends by itself after :data:`LEASE`, so what a killed sender had in hand is taken over. Nothing is
locked while the other side is spoken to.
"""

import random
import time
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from suzhou_portal.accounts.models import User
from suzhou_portal.audit import trail
from suzhou_portal.audit.describing import name_actions
from suzhou_portal.notices.channels import TIMEOUT, Channel, Envelope, NotSent, configured
from suzhou_portal.notices.models import Delivery
from suzhou_portal.notices.parameters import MAX_ATTEMPTS, RETRY_AFTER
from suzhou_portal.notices.wording import sentence_of
from suzhou_portal.rules.parameters import parameter

State = Delivery.State
# Longer than any channel may take for one delivery.
LEASE = timedelta(seconds=5 * TIMEOUT)
LONGEST_PAUSE = timedelta(hours=1)
# A run ends after this many seconds: the next one is due soon, and a slow gateway must not keep the
# worker's threads from other work.
BUDGET = 8.0
# So many failures to reach a channel in a row leave it for the next run.
DOWN_AFTER = 3
UNDERWAY = Q(state__in=[State.WAITING, State.SENDING])

name_actions({"delivery.resend": "重发", "delivery.resend_all": "全部重发"}, group="消息投递")


def pause_after(attempts: int) -> timedelta:
    """How long to wait after so many failed attempts: doubling, with up to a quarter more or less, so that
    what failed together does not come back together.
    """
    doubled = timedelta(seconds=parameter(RETRY_AFTER) * 2 ** min(attempts - 1, 12))
    return min(doubled, LONGEST_PAUSE) * random.uniform(0.75, 1.25)  # noqa: S311 -- no secret


@transaction.atomic
def claim(channel: str) -> Delivery | None:
    """The next due delivery of ``channel``, now this sender's for :data:`LEASE`, with message and user; or None.

    With it go, at its first attempt, all those that tell its user the same of other rows (:func:`_gather`).
    """
    now = timezone.now()
    due = Delivery.objects.filter(UNDERWAY, channel=channel, next_at__lte=now)
    delivery = _locked(due)
    if delivery is None:
        return None
    if delivery.attempts == 0 and delivery.message.gathered:
        _gather(delivery)
    delivery.attempts += 1
    delivery.state, delivery.next_at = State.SENDING, now + LEASE
    delivery.save(update_fields=["attempts", "state", "next_at"])
    return delivery


def _locked(due: QuerySet[Delivery]) -> Delivery | None:
    """The first of ``due`` that nobody else has in hand. Its user is locked before it, so that what is told together
    is not shared between two senders.
    """
    busy: set[int] = set()
    while found := due.exclude(user__in=busy).order_by("next_at", "id").values_list("pk", "user_id").first():
        key, user = found
        if User.objects.select_for_update(skip_locked=True, no_key=True).filter(pk=user).values_list("pk").first():
            rows = due.select_for_update(skip_locked=True, of=("self",)).select_related("message", "user")
            if delivery := rows.filter(pk=key).first():
                return delivery
        busy.add(user)
    return None


def _gather(lead: Delivery) -> None:
    """Let ``lead`` (locked, with its user) tell what waits to be told with it, due or not: later ones are its own
    message, since the other side drops a repeat of this one.
    """
    message = lead.message
    alike = {name: getattr(message, name) for name in ("kind", "noun", "gathered", "except_user_id")}
    same = Delivery.objects.filter(state=State.WAITING, attempts=0, channel=lead.channel, user=lead.user_id)
    same = same.filter(**{f"message__{name}": value for name, value in alike.items()}).exclude(pk=lead.pk)
    keys = list(same.select_for_update(of=("self",)).order_by("id").values_list("pk", flat=True))
    Delivery.objects.filter(pk__in=keys).update(state=State.JOINED, lead=lead, attempts=1)


def _settle(delivery: Delivery, **values: Any) -> None:
    """Write the outcome, unless another sender has taken over meanwhile: then the outcome is theirs."""
    mine = Delivery.objects.filter(pk=delivery.pk, state=State.SENDING, attempts=delivery.attempts)
    mine.update(**values)


def _failed(delivery: Delivery, problem: NotSent) -> None:
    now = timezone.now()
    if problem.final or delivery.attempts >= parameter(MAX_ATTEMPTS):
        _settle(delivery, state=State.DEAD, last_error=problem.reason[:200], next_at=now)
    else:
        later = now + pause_after(delivery.attempts)
        _settle(delivery, state=State.WAITING, last_error=problem.reason[:200], next_at=later)


def _sent(delivery: Delivery) -> None:
    """It has arrived, whoever has the claim by now."""
    now = timezone.now()
    told = Delivery.objects.filter(Q(pk=delivery.pk) | Q(lead=delivery.pk)).exclude(state=State.SENT)
    told.update(state=State.SENT, sent_at=now, next_at=now, last_error="")


def _envelope(delivery: Delivery, channel: Channel, now: datetime) -> Envelope:
    """Raises :class:`NotSent` when there is nobody to send it to any more."""
    message, user = delivery.message, delivery.user
    if message.expires_at is not None and message.expires_at <= now:
        raise NotSent("已过时效，不再发送", final=True)
    address = channel.address_of(user) if user.is_active else ""
    if not address:
        raise NotSent("账号已停用，或没有登记接收地址", final=True)
    number = 1 + Delivery.objects.filter(lead=delivery.pk).count() if message.gathered else 1
    path = reverse("inbox-together", args=[delivery.pk]) if number > 1 else message.url
    return Envelope(
        id=str(delivery.key),
        kind=message.kind,
        title=sentence_of(message, number)[:200],
        url=f"{settings.PORTAL_URL}{path}",
        username=user.username,
        address=address,
        sent_at=timezone.localtime(now),
    )


def send(delivery: Delivery) -> NotSent | None:
    """Send a claimed delivery and write down the outcome; what went wrong, or None.

    What a channel raises besides :class:`NotSent` is a bug of its own: written down, and raised again.
    """
    way = configured()[delivery.channel]
    try:
        way.send(_envelope(delivery, way, timezone.now()))
    except NotSent as problem:
        _failed(delivery, problem)
        return problem
    except Exception as error:
        _failed(delivery, NotSent(f"渠道程序出错（{type(error).__name__}）"))
        raise
    _sent(delivery)
    return None


def send_due(*, budget: float = BUDGET) -> int:
    """Send what is due, channel by channel, for at most about ``budget`` seconds; returns how many were tried.

    A channel at which nobody answers is left for the next run. Any number of senders may run at once.
    """
    give_up_unknown()
    end, tried = time.monotonic() + budget, 0
    for name in configured():
        silent = 0
        while silent < DOWN_AFTER and time.monotonic() < end and (delivery := claim(name)):
            problem = send(delivery)
            silent = silent + 1 if problem is not None and problem.down else 0
            tried += 1
    return tried


def give_up_unknown() -> int:
    """Deliveries by a channel that is no longer configured are dead, for the administrator to see; how many."""
    lost = Delivery.objects.filter(UNDERWAY).exclude(channel__in=list(configured()))
    return lost.update(state=State.DEAD, last_error="渠道未接通")


# --- Once more, by an administrator --------------------------------------------------------


@transaction.atomic
def resend(delivery: Delivery, *, by: Any) -> bool:
    """Let a dead delivery be tried again from the beginning, with the same key; False when it is not dead."""
    if not _revive(Delivery.objects.filter(pk=delivery.pk)):
        return False
    trail.record("delivery.resend", delivery, by=by)
    return True


@transaction.atomic
def resend_all(*, by: Any, channel: str = "") -> int:
    """The same for all dead ones, of ``channel`` when given; returns how many."""
    rows = Delivery.objects.filter(channel=channel) if channel else Delivery.objects.all()
    count = _revive(rows)
    if count:
        trail.record("delivery.resend_all", None, by=by, changes={"channel": channel, "rows": count})
    return count


def _revive(rows: Any) -> int:
    return rows.filter(state=State.DEAD).update(state=State.WAITING, attempts=0, next_at=timezone.now())
