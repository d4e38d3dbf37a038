"""Nobody alters the trail: not through the ORM, not through SQL, not in a transaction of their own."""

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import TransactionTestCase

from suzhou_portal.accounts.models import Assignment
from suzhou_portal.audit import trail
from suzhou_portal.audit.models import AuditEntry
from suzhou_portal.lib.rows import records
from tests import factories as make

pytestmark = pytest.mark.dialect


def an_entry():
    with transaction.atomic():
        return trail.record("create", None, by=None, reason="原样")


class CommittedTrail(TransactionTestCase):
    """Against committed rows, as in production."""

    def assert_refused(self, change):
        entry = an_entry()
        with pytest.raises(DatabaseError), transaction.atomic():
            change(entry)
        assert list(AuditEntry.objects.values_list("pk", "reason")) == [(entry.pk, "原样")]

    def test_save(self):
        def change(entry):
            entry.reason = "改过"
            entry.save()

        self.assert_refused(change)

    def test_queryset_update(self):
        self.assert_refused(lambda entry: AuditEntry.objects.filter(pk=entry.pk).update(reason="改过"))

    def test_bulk_update(self):
        def change(entry):
            entry.reason = "改过"
            AuditEntry.objects.bulk_update([entry], ["reason"])

        self.assert_refused(change)

    def test_delete(self):
        self.assert_refused(lambda entry: entry.delete())

    def test_queryset_delete(self):
        self.assert_refused(lambda entry: AuditEntry.objects.all().delete())

    def test_raw_sql(self):
        for statement in (
            "UPDATE audit_auditentry SET reason = '改过'",
            "UPDATE audit_auditentry SET at = at",
            "DELETE FROM audit_auditentry",
        ):

            def change(entry, statement=statement):
                with connection.cursor() as cursor:
                    cursor.execute(statement)

            with self.subTest(statement):
                entry = an_entry()
                with pytest.raises(DatabaseError), transaction.atomic():
                    change(entry)
                assert set(AuditEntry.objects.values_list("reason", flat=True)) == {"原样"}

    def test_outside_any_transaction(self):
        entry = an_entry()
        with pytest.raises(DatabaseError):
            AuditEntry.objects.filter(pk=entry.pk).update(reason="改过")
        entry.refresh_from_db()
        assert entry.reason == "原样"


@pytest.mark.django_db(transaction=True)
def test_a_failing_audit_write_takes_an_assignment_back():
    """The actor of the entry does not exist: the database refuses it, and the post is not given either."""
    holder, ghost = make.make_user("holder"), make.make_user("ghost")
    ghost.delete()
    ghost.pk = 10**9
    with pytest.raises(DatabaseError):
        records.create(Assignment(user=holder, role="auditor"), by=ghost)
    assert not Assignment.objects.exists()
    assert not AuditEntry.objects.exists()
