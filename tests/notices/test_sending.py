"""Deliveries outside the portal: made with the inbox line, sent, tried again, given up, taken over."""

import threading
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.utils import timezone

from suzhou_portal.accounts.models import User
from suzhou_portal.notices import sending, services
from suzhou_portal.notices.channels import NotSent
from suzhou_portal.notices.models import Delivery, Kind, Notice, OutboxMessage
from suzhou_portal.notices.parameters import MAX_ATTEMPTS
from suzhou_portal.notices.preferences import DEFAULT_MODES, Mode
from suzhou_portal.notices.services import deliver_waiting, enqueue
from suzhou_portal.notices.tasks import send_deliveries
from suzhou_portal.rules.calendars import calendar
from suzhou_portal.rules.models import Parameter
from tests.notices.conftest import make_due, reachable

pytestmark = pytest.mark.dialect
State = Delivery.State


def tell(user, kind=Kind.ASSIGNED, **more):
    enqueue(title="SZ-1 上报", url="/issues/SZ-1/", users=[user], kind=kind, **more)
    deliver_waiting()
    return list(Delivery.objects.filter(user=user))


# --- made -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "count"), [(Kind.ASSIGNED, 1), (Kind.OVERDUE, 1), (Kind.SUPERVISION, 1), (Kind.COMMENT, 0), (Kind.SOON, 0)]
)
def test_by_default_only_what_has_ones_name_on_it_or_is_late_goes_out(cast, way, kind, count):
    reachable(cast.secretary)
    assert len(tell(cast.secretary, kind)) == count
    assert Notice.objects.count() == 1


def test_nothing_goes_out_where_nobody_can_be_reached_or_wants_it(cast, way):
    assert tell(cast.secretary) == []
    reachable(cast.sibling, 2, silent=frozenset({"test"}))
    assert tell(cast.sibling) == []
    reachable(cast.officer, 3, modes={**DEFAULT_MODES, Kind.ASSIGNED: Mode.DIGEST})
    assert tell(cast.officer) == []


def test_without_a_channel_there_is_only_the_inbox(cast):
    reachable(cast.secretary)
    assert tell(cast.secretary) == []
    assert Notice.objects.count() == 1


def test_a_message_delivered_again_makes_no_second_delivery(cast, way):
    reachable(cast.secretary)
    tell(cast.secretary)
    OutboxMessage.objects.update(delivered_at=None)
    deliver_waiting()
    assert (Notice.objects.count(), Delivery.objects.count()) == (1, 1)


@pytest.mark.parametrize(
    ("now", "due"),
    [
        (datetime(2026, 11, 24, 21, 0), datetime(2026, 11, 25, 8, 30)),
        (datetime(2026, 11, 27, 18, 30), datetime(2026, 11, 30, 8, 30)),
        (datetime(2026, 11, 24, 9, 15), datetime(2026, 11, 24, 9, 15)),
    ],
)
def test_outside_office_hours_it_waits_for_the_next_ones(cast, way, monkeypatch, now, due):
    zone = ZoneInfo("Asia/Shanghai")
    monkeypatch.setattr(services.timezone, "now", lambda: now.replace(tzinfo=zone))
    reachable(cast.secretary, office_hours=True)
    (delivery,) = tell(cast.secretary)
    assert delivery.next_at == due.replace(tzinfo=zone)


def test_queries_do_not_grow_with_the_deliveries(cast, way, django_assert_num_queries):
    for number, user in enumerate((cast.secretary, cast.sibling, cast.officer)):
        reachable(user, number)
    for _ in range(10):
        enqueue(title="x", url="/", users=[cast.secretary, cast.sibling, cast.officer], kind=Kind.ASSIGNED)
    calendar()  # is kept
    with django_assert_num_queries(9):  # as without, and: addresses, insert
        deliver_waiting()
    assert Delivery.objects.count() == 30


# --- sent, and not ----------------------------------------------------------------------------


def test_what_is_due_is_sent_once_with_all_that_the_other_side_needs(cast, underway, way, settings):
    settings.PORTAL_URL = "https://portal.example"
    assert send_deliveries() == 1
    assert send_deliveries() == 0
    (envelope,) = way.sent
    assert (envelope.id, envelope.kind, envelope.title) == (str(underway.key), "assigned", "SZ-1 上报")
    assert (envelope.username, envelope.address) == ("community.1", "13800000001")
    assert envelope.url == "https://portal.example/issues/"
    underway.refresh_from_db()
    assert (underway.state, underway.attempts, underway.last_error) == (State.SENT, 1, "")
    assert underway.sent_at is not None


def test_a_failure_is_tried_again_with_the_same_id_after_growing_pauses(underway, way):
    way.problems += [NotSent("网关答复 503"), NotSent("网关答复 503")]
    pauses = []
    for _ in range(2):
        make_due(underway)
        before = timezone.now()
        send_deliveries()
        underway.refresh_from_db()
        assert (underway.state, underway.last_error) == (State.WAITING, "网关答复 503")
        pauses.append((underway.next_at - before).total_seconds())
        assert send_deliveries() == 0, "not before its time"
    assert 22 <= pauses[0] <= 39
    assert 44 <= pauses[1] <= 78
    make_due(underway)
    send_deliveries()
    assert [envelope.id for envelope in way.sent] == [str(underway.key)]


def test_pauses_never_exceed_an_hour_and_a_quarter(db):
    assert all(sending.pause_after(attempts) <= timedelta(minutes=75) for attempts in range(1, 60))


def test_after_the_districts_number_of_attempts_it_is_given_up(underway, way):
    row = Parameter.objects.get(code=MAX_ATTEMPTS)
    row.value = 2
    row.save()
    way.problems += [NotSent("网关连不上或中断了连接", down=True)] * 2
    for state in (State.WAITING, State.DEAD):
        make_due(underway)
        send_deliveries()
        underway.refresh_from_db()
        assert underway.state == state
    make_due(underway)
    assert send_deliveries() == 0


def test_what_the_other_side_will_never_take_is_given_up_at_once(underway, way):
    way.problems.append(NotSent("网关答复 400", final=True))
    send_deliveries()
    underway.refresh_from_db()
    assert (underway.state, underway.attempts, underway.last_error) == (State.DEAD, 1, "网关答复 400")


def test_an_account_closed_meanwhile_gets_nothing(cast, underway, way):
    User.objects.filter(pk=cast.secretary.pk).update(is_active=False)
    send_deliveries()
    underway.refresh_from_db()
    assert (underway.state, way.sent) == (State.DEAD, [])


def test_what_has_passed_meanwhile_is_not_sent(underway, way):
    OutboxMessage.objects.update(expires_at=timezone.now())
    send_deliveries()
    underway.refresh_from_db()
    assert (underway.state, underway.last_error, way.sent) == (State.DEAD, "已过时效，不再发送", [])


def test_deliveries_by_a_channel_that_is_gone_are_there_to_see(underway, settings):
    settings.PORTAL_NOTICE_CHANNELS = {}
    send_deliveries()
    underway.refresh_from_db()
    assert (underway.state, underway.last_error) == (State.DEAD, "渠道未接通")


def test_a_channel_at_which_nobody_answers_is_left_for_the_next_run(cast, way):
    reachable(cast.secretary)
    for _ in range(6):
        tell(cast.secretary)
    way.problems += [NotSent("网关连不上或中断了连接", down=True)] * 6
    assert send_deliveries() == sending.DOWN_AFTER
    assert Delivery.objects.filter(attempts=0).count() == 6 - sending.DOWN_AFTER


def test_a_bug_in_a_channel_costs_an_attempt_not_the_delivery(underway, way):
    way.problems.append(RuntimeError("secret details"))
    with pytest.raises(RuntimeError):
        send_deliveries()
    underway.refresh_from_db()
    assert (underway.state, underway.last_error) == (State.WAITING, "渠道程序出错（RuntimeError）")


# --- killed senders, and several at once --------------------------------------------------------


def test_what_a_killed_sender_had_claimed_is_taken_over_when_the_claim_ends(underway, way):
    assert sending.claim("test").pk == underway.pk  # and here it is killed
    assert send_deliveries() == 0
    underway.refresh_from_db()
    assert underway.next_at > timezone.now() + sending.LEASE / 2
    make_due(underway)
    assert send_deliveries() == 1
    underway.refresh_from_db()
    assert (underway.state, underway.attempts) == (State.SENT, 2)


def test_the_failure_of_a_sender_that_was_taken_over_changes_nothing(underway, way):
    slow = sending.claim("test")
    make_due(underway)
    assert send_deliveries() == 1
    way.problems.append(NotSent("网关超时未答复", down=True))
    sending.send(slow)
    underway.refresh_from_db()
    assert (underway.state, underway.last_error) == (State.SENT, "")


def test_the_success_of_a_sender_that_was_taken_over_counts(underway, way):
    slow = sending.claim("test")
    make_due(underway)
    way.problems.append(NotSent("网关答复 503"))
    send_deliveries()
    sending.send(slow)
    underway.refresh_from_db()
    assert underway.state == State.SENT


def test_two_workers_deliver_and_send_each_message_once(live_cast, way, on_postgresql):
    people = [live_cast.secretary, live_cast.sibling, live_cast.officer]
    for number, user in enumerate(people):
        reachable(user, number)
    for _ in range(40):
        enqueue(title="x", url="/", users=people, kind=Kind.ASSIGNED)
    start = threading.Barrier(2)

    def worker():
        try:
            start.wait()
            while deliver_waiting(limit=5):
                pass
            while send_deliveries():
                pass
        finally:
            connection.close()

    workers = [threading.Thread(target=worker) for _ in range(2)]
    for thread in workers:
        thread.start()
    for thread in workers:
        thread.join(60)
    send_deliveries()
    assert Notice.objects.count() == Delivery.objects.filter(state=State.SENT, attempts=1).count() == 120
    assert len(way.sent) == len({envelope.id for envelope in way.sent}) == 120
