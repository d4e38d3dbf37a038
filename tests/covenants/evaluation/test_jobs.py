"""What the calendar does by itself: once, whoever runs it, however long nobody did."""

import threading
from datetime import timedelta

import pytest
from dateutil.relativedelta import relativedelta
from django.db import connection
from django.utils import timezone

from covenants.agreements.models import Covenant, Status
from covenants.agreements.workflow import WORKFLOW
from covenants.deliveries.models import Commitment
from covenants.deliveries.parameters import REMIND_DAYS
from covenants.deliveries.reminders import remind, tell_late
from covenants.deliveries.tasks import erase_covenant_files
from covenants.evaluation.reference import load_rubrics
from covenants.evaluation.services import end_terms
from covenants.evaluation.tasks import sweep_covenants
from suzhou_portal.audit.models import AuditEntry
from suzhou_portal.files.models import Attachment
from suzhou_portal.notices.models import OutboxMessage
from suzhou_portal.rules.models import Parameter
from tests.covenants import made
from tests.factories import make_attachment

pytestmark = pytest.mark.dialect


def told(*words):
    return [title for title in OutboxMessage.objects.values_list("title", flat=True) if all(w in title for w in words)]


def aged(covenant, days):
    """The term of ``covenant`` moved into the past."""
    Covenant.objects.filter(pk=covenant.pk).update(begins=made.day(-days - 90), ends=made.day(-days))


def test_a_term_that_has_ended_is_evaluated(cast):
    covenant = made.signed(cast)
    assert end_terms() == 0
    aged(covenant, 1)
    assert sweep_covenants() == 1
    covenant.refresh_from_db()
    assert (covenant.status, covenant.evaluate_until) == (Status.EVALUATING, made.day(15))
    assert covenant.events.last().actor is None
    assert len(told("协议到期，开始评约")) == 2
    entry = AuditEntry.objects.filter(action="covenant.term_ended").get()
    assert (entry.actor, entry.source) == (None, "job")
    assert sweep_covenants() == 0


def test_after_days_of_silence_everything_is_done_once(cast):
    load_rubrics()
    covenant = made.signed(cast)
    aged(covenant, 40)
    sweep_covenants()
    Covenant.objects.update(evaluate_until=made.day(-20))
    sweep_covenants()
    covenant.refresh_from_db()
    assert (covenant.status, covenant.result) == (Status.CLOSED, "未评")
    before = OutboxMessage.objects.count()
    sweep_covenants()
    assert OutboxMessage.objects.count() == before


def test_what_is_near_is_told_the_unit_once(cast):
    covenant = made.signed(cast, made.some_terms(made.task(due=5), made.task("t2", due=20)))
    for _ in range(2):
        sweep_covenants()
    assert len(told("将到期：修路灯")) == 1
    (message,) = OutboxMessage.objects.filter(title__contains="将到期")
    assert message.audience["organisation"] == cast.unit_org.pk
    assert message.kind == "soon"
    assert covenant.number in message.title


def test_the_days_before_are_a_parameter(cast):
    made.signed(cast, made.some_terms(made.task(due=5)))
    Parameter.objects.update_or_create(code=REMIND_DAYS, defaults={"value": 0})
    assert remind() == 0


def test_what_is_late_is_told_both_once_for_each_due_day(cast):
    made.signed(cast, made.some_terms(made.task(due=-3)))
    for _ in range(3):
        sweep_covenants()
    assert len(told("逾期未履约：修路灯")) == 2
    later = made.some_terms(made.task(due=-1))
    covenant = WORKFLOW.apply(Covenant.objects.get(), "amend", by=cast.liaison, inputs={"terms": later.json()})
    WORKFLOW.apply(covenant, "accept", by=cast.secretary)
    sweep_covenants()
    assert len(told("逾期未履约：修路灯")) == 4


def test_what_is_done_or_called_off_is_not_told(cast):
    covenant = made.signed(cast, made.some_terms(made.task(due=-3, quantity="1"), made.task("t2", due=-2)))
    made.deliver(cast, Commitment.objects.get(key="t1"), quantity=1)
    fewer = made.some_terms(made.task(due=-3, quantity="1"))
    WORKFLOW.apply(covenant, "amend", by=cast.liaison, inputs={"terms": fewer.json()})
    WORKFLOW.apply(Covenant.objects.get(), "accept", by=cast.secretary)
    assert tell_late() == 0


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_do_it_once(live_cast, on_postgresql):
    for _ in range(5):
        aged(made.signed(live_cast, made.some_terms(made.task(due=-3))), 1)
    made.signed(live_cast, made.some_terms(made.task(due=-3)))
    failures = []

    def work():
        try:
            sweep_covenants()
        except BaseException as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert AuditEntry.objects.filter(action="covenant.term_ended").count() == 5
    assert len(told("逾期未履约")) == 2


def test_personal_files_are_erased_some_months_after_the_end(cast):
    covenant = made.signed(cast, made.some_terms(made.task()))
    delivery = made.deliver(cast, Commitment.objects.get(), confirmed=False, quantity=1)
    marked = [
        make_attachment(covenant, cast.secretary, has_personal=True),
        make_attachment(delivery, cast.liaison, has_personal=True),
    ]
    plain = make_attachment(covenant, cast.secretary)
    assert erase_covenant_files() == 0
    Covenant.objects.update(ended_at=timezone.now() - timedelta(days=200))
    assert erase_covenant_files() == 2
    assert erase_covenant_files() == 0
    assert set(Attachment.objects.filter(erased_at=None)) == {plain}
    assert all(Attachment.objects.get(pk=row.pk).erased_at for row in marked)


def test_the_months_until_files_are_erased_are_calendar_months(cast):
    covenant = made.signed(cast)
    make_attachment(covenant, cast.secretary, has_personal=True)
    six_months_ago = timezone.localtime() - relativedelta(months=6)
    Covenant.objects.update(ended_at=six_months_ago + timedelta(hours=30))
    assert erase_covenant_files() == 0  # some 181 days: six times thirty are over
    Covenant.objects.update(ended_at=six_months_ago - timedelta(hours=30))
    assert erase_covenant_files() == 1
