"""The loop through the API: the same steps, rights, errors and scope as on the pages."""

import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from covenants.agreements.models import Covenant
from covenants.deliveries.models import Commitment, Delivery
from covenants.evaluation.reference import load_rubrics
from tests.covenants import made


class Api:
    """A program signed in as a user."""

    def __init__(self, client):
        self.client = client

    def get(self, path):
        return self.client.get(f"/api/v1/{path}")

    def post(self, path, body, **headers):
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.post(f"/api/v1/{path}", json.dumps(body), content_type="application/json", headers=headers)


@pytest.fixture
def secretary(cast, sign_in):
    return Api(sign_in(cast.secretary))


@pytest.fixture
def liaison(cast, sign_in):
    return Api(sign_in(cast.liaison))


def terms(**changes):
    return {
        "title": "共建平安小区",
        "begins": str(made.day(0)),
        "ends": str(made.day(90)),
        "items": [
            {"kind": "task", "title": "修路灯", "quantity": 3, "unit": "盏", "due_on": str(made.day(30))},
            {"kind": "funds", "title": "帮扶资金", "amount": "1000.50", "due_on": str(made.day(30))},
        ],
        **changes,
    }


def new(cast, **changes):
    return {"place": cast.c1.code, "organisation": cast.unit_org.code, "terms": terms(), **changes}


def test_the_whole_loop(cast, secretary, liaison):
    load_rubrics()
    answer = secretary.post("covenants/", new(cast))
    assert answer.status_code == 201, answer.content
    body = answer.json()
    path = f"covenants/{body['number']}/"
    assert answer["Location"].endswith(path)
    assert (body["status"], body["community"], body["organisation"]) == ("negotiating", cast.c1.code, "U01")
    assert {act["action"] for act in body["available_actions"]} == {"amend", "drop"}

    draft = liaison.get(path).json()["drafts"][0]
    draft["terms"]["items"][0]["quantity"] = "1"
    body = liaison.post(f"{path}actions/amend/", {"version": 1, "terms": draft["terms"], "note": "一盏够了"}).json()
    assert body["drafts"][0]["items"][0] == {
        "key": draft["terms"]["items"][0]["key"],
        "mark": "changed",
        "edits": [{"label": "数量", "before": "3", "after": "1"}],
    }
    body = secretary.post(f"{path}actions/accept/", {"version": body["version"]}).json()
    assert body["status"] == "agreed"
    assert {"agreement"} == {paper["code"] for paper in secretary.get(f"{path}documents/").json()}
    signing = {"signed_on": str(made.day(0)), "place_signatory": "张书记", "unit_signatory": "李校长"}
    body = secretary.post(f"{path}actions/sign/", signing).json()
    assert body["status"] == "active"
    task, funds = sorted(body["commitments"], key=lambda row: row["kind"], reverse=True)
    assert (task["quantity"], funds["amount"], task["state"]) == ("1.00", "1000.50", "normal")

    delivered = {"on": str(made.day(0)), "quantity": 1, "note": "已修好"}
    answer = liaison.post(f"commitments/{task['id']}/deliveries/", delivered, Idempotency_Key="d1")
    again = liaison.post(f"commitments/{task['id']}/deliveries/", delivered, Idempotency_Key="d1")
    assert (answer.status_code, again.status_code) == (201, 201)
    assert again.json()["id"] == answer.json()["id"]
    paid = {"on": str(made.day(0)), "amount": "1000.50", "note": "已到账"}
    assert liaison.post(f"commitments/{funds['id']}/deliveries/", paid).status_code == 201
    for row in Delivery.objects.all():
        answer = secretary.post(f"deliveries/{row.pk}/actions/confirm/", {"version": 1})
        assert answer.json()["status"] == "confirmed", answer.content
    body = secretary.post(f"{path}actions/begin_evaluation/", {}).json()
    assert body["status"] == "evaluating"
    assert liaison.post(f"{path}actions/evaluate/", {"scores": [30, 30, 20, 20], "comment": "好"}).status_code == 200
    body = secretary.post(f"{path}actions/evaluate/", {"scores": [40, 25, 20, 15]}).json()
    assert (body["status"], body["result"], len(body["evaluations"])) == ("closed", "优秀", 2)
    answer = liaison.post(f"{path}renew/", {"begins": str(made.day(91)), "ends": str(made.day(180))})
    assert (answer.status_code, answer.json()["previous"]) == (201, body["number"])
    assert [event["action"] for event in body["events"]][:4] == ["begin", "amend", "accept", "sign"]


def test_beginning_twice_with_one_key_begins_once(cast, secretary):
    for _ in range(2):
        assert secretary.post("covenants/", new(cast), Idempotency_Key="k").status_code == 201
    assert Covenant.objects.count() == 1
    assert secretary.post("covenants/", new(cast, note="别的"), Idempotency_Key="k").status_code == 422


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"terms": terms(ends="昨天")}, "terms"),
        ({"terms": terms(items=[])}, "terms"),
        ({"terms": terms(items=7)}, "terms"),
        ({"terms": terms(title="a\x00b")}, "terms"),
        ({"terms": terms(items=[{**terms()["items"][0], "key": {"a": 1}}])}, "terms"),
        ({"terms": terms(items=[{**terms()["items"][0], "quantity": "NaN"}])}, "terms"),
        ({"terms": terms(items=[{**terms()["items"][0], "quantity": True}])}, "terms"),
        ({"terms": terms(items=[{**terms()["items"][0], "title": "长" * 200}])}, "terms"),
        ({"terms": "x"}, "terms"),
        ({"terms": terms(purpose="找 13812345678")}, "not_personal"),
        ({"place": "620902009"}, "place"),
        ({"organisation": "U02"}, "organisation"),
        ({"nonsense": 1}, "nonsense"),
    ],
)
def test_bad_drafts_are_refused_in_chinese(cast, secretary, change, field):
    answer = secretary.post("covenants/", new(cast, **change))
    assert answer.status_code == 400, answer.content
    problem = answer.json()
    assert field in problem["errors"]
    assert not Covenant.objects.exists()


@pytest.mark.parametrize("value", [None, "x", 3, [], {"title": 1}, {"items": [[]]}, {**terms(), "begins": 5}])
def test_bad_terms_of_a_step_are_refused(cast, liaison, value):
    covenant = made.negotiating(cast)
    answer = liaison.post(f"covenants/{covenant.number}/actions/amend/", {"terms": value})
    assert answer.status_code == 400, answer.content
    assert "terms" in answer.json()["errors"]


def test_a_stale_version_is_409_with_the_present_state(cast, liaison):
    covenant = made.negotiating(cast)
    path = f"covenants/{covenant.number}/actions/accept/"
    assert liaison.post(path, {"version": covenant.version}).status_code == 200
    answer = liaison.post(path, {"version": covenant.version})
    assert answer.status_code == 409
    assert answer.json()["current"]["status"] == "agreed"


def test_scope_holds_everywhere(cast, sign_in, liaison):
    covenant = made.signed(cast)
    row = Commitment.objects.filter(covenant=covenant, kind="task").get()
    delivery = made.deliver(cast, row, confirmed=False, quantity=1)
    for who in (cast.sibling, cast.other_officer, cast.department):
        api = Api(sign_in(who))
        for path in (f"covenants/{covenant.number}/", f"commitments/{row.pk}/", f"deliveries/{delivery.pk}/"):
            assert api.get(path).status_code == 404
        assert api.post(f"covenants/{covenant.number}/actions/drop/", {"note": "x"}).status_code == 404
        assert api.post(f"deliveries/{delivery.pk}/actions/confirm/", {}).status_code == 404
        for path in ("covenants/", "commitments/", "deliveries/"):
            assert api.get(path).json()["results"] == []
    for who in (cast.officer, cast.district):
        api = Api(sign_in(who))
        assert api.get(f"covenants/{covenant.number}/").status_code == 200
        assert api.post(f"deliveries/{delivery.pk}/actions/confirm/", {}).status_code == 403
        assert api.post(f"commitments/{row.pk}/deliveries/", {}).status_code == 403
    assert liaison.post(f"deliveries/{delivery.pk}/actions/confirm/", {}).status_code == 403


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"on": "明天", "quantity": "1", "note": "x"},
        {"on": str(made.day(1)), "quantity": "1", "note": "x"},
        {"on": str(made.day(0)), "quantity": "-1", "note": "x"},
        {"on": str(made.day(0)), "quantity": "1", "note": "联系 13812345678"},
        {"on": str(made.day(0)), "quantity": "1", "note": "x", "amount": "3"},
        {"on": str(made.day(0)), "quantity": [1], "note": "x"},
    ],
)
def test_bad_deliveries_are_refused(cast, liaison, body):
    covenant = made.signed(cast)
    row = Commitment.objects.get(covenant=covenant, kind="task")
    assert liaison.post(f"commitments/{row.pk}/deliveries/", body).status_code == 400
    assert not Delivery.objects.exists()


def test_filters_select_what_the_figures_count(cast, sign_in, secretary):
    made.signed(cast, made.some_terms(made.task(due=-2), made.task("t2", due=-1, quantity="1"), made.funds(due=20)))
    made.deliver(cast, Commitment.objects.get(key="t2"), quantity=1)

    def found(query):
        rows = secretary.get(f"commitments/?{query}").json()["results"]
        return {Commitment.objects.get(pk=row["id"]).key for row in rows}

    assert found("due=true") == {"t1", "t2"}
    assert found("due=false") == {"f1"}
    assert found("fulfilled=true") == {"t2"}
    assert found("late=true") == {"t1", "t2"}  # done after its day, or not at all
    assert found("kind=funds") == {"f1"}
    assert found("cancelled=true") == set()
    assert found(f"community={cast.c1.code}&due=true&fulfilled=false") == {"t1"}
    assert found(f"organisation={cast.unit_org.code}") == {"t1", "t2", "f1"}
    assert found(f"covenant={Covenant.objects.get().number}") == {"t1", "t2", "f1"}
    assert found(f"from={made.day(-1)}&to={made.day(0)}") == {"t2"}
    rows = Api(sign_in(cast.officer)).get(f"commitments/?street={cast.s1.code}").json()["results"]
    assert len(rows) == 3
    assert secretary.get("commitments/?nonsense=1").status_code == 400
    assert secretary.get(f"commitments/?community={cast.c3.code}").status_code == 400


@pytest.mark.parametrize("path", ["covenants/", "commitments/", "deliveries/"])
def test_a_list_costs_the_same_for_10_and_100(cast, secretary, path):
    def some(count):
        for _ in range(count):
            covenant = made.signed(cast, made.some_terms(made.task()))
            made.deliver(cast, Commitment.objects.get(covenant=covenant), confirmed=False, quantity=1)

    counts = []
    some(3)
    secretary.get(f"{path}?page_size=200")
    for more in (0, 9):
        some(more)
        with CaptureQueriesContext(connection) as queries:
            assert secretary.get(f"{path}?page_size=200").status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 10, counts


def test_the_schema_knows_the_covenants(client):
    schema = client.get("/api/v1/schema/").json()
    for path in ("covenants/", "covenants/{number}/", "covenants/{number}/actions/{action}/", "evaluations/"):
        assert f"/api/v1/{path}" in schema["paths"]


def test_lists_begin_with_the_newest_and_pages_join(cast, liaison):
    numbers = [made.negotiating(cast).number for _ in range(5)]
    first = liaison.get("covenants/?page_size=3").json()
    rest = liaison.get(first["next"].partition("/api/v1/")[2]).json()
    assert [row["number"] for page in (first, rest) for row in page["results"]] == numbers[::-1]
    needs = [made.need(cast).number for _ in range(3)]
    assert [row["number"] for row in liaison.get("needs/").json()["results"]] == needs[::-1]
