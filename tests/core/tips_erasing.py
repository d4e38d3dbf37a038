"""Run by ``test_tips`` over the case of ``tests/core/tips``: its personal texts go some months after its end."""

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.utils import timezone
from scratch.tips.models import Tip, TipEvent
from scratch.tips.parameters import TIP_MONTHS
from scratch.tips.workflow import TIPPING

from suzhou_portal.audit.models import AuditEntry
from suzhou_portal.audit.trail import ERASED
from suzhou_portal.lib.cases import Erasure
from suzhou_portal.lib.cases.erasing import cutoff
from suzhou_portal.lib.registers import site
from suzhou_portal.lib.time import sweeps
from suzhou_portal.rules.models import Parameter
from tests.grids.reporters.test_contacts import everything_stored

HERE = ZoneInfo("Asia/Shanghai")
WHAT, PERSON, NOTE = "东侧小卖部夜间堆放液化气罐并且占用消防通道已经半年有余", "欧阳小梅", "欧阳小梅愿意作证"
MORE = "后来又说西侧也有"


def at(*moment):
    return datetime(*moment, tzinfo=HERE)


def later(months=7):
    return timezone.now() + timedelta(days=31 * months)


def erase(now, **kept):
    return site["tips"].erases.sweep(TIPPING, now, **kept)


def told(cast):
    return site["tips"].create({"community": cast.c1, "what": WHAT, "person": PERSON}, by=cast.officer)


def ended(cast, tip=None, moment=None):
    tip = TIPPING.apply(tip or told(cast), "confirm", by=cast.officer, inputs={"note": NOTE})
    if moment:
        Tip.objects.filter(pk=tip.pk).update(ended_at=moment)
    return tip


def stored_texts():
    """All that is stored, the escapes of JSON read."""
    return re.sub(r"\\+u([0-9a-f]{4})", lambda found: chr(int(found[1], 16)), everything_stored())


def test_nothing_personal_is_left_and_it_is_on_record(cast):
    tip = told(cast)
    site["tips"].update(tip, {"what": MORE}, by=cast.officer, reason=f"{PERSON}来电更正，电话13800001234")
    tip = ended(cast, tip)
    before = stored_texts()
    assert WHAT in before
    assert PERSON in before
    assert erase(later()) == 1
    stored = stored_texts()
    for gone in (WHAT, WHAT[:8], MORE, PERSON, NOTE, "13800001234"):
        assert gone not in stored, gone
    fresh = Tip.objects.get()
    assert (fresh.what, fresh.person, fresh.number, fresh.status) == (ERASED, ERASED, tip.number, "true")
    assert fresh.version == tip.version + 1  # a form opened before does not bring it back
    assert [event.note for event in TipEvent.objects.order_by("id")] == ["", ERASED]
    entry = AuditEntry.objects.get(action="tip.note")
    assert entry.object_label == f"{tip.number} {ERASED}"
    assert entry.changes["what"] == [None, ERASED]
    assert entry.changes["community"] == [None, cast.c1.pk]
    assert AuditEntry.objects.get(action="update").reason == f"{ERASED}来电更正，电话{ERASED}"
    record = AuditEntry.objects.get(action="tip.erasure")
    assert (record.actor, record.object_id, record.changes["texts"] > 3) == (None, str(tip.pk), True)


def test_twice_changes_nothing_more(cast):
    ended(cast)
    assert [erase(later()), erase(later())] == [1, 0]
    assert AuditEntry.objects.filter(action="tip.erasure").count() == 1


def test_batch_by_batch_and_by_the_minutely_job(cast):
    for _number in range(3):
        ended(cast)
    assert [erase(later(), batch=2), erase(later(), batch=2), erase(later(), batch=2)] == [2, 1, 0]
    ended(cast, moment=timezone.now() - timedelta(days=250))
    sweeps.sweep()
    assert not Tip.objects.exclude(what=ERASED).exists()


@pytest.mark.parametrize(
    ("end", "kept", "gone"),
    [
        # six months by the calendar of Jiuquan, to the moment
        (at(2026, 5, 30, 12), at(2026, 11, 30, 12), at(2026, 11, 30, 12, 1)),
        # the end of a month whose day the sixth month does not have: with all of that month
        (at(2026, 2, 28, 23, 59), at(2026, 8, 28, 12), at(2026, 8, 29, 0, 1)),
        (at(2026, 3, 1, 0), at(2026, 8, 31, 23, 59), at(2026, 9, 1, 0, 1)),
        # a leap day
        (at(2028, 2, 29, 12), at(2028, 8, 29, 11), at(2028, 8, 30, 0, 1)),
        (at(2027, 8, 31, 12), at(2028, 2, 28, 23), at(2028, 3, 1, 0, 1)),
        # half past midnight here is the day before in Greenwich
        (at(2026, 6, 1, 0, 30), at(2026, 12, 1, 0, 29), at(2026, 12, 1, 0, 31)),
    ],
)
def test_months_are_those_of_the_calendar_here(cast, end, kept, gone):
    ended(cast, moment=end)
    assert [erase(kept), erase(gone)] == [0, 1]


def test_the_last_day_of_february_takes_what_ended_by_its_end():
    assert cutoff(6, at(2026, 8, 31, 9)) == at(2026, 3, 1)
    assert cutoff(6, at(2028, 8, 31, 9)) == at(2028, 3, 1)
    assert cutoff(12, at(2028, 2, 29, 9)) == at(2027, 3, 1)


def test_the_district_sets_the_months(cast):
    moment = at(2026, 5, 30, 12)
    ended(cast, moment=moment)
    row = Parameter.objects.get(code=TIP_MONTHS)
    row.value = 12
    row.save()
    assert erase(at(2026, 11, 30, 13)) == 0
    assert erase(at(2027, 5, 31, 0)) == 1


def test_a_case_that_was_reopened_counts_from_its_new_end(cast):
    tip = ended(cast, moment=at(2026, 1, 10))
    TIPPING.apply(tip, "resume", by=cast.officer)
    assert erase(at(2027, 1, 10)) == 0
    ended(cast, Tip.objects.get(), moment=at(2026, 9, 10))
    assert erase(at(2026, 11, 30)) == 0
    assert erase(at(2027, 3, 11)) == 1


def test_what_was_written_after_an_erasure_goes_in_its_turn(cast):
    tip = ended(cast, moment=at(2026, 1, 10))
    assert erase(at(2026, 11, 30)) == 1
    tip = TIPPING.apply(Tip.objects.get(pk=tip.pk), "resume", by=cast.officer, inputs={"note": NOTE})
    ended(cast, tip, moment=at(2026, 12, 10))
    assert erase(at(2027, 5, 1)) == 0
    assert erase(at(2027, 6, 11)) == 1
    assert NOTE not in stored_texts()
    site["tips"].update(Tip.objects.get(), {"person": PERSON}, by=cast.officer)
    assert erase(at(2027, 6, 12)) == 1
    assert PERSON not in stored_texts()


def test_a_declaration_that_would_leave_something_is_refused(monkeypatch):
    with pytest.raises(ImproperlyConfigured, match=r"Tip\.level cannot hold"):
        Erasure(fields=("level",), after=TIP_MONTHS).declared_for(TIPPING)
    with pytest.raises(ImproperlyConfigured, match=r"Tip\.number cannot hold"):
        Erasure(fields=("number",), after=TIP_MONTHS).declared_for(TIPPING)
    monkeypatch.delattr(TipEvent, "erasable")
    with pytest.raises(ImproperlyConfigured, match="TipEvent keeps its texts"):
        Erasure(fields=("what",), after=TIP_MONTHS).declared_for(TIPPING)
