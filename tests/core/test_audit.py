"""The trail: in the change's transaction, never altered."""

import pytest
from django.apps import apps
from django.db import DatabaseError, connection, transaction

from grids.issues.models import Issue, IssueEvent
from grids.issues.workflow import WORKFLOW
from suzhou_portal.audit import trail
from suzhou_portal.audit.models import AuditEntry
from suzhou_portal.lib.rows import records
from tests import factories as make

pytestmark = pytest.mark.dialect


@pytest.mark.parametrize("statement", ["UPDATE {} SET action = 'x'", "DELETE FROM {}"])
@pytest.mark.parametrize("model", [AuditEntry, IssueEvent])
def test_the_database_refuses_to_change_or_delete(cast, model, statement):
    make.make_issue(cast.secretary, cast.c1, cast.lamp)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement.format(model._meta.db_table))
    assert model.objects.exists()


def test_every_append_only_table_has_its_triggers(cast):
    tables = [model._meta.db_table for model in apps.get_models() if getattr(model, "append_only", False)]
    assert "audit_auditentry" in tables
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname LIKE '%append_only'")
        else:
            cursor.execute("SELECT tbl_name FROM sqlite_master WHERE type = 'trigger' AND name LIKE '%no_delete'")
        found = {row[0] for row in cursor.fetchall()}
    assert set(tables) <= found


def test_a_record_outside_a_transaction_is_refused(transactional_db):
    with pytest.raises(transaction.TransactionManagementError):
        trail.record("x", None, by=None)


def test_a_failing_audit_write_takes_the_change_back(cast, refuse_entries):
    refuse_entries("issue.escalate")
    issue = make.make_issue(cast.secretary, cast.c1, cast.lamp)
    with pytest.raises(DatabaseError, match="refused"):
        WORKFLOW.apply(issue, "escalate", by=cast.secretary, inputs={"note": "解决不了"})
    issue.refresh_from_db()
    assert (issue.level, issue.version) == ("community", 1)
    assert issue.events.count() == 1


def test_entries_tell_before_and_after_and_hide_secrets(cast):
    records.update(cast.c1, {"population": 6000}, by=cast.officer, reason="普查")
    entry = AuditEntry.objects.get(object_type="communities.community", action="update")
    assert entry.changes["population"] == [5000, 6000]
    assert (entry.actor, entry.reason) == (cast.officer, "普查")
    with transaction.atomic():
        trail.record("x", cast.secretary, by=None, changes=trail.diff({}, trail.snapshot(cast.secretary)))
    assert AuditEntry.objects.get(action="x").changes["password"] == [None, "***"]


def test_nothing_changed_writes_nothing(cast):
    records.update(cast.c1, {"population": 5000}, by=cast.officer)
    assert not AuditEntry.objects.exists()
    assert cast.c1.version == 1


def test_a_stale_edit_is_refused_with_the_current_row(cast):
    records.update(cast.c1, {"population": 6000}, by=cast.officer, version=1)
    with pytest.raises(records.StaleVersion) as caught:
        records.update(cast.c1, {"population": 7000}, by=cast.district, version=1)
    assert caught.value.current.population == 6000


def test_issue_numbers_run_without_gaps(cast):
    issues = [make.make_issue(cast.secretary, cast.c1, cast.lamp) for _ in range(3)]
    assert [issue.number[-6:] for issue in issues] == ["000001", "000002", "000003"]
    assert Issue.objects.count() == 3
