"""From the outbox into the inboxes: who is told, and that it happens once."""

import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from suzhou_portal.accounts.models import Assignment
from suzhou_portal.accounts.roles import Role
from suzhou_portal.notices.models import Heartbeat, Notice, OutboxMessage
from suzhou_portal.notices.services import deliver_waiting, enqueue
from suzhou_portal.notices.tasks import deliver_outbox, heartbeat
from tests import factories as make

pytestmark = pytest.mark.dialect


def told(message):
    return sorted(Notice.objects.filter(message=message).values_list("user__username", flat=True))


@pytest.mark.parametrize(
    ("role", "place", "expected"),
    [
        (Role.STREET, lambda cast: {"street": cast.s1.pk}, ["street.1"]),
        (Role.COMMUNITY, lambda cast: {"community": cast.c1.pk}, ["community.1"]),
        (Role.GRID, lambda cast: {"grid": cast.g1.pk}, ["grid.1"]),
        (Role.GRID, lambda cast: {"grid": cast.building.pk}, ["grid.1"]),
        (Role.GRID, lambda cast: {"grid": cast.sibling_compound.pk}, ["grid.2"]),
        (Role.AREA, lambda cast: {"area": cast.area.pk}, ["area.1"]),
        (Role.DEPARTMENT, lambda cast: {"organisation": cast.law.pk}, ["department.1"]),
        (Role.UNIT, lambda cast: {"organisation": cast.unit_org.pk}, ["unit.1"]),
        (Role.DISTRICT, lambda cast: None, ["district"]),
    ],
)
def test_the_holders_of_the_role_at_the_place_are_told(cast, role, place, expected):
    message = enqueue(title="新事件", url="/issues/", roles=[role], place=place(cast))
    assert deliver_waiting() == 1
    assert told(message) == expected


def test_the_actor_is_not_told(cast):
    message = enqueue(
        title="x", url="/", roles=[Role.COMMUNITY], place={"community": cast.c1.pk}, except_user=cast.secretary
    )
    deliver_waiting()
    assert told(message) == []
    message.refresh_from_db()
    assert message.delivered_at is not None


def test_former_holders_and_closed_accounts_are_not_told(cast):
    former = make.make_user("former", Role.COMMUNITY, cast.c1)
    Assignment.objects.filter(user=former).update(ends=timezone.localdate() - timedelta(days=1))
    make.make_user("closed", Role.COMMUNITY, cast.c1, is_active=False)
    message = enqueue(title="x", url="/", roles=[Role.COMMUNITY], place={"community": cast.c1.pk})
    deliver_waiting()
    assert told(message) == ["community.1"]


def test_two_posts_of_one_person_make_one_notice(cast):
    make.give_post(cast.leader, Role.GRID, cast.compound)
    message = enqueue(title="x", url="/", roles=[Role.GRID], place={"grid": cast.building.pk})
    deliver_waiting()
    assert told(message) == ["grid.1"]


def test_delivering_again_tells_nobody_twice(cast):
    message = enqueue(title="x", url="/", roles=[Role.DISTRICT])
    deliver_waiting()
    assert deliver_waiting() == 0
    OutboxMessage.objects.update(delivered_at=None)  # as if the worker had died before its commit
    assert deliver_waiting() == 1
    assert told(message) == ["district"]


def test_the_task_empties_the_outbox_in_batches(cast, monkeypatch):
    monkeypatch.setattr("suzhou_portal.notices.services.BATCH", 3)
    for _ in range(7):
        enqueue(title="x", url="/", roles=[Role.DISTRICT])
    assert deliver_outbox() == 7
    assert not OutboxMessage.objects.filter(delivered_at=None).exists()


def test_queries_do_not_grow_with_the_messages(cast, django_assert_num_queries):
    for _ in range(10):
        enqueue(title="x", url="/", roles=[Role.DISTRICT])
    with django_assert_num_queries(7):  # savepoint, lock, audience, preferences, insert, mark, release
        deliver_waiting()


@pytest.mark.parametrize("wrong", [{"place": {"planet": 3}}, {"url": "https://elsewhere.example/"}, {"url": "//x/"}])
def test_what_cannot_be_delivered_is_refused_at_once(cast, wrong):
    with pytest.raises(ValueError, match="cannot deliver"):
        enqueue(**{"title": "x", "url": "/", "roles": [Role.DISTRICT], **wrong})


@pytest.mark.django_db
def test_the_heartbeat_moves():
    heartbeat()
    first = Heartbeat.objects.get(name="worker").at
    heartbeat()
    assert Heartbeat.objects.get(name="worker").at > first


@pytest.mark.django_db(transaction=True)
def test_two_workers_share_the_outbox(on_postgresql, live_cast):
    first = enqueue(title="held", url="/", roles=[Role.DISTRICT])
    second = enqueue(title="free", url="/", roles=[Role.DISTRICT])
    delivered = []

    def other_worker():
        try:
            delivered.append(deliver_waiting())
        finally:
            connection.close()

    with transaction.atomic():
        OutboxMessage.objects.select_for_update().get(pk=first.pk)
        thread = threading.Thread(target=other_worker)
        thread.start()
        thread.join(timeout=20)
    assert delivered == [1]
    assert told(second) == ["district"]
    assert deliver_waiting() == 1
    assert told(first) == ["district"]
