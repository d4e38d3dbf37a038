"""What may be put into the outbox, and that the same thing is told once."""

import threading

import pytest
from django.db import connection, transaction
from django.utils import timezone

from suzhou_portal.accounts.roles import Role
from suzhou_portal.notices import preferences
from suzhou_portal.notices.models import Kind, Notice, OutboxMessage
from suzhou_portal.notices.preferences import DEFAULT_MODES, Choices, Mode
from suzhou_portal.notices.services import deliver_waiting, enqueue

pytestmark = pytest.mark.dialect


def told(**message):
    enqueue(**{"title": "x", "url": "/", **message})
    deliver_waiting()
    return list(Notice.objects.order_by("user__username").values_list("user__username", flat=True))


def test_a_role_of_a_place_is_never_told_without_the_place(db):
    with pytest.raises(ValueError, match="without a place"):
        enqueue(title="x", url="/", roles=[Role.GRID])


def test_named_users_are_told_beside_the_holders_of_a_role(cast):
    assert told(roles=[Role.DISTRICT], users=[cast.secretary, cast.district]) == ["community.1", "district"]


def test_a_closed_account_is_not_told_even_by_name(cast):
    type(cast.nobody).objects.filter(pk=cast.nobody.pk).update(is_active=False)
    assert told(users=[cast.nobody, cast.secretary]) == ["community.1"]


def test_the_same_key_is_told_once(cast):
    first = enqueue(title="超期", url="/", users=[cast.secretary], dedupe_key="overdue:1")
    deliver_waiting()
    again = enqueue(title="超期", url="/", users=[cast.secretary], dedupe_key="overdue:1")
    assert again.pk == first.pk
    deliver_waiting()
    assert Notice.objects.count() == 1


def test_a_key_enqueued_by_two_workers_at_once_is_told_once(live_cast, on_postgresql):
    def other():
        with transaction.atomic():
            enqueue(title="超期", url="/", users=[live_cast.secretary], dedupe_key="overdue:1")
        connection.close()

    worker = threading.Thread(target=other)
    with transaction.atomic():
        enqueue(title="超期", url="/", users=[live_cast.secretary], dedupe_key="overdue:1")
        worker.start()
        worker.join(1)
        assert worker.is_alive(), "it waits for the first to commit"
    worker.join(20)
    assert OutboxMessage.objects.count() == 1


def test_what_has_passed_is_told_to_nobody(cast):
    assert told(users=[cast.secretary], expires_at=timezone.now()) == []
    assert not OutboxMessage.objects.filter(delivered_at=None).exists()


def test_titles_carry_no_personal_numbers(cast):
    message = enqueue(title="请联系 13812345678", url="/", users=[cast.secretary])
    assert message.title == "请联系 138***678"


def test_an_unknown_kind_is_refused(cast):
    with pytest.raises(ValueError, match="no such kind"):
        enqueue(title="x", url="/", users=[cast.secretary], kind="gossip")


@pytest.mark.parametrize(
    ("kind", "lines"), [(Kind.COMMENT, 0), (Kind.SOON, 0), (Kind.ASSIGNED, 1), (Kind.SUPERVISION, 1)]
)
def test_an_unwanted_kind_leaves_the_inbox_only_if_nothing_is_to_be_done(cast, kind, lines):
    preferences.keep(cast.secretary, Choices(modes={**DEFAULT_MODES, kind: Mode.NONE}))
    assert len(told(users=[cast.secretary], kind=kind)) == lines
