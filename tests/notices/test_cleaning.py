"""What is forgotten, and what is not yet."""

from datetime import UTC, datetime, timedelta

from django.utils import timezone

from suzhou_portal.notices.models import Delivery, DigestRun, Notice, OutboxMessage
from suzhou_portal.notices.services import deliver_waiting, enqueue
from suzhou_portal.notices.tasks import forget_old

State = Delivery.State


def ago(days):
    return timezone.now() - timedelta(days=days)


def notice(cast, *, created, read=None):
    message = OutboxMessage.objects.create(title="x", url="/", audience={}, delivered_at=created, created_at=created)
    return Notice.objects.create(user=cast.secretary, message=message, created_at=created, read_at=read)


def test_read_notices_go_after_a_year_unread_ones_after_three(cast):
    kept = [
        notice(cast, created=ago(400), read=ago(360)),
        notice(cast, created=ago(400)),
    ]
    notice(cast, created=ago(400), read=ago(370))
    notice(cast, created=ago(1100))
    forget_old()
    assert list(Notice.objects.order_by("pk")) == kept
    assert OutboxMessage.objects.count() == 2
    forget_old()
    assert Notice.objects.count() == 2


def test_sent_deliveries_go_after_a_month_dead_ones_stay_to_be_seen(cast):
    message = notice(cast, created=ago(40)).message
    rows = [
        Delivery(state=State.SENT, sent_at=ago(31), created_at=ago(40)),
        Delivery(state=State.SENT, sent_at=ago(29), created_at=ago(40)),
        Delivery(state=State.DEAD, created_at=ago(400)),
        Delivery(state=State.WAITING, created_at=ago(400)),
        Delivery(state=State.DEAD, created_at=ago(1100)),
    ]
    for number, row in enumerate(rows):
        row.message, row.user, row.channel = message, cast.secretary, f"way{number}"
        row.save()
    forget_old()
    assert sorted(Delivery.objects.values_list("channel", flat=True)) == ["way1", "way2", "way3"]


def test_messages_go_when_nobody_has_them_and_never_before_they_are_delivered(cast):
    old = {"title": "x", "url": "/", "audience": {"roles": []}, "created_at": ago(60)}
    OutboxMessage.objects.create(**old, delivered_at=ago(60))
    waiting = OutboxMessage.objects.create(**old)
    fresh = enqueue(title="x", url="/", users=[cast.secretary])
    forget_old()
    assert list(OutboxMessage.objects.order_by("pk")) == [waiting, fresh]
    deliver_waiting()
    forget_old()
    assert OutboxMessage.objects.filter(pk=fresh.pk).exists()


def test_days_of_digests_are_days_of_the_portals_zone(cast, monkeypatch):
    night = timezone.make_aware(datetime(2027, 1, 1, 0, 20)).astimezone(UTC)
    kept = timezone.localdate(night) - timedelta(days=30)
    DigestRun.objects.bulk_create(DigestRun(day=kept - timedelta(days=back)) for back in (0, 1))
    monkeypatch.setattr(timezone, "now", lambda: night)
    forget_old()
    assert list(DigestRun.objects.values_list("day", flat=True)) == [kept]
