"""The daily to-do digest: one a day, when there is something to do, once."""

import threading
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.utils import timezone

from grids.issues.models import Issue, Light
from suzhou_portal.notices import digest, preferences
from suzhou_portal.notices.models import DigestRun, Kind, Notice, OutboxMessage
from suzhou_portal.notices.preferences import DEFAULT_MODES, Choices, Mode
from suzhou_portal.notices.services import deliver_waiting, enqueue
from suzhou_portal.notices.tasks import send_digest
from suzhou_portal.rules.models import CalendarDay
from tests import factories as make

pytestmark = pytest.mark.dialect
ZONE = ZoneInfo("Asia/Shanghai")
MORNING = datetime(2026, 11, 25, 8, 3, tzinfo=ZONE)  # a Wednesday


@pytest.fixture
def at(monkeypatch):
    """``at(moment)`` sets the clock."""

    def set_clock(moment):
        monkeypatch.setattr(timezone, "now", lambda: moment)

    return set_clock


def digests():
    messages = OutboxMessage.objects.filter(kind=Kind.DIGEST).order_by("pk")
    return {tuple(message.audience["users"]): (message.title, message.url) for message in messages}


def test_it_counts_what_waits_what_is_near_and_what_is_late_and_leads_there(cast, at, sign_in):
    at(MORNING - timedelta(days=1))
    issues = [make.make_issue(cast.secretary, cast.c1, cast.lamp, f"第{n}件") for n in range(3)]
    for issue, warn, due in ((issues[0], -2, -1), (issues[1], -1, 5)):
        Issue.objects.filter(pk=issue.pk).update(
            warn_at=MORNING + timedelta(hours=warn), due_at=MORNING + timedelta(hours=due)
        )
    at(MORNING)
    assert send_digest() > 0
    title, url = digests()[cast.secretary.pk,]
    assert title == "今日待办：待我办理 3 件，临期 1 件，超期 1 件"
    assert url == "/issues/?queue=todo"
    assert Issue.objects.with_light(Light.OVERDUE).count() == 1
    deliver_waiting()
    notice = Notice.objects.get(user=cast.secretary, kind=Kind.DIGEST)
    page = sign_in(cast.secretary).get(f"/inbox/{notice.pk}/", follow=True)
    assert page.redirect_chain == [("/issues/?queue=todo", 302)]
    assert (cast.sibling.pk,) not in digests()


def test_who_has_nothing_to_do_is_left_alone(cast, at):
    at(MORNING)
    assert send_digest() == 0
    assert digests() == {}


@pytest.mark.parametrize(
    ("moment", "sent"),
    [
        (MORNING.replace(hour=7, minute=59), False),
        (MORNING, True),
        (MORNING.replace(hour=17, minute=59), True),
        (MORNING.replace(hour=18, minute=0), False),
        (datetime(2026, 11, 28, 9, 0, tzinfo=ZONE), False),  # a Saturday
        (datetime(2026, 10, 1, 9, 0, tzinfo=ZONE), False),  # National Day
    ],
)
def test_it_goes_out_on_working_days_from_the_districts_hour_to_the_close_of_office(cast, at, moment, sent):
    at(MORNING - timedelta(days=90))
    make.make_issue(cast.secretary, cast.c1, cast.lamp)
    at(moment)
    assert bool(send_digest()) == sent


def test_the_districts_own_days_count(cast, at):
    at(MORNING - timedelta(days=1))
    make.make_issue(cast.secretary, cast.c1, cast.lamp)
    make.saved(CalendarDay(day=MORNING.date(), kind="free", reason="区运动会"))
    at(MORNING)
    assert send_digest() == 0


def test_it_goes_out_once_a_day_and_days_of_silence_are_not_made_up_for(cast, at):
    at(MORNING - timedelta(days=20))
    make.make_issue(cast.secretary, cast.c1, cast.lamp)
    for days in (-9, 0):
        for _ in range(3):
            at(MORNING + timedelta(days=days, minutes=5))
            send_digest()
    assert OutboxMessage.objects.filter(audience__users=[cast.secretary.pk], kind=Kind.DIGEST).count() == 2


def test_yesterdays_that_nobody_delivered_is_not_delivered_today(cast, at):
    at(MORNING)
    make.make_issue(cast.secretary, cast.c1, cast.lamp)
    send_digest()
    at(MORNING + timedelta(days=1))
    deliver_waiting()
    assert not Notice.objects.filter(kind=Kind.DIGEST).exists()


def test_a_run_that_was_cut_off_goes_on_where_it_stopped(cast, at, monkeypatch):
    at(MORNING)
    monkeypatch.setattr(digest, "CHUNK", 2)
    for user, place in ((cast.secretary, cast.c1), (cast.sibling, cast.c2), (cast.officer, cast.s1)):
        make.make_issue(user, place, cast.lamp)
    DigestRun.objects.create(day=MORNING.date())
    first = digest._next_chunk(MORNING.date())
    assert first is not None  # and here the worker is killed
    before = digests()
    send_digest()
    assert before.items() <= digests().items()
    assert len(digests()) == OutboxMessage.objects.filter(kind=Kind.DIGEST).count()
    assert {(cast.secretary.pk,), (cast.sibling.pk,)} <= set(digests())
    assert DigestRun.objects.get().finished_at is not None


def test_notices_that_came_since_the_last_one_and_were_not_read_are_in_it(cast, at):
    DigestRun.objects.create(day=MORNING.date() - timedelta(days=1), started_at=MORNING - timedelta(days=1))
    for hours, user in ((-30, cast.secretary), (-3, cast.secretary), (-2, cast.secretary), (-30, cast.sibling)):
        enqueue(title="x", url="/", users=[user], kind=Kind.COMMENT)
        deliver_waiting()
        Notice.objects.filter(pk=Notice.objects.latest("pk").pk).update(created_at=MORNING + timedelta(hours=hours))
    at(MORNING)
    send_digest()
    assert digests() == {(cast.secretary.pk,): ("今日待办：新的未读消息 2 条", "/inbox/?unread=1")}


def test_who_does_not_want_it_does_not_get_it(cast, at):
    at(MORNING)
    make.make_issue(cast.secretary, cast.c1, cast.lamp)
    preferences.keep(cast.secretary, Choices(modes={**DEFAULT_MODES, Kind.DIGEST: Mode.NONE}))
    send_digest()
    assert (cast.secretary.pk,) not in digests()


def test_without_a_post_there_is_no_digest(cast, at):
    at(MORNING - timedelta(hours=1))
    enqueue(title="x", url="/", users=[cast.nobody])
    deliver_waiting()
    at(MORNING)
    assert send_digest() == 0


def test_a_user_costs_the_same_few_queries(cast, at, django_assert_max_num_queries):
    at(MORNING)
    DigestRun.objects.create(day=MORNING.date())
    users = [make.make_user(f"street.9{n}", "street_officer", cast.s1) for n in range(20)]
    for n in range(30):
        make.make_issue(cast.officer, cast.s1, cast.lamp, f"第{n}件")
    DigestRun.objects.update(upto=users[0].pk - 1)
    with django_assert_max_num_queries(10 + 3 * len(users)):  # posts, counts of issues, of co-building
        digest._next_chunk(MORNING.date())
    assert OutboxMessage.objects.filter(kind=Kind.DIGEST).count() == 20


def test_two_workers_make_each_once(live_cast, at, on_postgresql, monkeypatch):
    at(MORNING)
    monkeypatch.setattr(digest, "CHUNK", 1)
    for user, place in ((live_cast.secretary, live_cast.c1), (live_cast.sibling, live_cast.c2)):
        make.make_issue(user, place, live_cast.lamp)
    start = threading.Barrier(2)
    made = []

    def worker():
        try:
            start.wait()
            for _ in range(20):
                made.append(send_digest())
        finally:
            connection.close()

    workers = [threading.Thread(target=worker) for _ in range(2)]
    for thread in workers:
        thread.start()
    for thread in workers:
        thread.join(60)
    told = OutboxMessage.objects.filter(kind=Kind.DIGEST)
    assert sum(made) == told.count() == len(digests())
    assert {(live_cast.secretary.pk,), (live_cast.sibling.pk,)} <= set(digests())
    assert DigestRun.objects.get().finished_at is not None
