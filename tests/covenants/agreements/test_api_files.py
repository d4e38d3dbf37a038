"""The signed scan and the evidence of deliveries through the API: one mechanism for all owners of files."""

import pytest

from covenants.agreements.workflow import WORKFLOW
from covenants.deliveries.workflow import DELIVERIES
from suzhou_portal.audit.models import AuditEntry
from tests.api.checks import is_problem
from tests.api.conftest import ApiClient
from tests.covenants import made
from tests.files import made as files
from tests.files.test_api import upload


@pytest.fixture
def covenant(cast):
    return made.signed(cast)


@pytest.fixture
def delivery(cast, covenant):
    return made.deliver(cast, covenant.commitments.get(kind="task"), confirmed=False, quantity=1)


def test_the_signed_scan_by_number_or_id(cast, covenant):
    client, address = ApiClient(cast.liaison), f"covenants/{covenant.number}/attachments/"
    first = upload(client, address, files.sent(files.pdf(), "协议.pdf"), key="scan-1")
    assert first.status_code == 201, first.content
    again = upload(client, address, files.sent(files.pdf(), "协议.pdf"), key="scan-1")
    assert (again.json(), again["Idempotency-Replayed"]) == (first.json(), "true")
    for reader in (cast.secretary, cast.officer, cast.district, cast.liaison):
        (row,) = ApiClient(reader).get(f"covenants/{covenant.pk}/attachments/").json()["results"]
        assert (row["owner_type"], row["owner_id"], row["kind"]) == ("covenant", covenant.pk, "document")
        assert row["may_remove"] is (reader == cast.liaison)
    assert AuditEntry.objects.filter(object_type="covenants.covenant", object_id=str(covenant.pk)).exists()


def test_a_draft_has_no_scan_yet_and_strangers_no_covenant(cast, covenant):
    draft = made.negotiating(cast)
    is_problem(
        upload(ApiClient(cast.secretary), f"covenants/{draft.number}/attachments/", files.sent(files.pdf())),
        403,
        "permission_denied",
    )
    address = f"covenants/{covenant.number}/attachments/"
    for stranger in (cast.sibling, cast.other_officer, cast.department):
        is_problem(ApiClient(stranger).get(address), 404, "not_found")
        is_problem(upload(ApiClient(stranger), address, files.sent(files.pdf())), 404, "not_found")
    for reader in (cast.officer, cast.district):  # they see it and sign nothing
        is_problem(upload(ApiClient(reader), address, files.sent(files.pdf())), 403, "permission_denied")
    is_problem(ApiClient(cast.secretary).get("covenants/GJ-1999-000001/attachments/"), 404, "not_found")


def test_evidence_until_the_delivery_is_confirmed(cast, delivery):
    client, address = ApiClient(cast.liaison), f"deliveries/{delivery.pk}/attachments/"
    stored = upload(client, address, files.sent(files.jpeg()), stage="after").json()
    assert (stored["stage"], stored["owner_type"]) == ("after", "delivery")
    is_problem(upload(ApiClient(cast.secretary), address, files.sent(files.jpeg())), 403, "permission_denied")
    is_problem(ApiClient(cast.sibling).get(address), 404, "not_found")
    assert upload(client, address, files.sent(files.pdf(), "清单.pdf")).status_code == 201
    DELIVERIES.apply(delivery, "confirm", by=cast.secretary)
    is_problem(upload(client, address, files.sent(files.jpeg())), 403, "permission_denied")
    is_problem(client.delete(f"attachments/{stored['id']}/"), 403, "permission_denied")
    assert len(ApiClient(cast.secretary).get(address).json()["results"]) == 2


def test_nothing_is_added_after_the_end_but_the_scan(cast, covenant, delivery):
    WORKFLOW.apply(covenant, "ask_end", by=cast.secretary, inputs={"note": "单位撤并"})
    covenant.refresh_from_db()
    WORKFLOW.apply(covenant, "agree_end", by=cast.liaison)
    is_problem(
        upload(ApiClient(cast.liaison), f"deliveries/{delivery.pk}/attachments/", files.sent(files.jpeg())),
        403,
        "permission_denied",
    )
    scan = upload(ApiClient(cast.secretary), f"covenants/{covenant.number}/attachments/", files.sent(files.pdf()))
    assert scan.status_code == 201
    is_problem(ApiClient(cast.secretary).delete(f"attachments/{scan.json()['id']}/"), 403, "permission_denied")
