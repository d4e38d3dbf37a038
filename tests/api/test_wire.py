"""Answers on the wire: compressed for whoever takes them so, and not sent again to whoever has them."""

import gzip
import json
from decimal import Decimal

import pytest
from django.utils.translation import gettext_lazy

from suzhou_portal.lib.api.wire import to_json
from tests import factories as make


@pytest.fixture
def client(cast, sign_in):
    for number in range(2, 14):
        make.make_grid(cast.c1, number)
    return sign_in(cast.secretary)


def test_json_is_compressed_for_whoever_takes_it_so(client):
    plain = client.get("/api/v1/grids/")
    packed = client.get("/api/v1/grids/", headers={"accept-encoding": "gzip, br"})
    assert "Content-Encoding" not in plain
    assert packed["Content-Encoding"] == "gzip"
    assert int(packed["Content-Length"]) == len(packed.content) < len(plain.content) / 2
    assert json.loads(gzip.decompress(packed.content)) == plain.json()
    assert "Accept-Encoding" in plain["Vary"]
    assert "Accept-Encoding" in packed["Vary"]


def test_pages_and_small_answers_are_not_compressed_here(client):
    for path in ("/grids/grids/", "/api/v1/me/"):
        assert "Content-Encoding" not in client.get(path, headers={"accept-encoding": "gzip"})


def test_no_answer_in_json_stays_in_a_cache_on_the_way(cast, client, sign_in):
    for asking in (client, sign_in(cast.secretary)):
        for address in ("/api/v1/issues/", "/api/v1/me/", "/api/v1/none/"):
            assert asking.get(address)["Cache-Control"] == "private, no-store", address


def test_a_row_with_a_version_is_not_sent_twice(cast, client):
    path = f"/api/v1/grids/{cast.g1.code}/"
    first = client.get(path)
    tag = first["ETag"]
    assert tag.startswith(f'"{first.json()["version"]}-')
    again = client.get(path, headers={"if-none-match": tag})
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", tag)
    change = {"version": first.json()["version"], "households": 77}
    assert client.patch(path, change, content_type="application/json").status_code == 200
    fresh = client.get(path, headers={"if-none-match": tag})
    assert (fresh.status_code, fresh.json()["households"]) == (200, 77)
    assert fresh["ETag"] != tag


def test_what_the_reader_may_do_is_part_of_the_tag(cast, sign_in):
    issue = make.make_issue(cast.secretary, cast.building, cast.lamp)
    path = f"/api/v1/issues/{issue.pk}/"
    mine = sign_in(cast.secretary).get(path)
    other = sign_in(cast.leader).get(path, headers={"if-none-match": mine["ETag"]})
    assert other.status_code == 200
    assert other.json()["available_actions"] != mine.json()["available_actions"]


def test_lists_tell_actions_by_name_and_the_row_their_inputs(cast, sign_in):
    client = sign_in(cast.secretary)
    issue = make.make_issue(cast.secretary, cast.building, cast.lamp)
    (row,) = client.get("/api/v1/issues/").json()["results"]
    one = client.get(f"/api/v1/issues/{issue.pk}/").json()
    assert row["available_actions"] == [action["action"] for action in one["available_actions"]]
    assert all(action["inputs"] is not None for action in one["available_actions"])


def test_what_a_case_answers_is_written_as_programs_read_it(cast):
    told = {"cost": Decimal("2.50"), "label": gettext_lazy("Yes"), "kinds": {"b", "a"}, "community": cast.c1}
    assert json.loads(to_json(told)) == {
        "cost": "2.50",
        "label": str(gettext_lazy("Yes")),
        "kinds": ["a", "b"],
        "community": cast.c1.pk,
    }
    with pytest.raises(TypeError):
        to_json({"odd": object()})
