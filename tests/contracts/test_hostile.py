"""What a hostile user tries and must not get: names out of scope, errors 500, more attempts, bombs."""

import io
import json
import threading

import pytest
import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.test import Client

from suzhou_portal.accounts.models import SavedFilter
from suzhou_portal.audit.models import AuditEntry
from suzhou_portal.lib.documents import sheets as spreadsheets
from tests import factories as make

pytestmark = pytest.mark.dialect
TOKENS = "/api/v1/tokens/"


def post(client, address, data, **headers):
    body = data if isinstance(data, str) else json.dumps(data)
    return client.post(address, body, content_type="application/json", headers=headers)


def cursor_of(client, address):
    return client.get(address).json()["next"].split("cursor=")[1].split("&")[0].replace("%3A", ":")


# --- scope --------------------------------------------------------------------------------------


def test_the_desk_names_no_organisation_outside_the_directory(cast, sign_in):
    make.make_organisation("U09", "绝密甲中学", is_unit=True, street=cast.s2, community=cast.c3)
    assert "绝密甲中学" in sign_in(cast.other_officer).get("/issues/?organisation=U09").content.decode()
    assert "绝密甲中学" not in sign_in(cast.secretary).get("/issues/?organisation=U09").content.decode()


# --- never a 500 --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["grid-posts", "issues", "grids", "areas"])
def test_a_cursor_of_another_list_is_refused(cast, sign_in, name):
    client = sign_in(cast.district)
    address = "/api/v1/organisations/"
    cursor = cursor_of(client, f"{address}?page_size=1")
    assert client.get(address, {"cursor": cursor}).status_code == 200
    answer = client.get(f"/api/v1/{name}/", {"cursor": cursor})
    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == ["cursor"]


def test_the_trail_begins_anew_at_a_position_of_another_list(cast, sign_in):
    cursor = cursor_of(sign_in(cast.district), "/api/v1/organisations/?page_size=1")
    assert sign_in(cast.auditor).get("/audit/", {"before": cursor}).status_code == 200


@pytest.mark.parametrize(("inner", "depth"), [("[{}]", 300), ('{{"a":{}}}', 300), ("[{}]", 210)])
def test_deep_bodies_are_refused(cast, sign_in, inner, depth):
    body = "1"
    for _ in range(depth):
        body = inner.format(body)
    client = sign_in(cast.secretary)
    for headers in ({}, {"Idempotency-Key": "deep"}):
        answer = post(client, "/api/v1/issues/", f'{{"place": {body}}}', **headers)
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid_json")


def test_wide_bodies_are_read(cast, sign_in):
    answer = post(sign_in(cast.secretary), "/api/v1/issues/", {"place": [[]] * 1000}, **{"Idempotency-Key": "wide"})
    assert "place" in answer.json()["errors"]


@pytest.mark.parametrize("key", ["9" * 5000, "9" * 19, "٣", "²", "-1", "1e3"])
def test_keys_that_are_none_do_not_exist(cast, sign_in, key):
    for address in (f"/grids/grid-posts/{key}/", f"/api/v1/grid-posts/{key}/"):
        assert sign_in(cast.district).get(address).status_code == 404


def test_a_filter_saved_twice_at_once_is_saved_once(live_cast, sign_in, on_postgresql):
    client = sign_in(live_cast.secretary)
    answers = []

    def save():
        answers.append(client.post("/issues/filters/", {"name": "超期", "query": "queue=overdue"}).status_code)
        connection.close()

    other = threading.Thread(target=save)
    with transaction.atomic():
        SavedFilter.objects.create(user=live_cast.secretary, page="issues", name="超期", query="")
        other.start()
        other.join(2)  # it has seen no such name, and waits for this transaction at the index
    other.join(20)
    assert answers == [302]
    assert SavedFilter.objects.count() == 1


# --- guessing passwords ---------------------------------------------------------------------------


def test_failed_sign_ins_of_programs_are_on_record(cast):
    for _ in range(6):
        post(Client(), TOKENS, {"username": cast.secretary.username, "password": "wrong"})
    entries = AuditEntry.objects.filter(object_type="accounts.user", object_id=str(cast.secretary.pk)).order_by("pk")
    assert list(entries.values_list("action", "source")) == [
        *[("sign_in_failed", "api")] * 4,
        ("sign_in_locked", "api"),
    ]


def test_a_wrong_current_password_is_on_record(cast, sign_in):
    assert sign_in(cast.secretary).post("/me/tokens/", {"current": "wrong"}).status_code == 400
    entry = AuditEntry.objects.get(action="sign_in_failed")
    assert entry.object_id == str(cast.secretary.pk)


# --- files ------------------------------------------------------------------------------------------


def test_a_small_file_that_unfolds_is_refused():
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer)
    sheet = book.add_worksheet()
    for row in range(1000):  # one shared text of five thousand characters, in every cell
        sheet.write(row, 0, "名" * 5000)
    book.close()
    assert len(buffer.getvalue()) < 100_000
    with pytest.raises(spreadsheets.BadFile, match="文字过多"):
        spreadsheets.read_sheet(SimpleUploadedFile("a.xlsx", buffer.getvalue()))


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@A1", "＝1+1", "＠SUM(A1)", "\t=1", "\r=1"])
def test_no_cell_of_a_csv_file_computes(text):
    line = b"".join(spreadsheets.write_csv([[text, "甲"]])).decode("utf-8-sig")
    assert line.lstrip('"').startswith("'")
