"""Append-only rows may lose personal data, and nothing else: on both databases, texts and JSON alike."""

import json

import pytest
from django.db import DatabaseError, connection, transaction

from grids.changes import services as grid_changes
from grids.issues.models import IssueEvent
from grids.issues.workflow import WORKFLOW
from grids.places.models import GridChange
from suzhou_portal.audit import trail
from suzhou_portal.audit.models import AuditEntry
from suzhou_portal.audit.trail import ERASED
from tests import factories as make

pytestmark = pytest.mark.dialect
NOTE = r"找张三，100% 属实_[a]*?\ 电话13800001234"
CHANGES = {
    "description": [None, f'张三说："{NOTE}"'],
    "status": ["reported", "closed"],
    "count": 3,
    "list": [1.5, True],
}


@pytest.fixture
def event(cast):
    issue = make.make_issue(cast.secretary, cast.c1, cast.lamp)
    WORKFLOW.apply(issue, "take", by=cast.secretary, inputs={"note": NOTE, "not_personal": "on"})
    return issue.events.get(action="take")


@pytest.fixture
def entry(cast):
    return trail.record("x", cast.c1, by=cast.secretary, changes=CHANGES, reason=NOTE)


def refused(row, **values):
    """The change raises and leaves the row as it was."""
    before = type(row).objects.filter(pk=row.pk).values().get()
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        type(row).objects.filter(pk=row.pk).update(**values)
    return type(row).objects.filter(pk=row.pk).values().get() == before


def test_parts_of_a_text_may_be_erased(event):
    for note in (NOTE.replace("张三", ERASED), NOTE.replace("张三", ERASED).replace("13800001234", ERASED), ERASED):
        assert IssueEvent.objects.filter(pk=event.pk).update(note=note) == 1
        event.refresh_from_db()
        assert event.note == note


@pytest.mark.parametrize(
    "note",
    [
        "",
        "改过",
        NOTE,  # nothing erased: no reason to write
        NOTE[:-1],
        f"{NOTE}{ERASED}！",
        f"{ERASED}我从没说过",
        f"李四{ERASED}",
        NOTE.replace("张三", "李四"),
        NOTE.replace("张三", ERASED).replace("100", "900"),
        NOTE.replace("张三", ERASED).replace("%", "*"),
        NOTE.replace("张三", ERASED).replace("_", "x"),
        NOTE.replace("张三", ERASED).replace("[a]", "a"),
        NOTE.replace("张三", ERASED).replace("\\", ""),
        NOTE.replace("张三", "〔已清除"),
    ],
)
def test_nothing_may_be_put_in(event, note):
    assert refused(event, note=note)


def test_nothing_else_may_change_with_it(event, entry, cast):
    erased = NOTE.replace("张三", ERASED)
    for values in ({"action": "void"}, {"actor": cast.officer}, {"to_status": "void"}, {"organisation": cast.law}):
        assert refused(event, note=erased, **values)
        assert refused(event, **values)
    for values in ({"action": "y"}, {"actor": None}, {"object_id": "7"}, {"source": "job"}, {"request_id": "r"}):
        assert refused(entry, reason=erased, **values)


def test_json_may_lose_texts_and_nothing_else(entry):
    clean = trail.cleaned(CHANGES, lambda text: text.replace("张三", ERASED))
    assert clean != CHANGES
    for bad in (
        {},
        {**clean, "status": ["reported", "void"]},
        {**clean, "count": 4},
        {**clean, "more": "x"},
        {**clean, "description": [None, f"{ERASED}我从没说过"]},
        {"forged": ERASED},
        CHANGES,
    ):
        assert refused(entry, changes=bad)
    assert AuditEntry.objects.filter(pk=entry.pk).update(changes=clean, reason=NOTE.replace("张三", ERASED)) == 1
    entry.refresh_from_db()
    assert entry.changes == clean


def test_null_is_no_erasure(entry):
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE audit_auditentry SET reason = NULL WHERE id = %s", [entry.pk])
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE audit_auditentry SET changes = %s WHERE id = %s", [json.dumps(None), entry.pk])


def test_rows_are_never_deleted(event, entry):
    for row in (event, entry):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            type(row).objects.filter(pk=row.pk).delete()


def test_a_table_that_names_nothing_erasable_stays_as_it_is(cast):
    grid_changes.change_leader(cast.compound, name="张三", reason="换届", by=cast.secretary)
    change = GridChange.objects.get()
    assert refused(change, reason=ERASED)


def test_the_trail_erases_label_reason_and_changes(cast, entry):
    assert trail.erase(AuditEntry.objects.filter(pk=entry.pk), lambda text: text.replace("张三", ERASED)) == 1
    entry.refresh_from_db()
    assert "张三" not in f"{entry.reason}{entry.changes}"
    assert entry.changes["status"] == ["reported", "closed"]
    assert trail.erase(AuditEntry.objects.filter(pk=entry.pk), lambda text: text.replace("张三", ERASED)) == 0


def test_a_reason_that_grows_over_its_length_is_cut_at_a_mark(cast):
    full = trail.record("x", cast.c1, by=None, reason="张三" * 250)
    assert trail.erase(AuditEntry.objects.filter(pk=full.pk), lambda text: text.replace("张三", ERASED)) == 1
    full.refresh_from_db()
    assert len(full.reason) <= 500
    assert set(full.reason) == set(ERASED)
