"""The REST endpoint of a register."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from grids.changes.services import change_leader
from grids.places.models import Area, Grid
from streets.organisations.models import Organisation
from suzhou_portal.lib.registers import site
from suzhou_portal.lib.registers.rest import keyset_of, serializer_for
from tests.registers.world import BUSINESS, many

pytestmark = pytest.mark.dialect
ROOT = "/api/v1/"


def send(client, method, path, data):
    return getattr(client, method)(ROOT + path, data, content_type="application/json")


def test_places_are_named_by_code(cast, sign_in):
    row = sign_in(cast.district).get(f"{ROOT}grids/{cast.compound.code}/").json()
    assert (row["street"], row["community"], row["parent"]) == (cast.s1.code, cast.c1.code, cast.g1.code)
    assert (row["kind"], row["leader"], row["version"]) == ("compound", "", 1)


@pytest.mark.parametrize("name", BUSINESS)
def test_lists_answer_in_pages(cast, sign_in, name):
    answer = sign_in(cast.district).get(f"{ROOT}{name}/", {"page_size": 1})
    assert answer.status_code == 200
    page = answer.json()
    assert set(page) == {"next", "previous", "results"}
    seen = [row["id"] for row in page["results"]]
    while page["next"]:
        page = sign_in(cast.district).get(page["next"]).json()
        seen += [row["id"] for row in page["results"]]
    assert sorted(seen) == sorted(site[name].rows(cast.district).values_list("pk", flat=True))


def test_filters_are_those_of_the_page_and_strict(cast, sign_in):
    client = sign_in(cast.district)
    rows = client.get(f"{ROOT}grids/", {"community": cast.c1.code, "kind": "compound"}).json()["results"]
    assert [row["code"] for row in rows] == [cast.compound.code]
    for query in ({"colour": "red"}, {"community": "nonsense"}, {"kind": "nonsense"}, {"has_party_branch": "maybe"}):
        answer = client.get(f"{ROOT}grids/", query)
        assert answer.status_code == 400
        assert set(answer.json()["errors"]) == set(query)


def test_scope(cast, sign_in):
    secretary = sign_in(cast.secretary)
    codes = {row["code"] for row in secretary.get(f"{ROOT}grids/").json()["results"]}
    assert codes == {cast.g1.code, cast.compound.code, cast.building.code}
    assert secretary.get(f"{ROOT}grids/{cast.g2.code}/").status_code == 404
    assert secretary.get(f"{ROOT}grids/", {"community": cast.c2.code}).status_code == 400
    assert send(secretary, "patch", f"communities/{cast.c1.code}/", {"name": "x", "version": 1}).status_code == 403
    assert send(secretary, "patch", f"communities/{cast.c2.code}/", {"name": "x", "version": 1}).status_code == 403
    officer = sign_in(cast.officer)
    assert send(officer, "patch", f"communities/{cast.c3.code}/", {"name": "x", "version": 1}).status_code == 404
    assert send(officer, "patch", f"organisations/{cast.law.code}/", {"name": "x", "version": 1}).status_code == 403
    assert sign_in(cast.auditor).get(f"{ROOT}grids/").status_code == 403


def test_creating(cast, sign_in):
    data = {"community": cast.c1.code, "parent": cast.g1.code, "kind": "compound", "name": "接口小区"}
    answer = send(sign_in(cast.secretary), "post", "grids/", data)
    assert answer.status_code == 201
    row = answer.json()
    assert (row["code"], row["street"]) == (cast.g1.code + "002", cast.s1.code)
    assert Grid.objects.get(name="接口小区").parent == cast.g1


def test_foreign_rows_are_refused_beside_the_field(cast, sign_in):
    client = sign_in(cast.secretary)
    answer = send(client, "post", "grids/", {"community": cast.c2.code, "kind": "resident_group", "name": "闯入"})
    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == ["community"]
    assert not Grid.objects.filter(name="闯入").exists()


def test_a_row_can_not_be_moved_out_of_the_scope(cast, sign_in):
    data = {"street": None, "community": None, "version": 1}
    answer = send(sign_in(cast.officer), "patch", f"organisations/{cast.unit_org.code}/", data)
    assert answer.status_code == 400
    assert "不在您的管辖范围内" in answer.json()["detail"]
    assert Organisation.objects.get(pk=cast.unit_org.pk).community == cast.c1


def test_a_stale_version_is_answered_with_both_states(cast, sign_in):
    client, path = sign_in(cast.district), f"organisations/{cast.law.code}/"
    assert send(client, "patch", path, {"address": "一", "version": 1}).json()["version"] == 2
    answer = send(client, "patch", path, {"address": "二", "version": 1})
    assert answer.status_code == 409
    assert answer.json()["current"]["address"] == "一"
    assert answer.json()["submitted"]["address"] == "二"
    assert "version" in send(client, "patch", path, {"address": "三"}).json()["errors"]


def test_what_is_fixed_at_creation(cast, sign_in):
    client, path = sign_in(cast.district), f"communities/{cast.c1.code}/"
    same = {"code": cast.c1.code, "street": cast.s1.code, "population": 7, "version": 1}
    assert send(client, "patch", path, same).status_code == 200
    answer = send(client, "patch", path, {"street": cast.s2.code, "version": 2})
    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == ["street"]


def test_many_to_many(cast, sign_in):
    client = sign_in(cast.officer)
    row = send(
        client, "patch", f"areas/{cast.area.code}/", {"grids": [cast.g1.code, cast.g2.code], "version": 1}
    ).json()
    assert row["grids"] == [cast.g1.code, cast.g2.code]
    assert Area.objects.get(pk=cast.area.pk).grids.count() == 2
    answer = send(client, "patch", f"areas/{cast.area.code}/", {"grids": [cast.g3.code], "version": 2})
    assert answer.status_code == 400


def test_read_only_registers_take_no_writes(cast, sign_in):
    assert send(sign_in(cast.district), "post", "grid-changes/", {}).status_code == 405


def test_the_same_key_creates_one_row(cast, sign_in):
    client = sign_in(cast.district)
    data = {"code": "K1", "name": "只建一次", "is_unit": True}
    for _ in range(2):
        answer = client.post(
            f"{ROOT}organisations/", data, content_type="application/json", headers={"Idempotency-Key": "k-1"}
        )
        assert answer.status_code == 201
    assert Organisation.objects.filter(name="只建一次").count() == 1


BAD = ["\x00", "x" * 5000, 10**30, -1, 1.5, True, None, [], {}, [{}], ["\x00"], {"a": 1}]


@pytest.mark.parametrize("name", [name for name in BUSINESS if site[name].fields])
def test_bad_input_is_never_an_error_of_ours(cast, sign_in, name):
    register, client = site[name], sign_in(cast.district)
    row = register.rows(cast.district).first()
    for bad in BAD:
        assert send(client, "post", f"{name}/", dict.fromkeys(register.fields, bad)).status_code == 400
        if row is not None:
            path = f"{name}/{getattr(row, register.key)}/"
            assert send(client, "patch", path, {**dict.fromkeys(register.fields, bad), "version": 1}).status_code == 400
            for field in register.fields:
                assert send(client, "patch", path, {field: bad, "version": 1}).status_code in (200, 400, 409)
            assert send(client, "patch", path, {"version": bad}).status_code == 400
    for key in ("%00", "9" * 40, "a b", "½"):
        assert client.get(f"{ROOT}{name}/{key}/").status_code == 404


def test_lists_cost_the_same_queries_for_ten_and_for_a_hundred_rows(cast, sign_in):
    district, security = sign_in(cast.district), sign_in(cast.security)

    def queries():
        found = {}
        for register in site.registers:
            client = district if cast.district.can(register.view_verb) else security
            with CaptureQueriesContext(connection) as captured:
                assert client.get(f"{ROOT}{register.name}/", {"page_size": 200}).status_code == 200
            found[register.name] = len(captured)
        return found

    many(cast, 0, 10)
    queries()
    ten = queries()
    many(cast, 10, 100)
    queries()  # what is kept between requests is there again
    assert queries() == ten
    assert max(ten.values()) <= 9


def test_grid_names_in_answers_follow_a_new_leader(cast, sign_in):
    change_leader(cast.g1, name="赵新", by=cast.secretary)
    client = sign_in(cast.secretary)
    assert client.get(f"{ROOT}grids/{cast.g1.code}/").json()["leader"] == "赵新"
    assert client.get(f"{ROOT}grid-changes/").json()["results"][0]["by"] == cast.secretary.name


def test_lists_of_the_api_stand_in_the_order_of_the_pages(cast):
    """The newest first where the model says so; always a place of its own for each row."""
    assert keyset_of(site["covenants"]) == ("-created_at", "-id")
    assert keyset_of(site["evaluations"]) == ("-submitted_at", "-id")
    assert keyset_of(site["organisations"]) == ("code",)
    assert keyset_of(site["grid-posts"]) == ("id",)  # ordered by another row's code
    for register in site.registers:
        if register.in_api:
            last = keyset_of(register)[-1].removeprefix("-")
            assert register.model._meta.get_field(last).unique, register.name


def test_every_row_answers_the_key_that_names_it_in_addresses():
    for register in site.registers:
        if register.in_api and register.key != "pk":
            assert register.key in serializer_for(register)().fields, register.name


def test_a_row_is_opened_by_what_its_list_answers(cast, sign_in):
    client = sign_in(cast.system)
    for name in ("parameters", "issue-categories"):
        row = client.get(f"/api/v1/{name}/").json()["results"][0]
        assert client.get(f"/api/v1/{name}/{row[site[name].key]}/").json()["id"] == row["id"]
