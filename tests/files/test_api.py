"""``/api/v1/issues/<id>/attachments/`` and ``/api/v1/attachments/``."""

import pytest

from grids.issues.parameters import ISSUE_FILES
from grids.issues.workflow import WORKFLOW
from suzhou_portal.files.models import Attachment
from tests import factories as make
from tests.api.checks import is_problem
from tests.api.conftest import ApiClient
from tests.files import made
from tests.files.test_preparing import set_parameter


@pytest.fixture
def api():
    return ApiClient


def upload(client, address, file, /, key=None, **values):
    headers = {**client.headers, **({"idempotency-key": key} if key else {})}
    return client.client.post(f"/api/v1/{address}", {"file": file, **values}, headers=headers)


@pytest.fixture
def address(issue):
    return f"issues/{issue.pk}/attachments/"


def test_upload_list_look_download_delete(cast, api, issue, address):
    client = api(cast.secretary)
    answer = upload(client, address, made.sent(made.telling_jpeg(), "楼道.jpg"), stage="before", has_personal="true")
    assert answer.status_code == 201, answer.content
    body = answer.json()
    assert (body["kind"], body["stage"], body["has_personal"], body["name"]) == ("photo", "before", True, "楼道.jpg")
    assert (body["owner_type"], body["owner_id"], body["width"], body["height"]) == ("issue", issue.pk, 300, 400)
    assert answer["Location"].endswith(f"/api/v1/attachments/{body['id']}/")
    assert client.get(f"issues/{issue.number}/attachments/").json() == {
        "next": None,
        "previous": None,
        "results": [body],
    }
    assert client.get(f"attachments/{body['id']}/").json() == body
    file = client.get(body["url"])
    assert (file["Content-Type"], len(b"".join(file.streaming_content))) == ("image/jpeg", body["size"])
    assert client.get(body["thumbnail_url"])["Content-Type"] == "image/jpeg"
    assert body["may_remove"]
    assert client.delete(f"attachments/{body['id']}/").status_code == 204
    is_problem(client.get(f"attachments/{body['id']}/"), 404, "not_found")
    assert client.get(address).json()["results"] == []


def test_the_same_key_stores_once_and_another_body_is_refused(cast, api, address):
    client = api(cast.secretary)
    first = upload(client, address, made.sent(made.jpeg()), key="k1")
    again = upload(client, address, made.sent(made.jpeg()), key="k1")
    assert (again.status_code, again.json()) == (201, first.json())
    assert again["Idempotency-Replayed"] == "true"
    is_problem(upload(client, address, made.sent(made.jpeg((50, 50))), key="k1"), 422, "idempotency_key_reused")
    is_problem(upload(client, address, made.sent(made.jpeg()), key="k1", stage="after"), 422, "idempotency_key_reused")
    assert Attachment.objects.count() == 1


def test_refusals_are_problems_in_chinese(cast, api, issue, address, settings):
    client = api(cast.secretary)
    body = is_problem(upload(client, address, made.sent(b"<svg/>", "a.jpg")), 400, "file_refused")
    assert "可上传照片" in body["detail"]
    assert body["errors"] == {"file": [body["detail"]]}
    is_problem(upload(client, address, ""), 400, "validation_error")
    is_problem(upload(client, address, made.sent(made.jpeg()), stage="later"), 400, "validation_error")
    errors = is_problem(upload(client, address, made.sent(made.jpeg()), nonsense="1"), 400, "validation_error")[
        "errors"
    ]
    assert list(errors) == ["nonsense"]
    assert "multipart/form-data" in is_problem(client.post(address, {}), 415, "unsupported_media_type")["detail"]
    settings.FILE_HARD_LIMIT = 1000
    is_problem(upload(client, address, made.sent(made.jpeg((2000, 2000)))), 413, "too_large")
    settings.FILE_HARD_LIMIT = 10**7
    settings.VIRUS_SCANNER = "no.such.scanner"
    is_problem(upload(client, address, made.sent(made.jpeg())), 503, "scanner_unavailable")
    settings.VIRUS_SCANNER = ""
    set_parameter(ISSUE_FILES, 0)
    is_problem(upload(client, address, made.sent(made.jpeg())), 409, "quota_exceeded")
    assert not Attachment.objects.exists()


def test_a_failed_upload_may_use_its_key_again(cast, api, address):
    client = api(cast.secretary)
    is_problem(upload(client, address, made.sent(b"<svg/>"), key="k1"), 400, "file_refused")
    assert upload(client, address, made.sent(made.jpeg()), key="k1").status_code == 201


def test_scope_and_rights(cast, api, issue, address):
    attachment = make.make_attachment(issue, cast.secretary)
    one = f"attachments/{attachment.pk}/"
    addresses = (address, one, f"{one}download/", f"{one}thumbnail/")
    for user in (cast.sibling, cast.other_officer, cast.department, cast.sibling_leader):
        for path in addresses:
            is_problem(api(user).get(path), 404, "not_found")
        is_problem(upload(api(user), address, made.sent(made.jpeg())), 404, "not_found")
        is_problem(api(user).delete(one), 404, "not_found")
    for user in (cast.auditor, cast.nobody):
        for path in addresses:
            is_problem(api(user).get(path), 403, "permission_denied")
    is_problem(api(cast.officer).delete(one), 403, "permission_denied")
    WORKFLOW.apply(issue, "void", by=cast.secretary, inputs={"note": "误报"})
    is_problem(upload(api(cast.secretary), address, made.sent(made.jpeg())), 403, "permission_denied")
    is_problem(api(cast.secretary).delete(one), 403, "permission_denied")
    is_problem(api().get(one), 401, "not_authenticated")


@pytest.mark.parametrize("key", ["9" * 40, "٣", "-1", "x", "1e3"])
def test_keys_that_are_none_do_not_exist(cast, api, key):
    for path in (f"attachments/{key}/", f"attachments/{key}/download/", f"issues/{key}/attachments/"):
        is_problem(api(cast.district).get(path), 404, "not_found")


def test_unknown_parameters_are_refused(cast, api, address):
    is_problem(api(cast.secretary).get(f"{address}?page=2"), 400, "unknown_parameter")
