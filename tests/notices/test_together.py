"""A burst of the same is one message outside the portal, which opens its rows; what is taken back is not announced."""

from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.db import connection
from django.utils import timezone

from grids.bulk.services import apply_many
from grids.issues.models import Issue
from grids.issues.workflow import WORKFLOW
from grids.supervision import services as supervision
from suzhou_portal.notices.channels import NotSent
from suzhou_portal.notices.models import Delivery, Notice
from suzhou_portal.notices.sending import claim, send, send_due
from suzhou_portal.notices.services import deliver_waiting
from tests import factories as make
from tests.notices.conftest import reachable

pytestmark = pytest.mark.dialect
State = Delivery.State


@pytest.fixture
def burst(cast, way):
    """Three issues that the secretary dispatches to the liaison's unit, in bulk."""
    reachable(cast.liaison)
    issues = [make.make_issue(cast.secretary, cast.c1, cast.lamp) for _number in range(3)]
    dispatch(cast, issues)
    return issues


def dispatch(cast, issues):
    inputs = {"organisation": str(cast.unit_org.pk)}
    done = apply_many(issues, "dispatch", versions={}, inputs=inputs, by=cast.secretary)
    assert not [outcome.reason for outcome in done if outcome.reason]


def recall(cast, issues):
    done = apply_many(issues, "recall", versions={}, inputs={}, by=cast.secretary)
    assert not [outcome.reason for outcome in done if outcome.reason]


def pass_time(**span):
    """Let what was told have been told earlier."""
    earlier = timezone.now() - timedelta(**(span or {"minutes": 2}))
    Delivery.objects.filter(state=State.WAITING).update(next_at=earlier)
    Notice.objects.update(created_at=earlier)


def sent_of(way):
    deliver_waiting()
    pass_time()
    send_due()
    return [envelope.title for envelope in way.sent]


def test_a_batch_is_one_message_that_says_who_did_what_and_what_comes_next(cast, burst, way, sign_in):
    assert sent_of(way) == [f"3 件网格事件 {cast.c1} {cast.secretary} 派办给 {cast.unit_org}，请办理并反馈"]
    assert Delivery.objects.filter(state=State.SENT).count() == 3
    client = sign_in(cast.liaison)
    page = client.get(way.sent[0].url).content.decode()
    assert all(f'href="{issue.get_absolute_url()}"' in page for issue in burst)
    assert not Notice.objects.filter(user=cast.liaison, read_at=None).exists()
    assert sign_in(cast.secretary).get(way.sent[0].url).status_code == 404


def test_one_issue_is_told_by_itself(cast, way):
    reachable(cast.liaison)
    issue = make.make_issue(cast.secretary, cast.c1, cast.lamp)
    dispatch(cast, [issue])
    assert sent_of(way) == [f"{issue.number} {cast.c1} {cast.secretary} 派办给 {cast.unit_org}，请办理并反馈"]
    assert way.sent[0].url.endswith(issue.get_absolute_url())


def test_it_waits_a_moment_for_more_of_the_same(cast, burst, way):
    deliver_waiting()
    assert send_due() == 0
    assert Notice.objects.filter(user=cast.liaison).count() == 3, "the inbox has them at once"
    dispatch(cast, [make.make_issue(cast.secretary, cast.c1, cast.lamp)])
    assert sent_of(way) == [f"4 件网格事件 {cast.c1} {cast.secretary} 派办给 {cast.unit_org}，请办理并反馈"]


def test_what_was_undone_is_not_announced(cast, burst, way):
    deliver_waiting()
    recall(cast, burst[:1])
    recall(cast, burst[1:])
    assert sent_of(way) == []
    assert not Notice.objects.filter(user=cast.liaison).exists()


def test_what_was_undone_before_anybody_was_told_reaches_no_inbox(cast, burst, way):
    recall(cast, burst)
    assert sent_of(way) == []
    assert not Notice.objects.filter(user=cast.liaison).exists()


def test_who_knows_already_hears_that_it_was_undone(cast, burst, way):
    sent_of(way)
    way.sent.clear()
    recall(cast, burst)
    assert sent_of(way) == []  # decisions are not sent outside unless one wishes it
    titles = Notice.objects.filter(user=cast.liaison, kind="decision").values_list("message__title", flat=True)
    assert sorted(titles) == sorted(f"{issue.number} 撤回派办" for issue in burst)


def test_dispatched_again_it_is_told_again(cast, burst, way):
    recall(cast, burst)
    dispatch(cast, burst[:2])
    assert sent_of(way) == [f"2 件网格事件 {cast.c1} {cast.secretary} 派办给 {cast.unit_org}，请办理并反馈"]


def test_the_unit_that_knew_hears_that_another_one_has_it(cast, burst, way):
    deliver_waiting()
    Notice.objects.filter(user=cast.liaison).update(read_at=timezone.now())
    inputs = {"organisation": str(cast.law.pk), "note": "职责不符"}
    WORKFLOW.apply(burst[0], "redirect", by=cast.officer, inputs=inputs)
    deliver_waiting()
    told = Notice.objects.filter(user=cast.liaison, kind="decision").get()
    assert told.message.title == f"{burst[0].number} 改派给 {cast.law}"


def test_what_falls_due_together_is_one_message(cast, burst, way):
    sent_of(way)
    way.sent.clear()
    for minutes, issue in enumerate(burst, 1):
        Issue.objects.filter(pk=issue.pk).update(due_at=timezone.now() - timedelta(minutes=minutes))
    supervision.remind()
    assert sent_of(way) == ["3 件网格事件 已超期，请办理并反馈"]


def test_a_sender_that_dies_leaves_the_whole_message_and_later_rows_are_another(cast, burst, way):
    deliver_waiting()
    pass_time()
    claim("test")  # and dies
    dispatch(cast, [make.make_issue(cast.secretary, cast.c1, cast.lamp)])
    deliver_waiting()
    Delivery.objects.update(next_at=timezone.now() - timedelta(seconds=1))
    send_due()
    assert sorted(envelope.title.split()[0] for envelope in way.sent)[0] == "3"
    assert len(way.sent) == 2


def test_a_failed_message_is_tried_again_whole(cast, burst, way):
    way.problems.append(NotSent("忙"))
    sent_of(way)
    Delivery.objects.filter(state=State.WAITING).update(next_at=timezone.now())
    send_due()
    assert [envelope.title.split()[0] for envelope in way.sent] == ["3"]
    assert set(Delivery.objects.values_list("state", flat=True)) == {State.SENT}


def test_the_administrator_sees_one_row_of_what_went_together(cast, burst, way):
    deliver_waiting()
    pass_time()
    claim("test")
    assert sorted(Delivery.objects.values_list("state", flat=True)) == ["joined", "joined", "sending"]


def test_two_senders_at_once_make_one_message(live_cast, way, on_postgresql):
    cast = live_cast
    reachable(cast.liaison)
    dispatch(cast, [make.make_issue(cast.secretary, cast.c1, cast.lamp) for _number in range(6)])
    deliver_waiting()
    pass_time()
    barrier, claimed = Barrier(4), []

    def work():
        barrier.wait()
        claimed.append(claim("test"))
        connection.close()

    threads = [Thread(target=work) for _number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (mine,) = filter(None, claimed)
    send(mine)
    assert [envelope.title.split()[0] for envelope in way.sent] == ["6"]
