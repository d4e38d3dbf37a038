"""``/api/v1/issues/``: the contract of the list, of one issue, of reporting and of the actions."""

import uuid
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from communities.directory.models import Community
from grids.issues.models import Issue, IssueEvent
from grids.issues.workflow import WORKFLOW
from streets.organisations.models import Organisation
from suzhou_portal.accounts.models import IdempotentRequest
from suzhou_portal.audit.models import AuditEntry
from suzhou_portal.notices.models import OutboxMessage
from tests import factories as make
from tests.api.checks import is_problem

pytestmark = pytest.mark.dialect
CONTRACT = {
    *("id", "number", "street", "community", "grid", "category", "description", "severity", "level"),
    *("status", "light", "due_at", "created_at", "version", "available_actions", "events"),
}


def report(client, cast, place=None, description="建设路口路灯不亮", **fields):
    body = {"place": (place or cast.c1).code, "category": "0102", "description": description, **fields}
    return client.post("issues/", body)


def actions_of(issue):
    """By name: lists tell the names alone, a single row the inputs, too."""
    return [action if isinstance(action, str) else action["action"] for action in issue["available_actions"]]


# --- reporting ----------------------------------------------------------------------------


def test_place_category_and_description_suffice(cast, api):
    client = api(cast.secretary)
    response = report(client, cast, cast.compound)
    assert response.status_code == 201
    issue = response.json()
    assert set(issue) >= CONTRACT
    stored = Issue.objects.get()
    assert (issue["id"], issue["number"]) == (stored.pk, stored.number)
    assert (issue["street"], issue["community"]) == (cast.s1.code, cast.c1.code)
    assert (issue["grid"], issue["category"]) == (cast.compound.code, "0102")
    assert (issue["status"], issue["level"], issue["light"]) == ("accepted", "community", "normal")
    assert issue["place_name"] == f"{cast.s1} {cast.c1} {cast.compound}"
    assert [event["action"] for event in issue["events"]] == ["report"]
    assert issue["events"][0]["actor"] == cast.secretary.name
    assert response["Location"].endswith(f"/api/v1/issues/{stored.pk}/")
    again = client.get(response["Location"]).json()
    assert client.get(f"issues/{stored.number}/").json() == again
    assert actions_of(again) == actions_of(issue)  # here with the choices of their inputs
    # What other apps add is asked for with the issue alone: a new one has none of it yet.
    assert {**again, "available_actions": issue["available_actions"], "panels": issue["panels"]} == issue
    assert AuditEntry.objects.get(action="issue.report").source == "api"


def test_the_optional_inputs_are_kept(cast, api):
    issue = report(api(cast.secretary), cast, address="北门", severity="major", source="hotline").json()
    assert (issue["address"], issue["severity"], issue["source"]) == ("北门", "major", "hotline")
    assert issue["level"] == "street"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"place": None}, "place"),
        ({"place": ""}, "place"),
        ({"place": 620902}, "place"),
        ({"place": ["620902001002"]}, "place"),
        ({"place": {"code": "x"}}, "place"),
        ({"place": "620902001002\x00"}, "place"),
        ({"place": "6" * 500}, "place"),
        ({"place": "不存在"}, "place"),
        ({"place": "620902009"}, "place"),
        ({"category": "9999"}, "category"),
        ({"category": "01"}, "category"),
        ({"category": 10**30}, "category"),
        ({"category": True}, "category"),
        ({"description": ""}, "description"),
        ({"description": "   "}, "description"),
        ({"description": "坏" * 2001}, "description"),
        ({"description": "坏\x00了"}, "description"),
        ({"description": {"a": 1}}, "description"),
        ({"address": "x" * 101}, "address"),
        ({"severity": "huge"}, "severity"),
        ({"severity": 1}, "severity"),
        ({"source": []}, "source"),
        ({"not_personal": "maybe"}, "not_personal"),
        ({"status": "closed"}, "status"),
        ({"description": "请联系 13812345678"}, "description"),
    ],
)
def test_bad_inputs_are_named_and_nothing_is_stored(cast, api, change, field):
    body = {"place": cast.c1.code, "category": "0102", "description": "路灯不亮", **change}
    answer = is_problem(api(cast.secretary).post("issues/", body), 400, "validation_error")
    flagged = {"not_personal"} if "疑似" in str(answer["errors"]) else set()
    assert set(answer["errors"]) == {field, *flagged}
    assert all(answer["errors"][field])
    assert not Issue.objects.exists()


@pytest.mark.parametrize("field", ["place", "category", "description"])
def test_a_missing_input_is_named(cast, api, field):
    body = {"place": cast.c1.code, "category": "0102", "description": "路灯不亮"}
    del body[field]
    answer = is_problem(api(cast.secretary).post("issues/", body), 400, "validation_error")
    assert list(answer["errors"]) == [field]


def test_a_number_that_is_not_personal_may_be_confirmed(cast, api):
    response = report(api(cast.secretary), cast, description="表箱 13812345678 号漏水", not_personal=True)
    assert response.status_code == 201


def test_a_place_outside_the_scope_is_like_one_that_does_not_exist(cast, api):
    client = api(cast.secretary)
    answers = [
        is_problem(report(client, cast, cast.c2), 400, "validation_error")["errors"],
        is_problem(
            client.post("issues/", {"place": "620902009999", "category": "0102", "description": "x"}),
            400,
            "validation_error",
        )["errors"],
    ]
    assert answers[0] == answers[1]


@pytest.mark.parametrize("name", ["department", "liaison", "auditor", "security", "system", "nobody"])
def test_roles_that_do_not_report_are_refused(cast, api, name):
    is_problem(report(api(getattr(cast, name)), cast), 403, "permission_denied")


def test_anonymous_callers_are_401(cast, api):
    issue = make.make_issue(cast.secretary, cast.c1, cast.lamp)
    for response in (
        api().get("issues/"),
        api().get(f"issues/{issue.pk}/"),
        report(api(), cast),
        api().post(f"issues/{issue.pk}/actions/accept/"),
        api().get("places/"),
    ):
        is_problem(response, 401, "not_authenticated")


# --- idempotency --------------------------------------------------------------------------


def test_the_same_key_and_body_give_the_first_answer(cast, api):
    client = api(cast.secretary)
    body = {"place": cast.c1.code, "category": "0102", "description": "路灯不亮"}
    key = str(uuid.uuid4())
    first = client.post("issues/", body, idempotency_key=key)
    again = client.post("issues/", dict(reversed(body.items())), idempotency_key=key)
    assert (again.status_code, again.json()) == (201, first.json())
    assert again["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first
    assert Issue.objects.count() == 1


def test_the_same_key_with_another_body_or_path_is_422(cast, api):
    client = api(cast.secretary)
    body = {"place": cast.c1.code, "category": "0102", "description": "路灯不亮"}
    number = client.post("issues/", body, idempotency_key="k").json()["number"]
    is_problem(
        client.post("issues/", {**body, "description": "别的"}, idempotency_key="k"), 422, "idempotency_key_reused"
    )
    is_problem(client.post(f"issues/{number}/actions/take/", {}, idempotency_key="k"), 422, "idempotency_key_reused")
    assert Issue.objects.count() == 1


def test_keys_belong_to_their_user_and_failed_requests_do_not_use_them_up(cast, api):
    body = {"place": cast.c1.code, "category": "0102", "description": "路灯不亮"}
    client = api(cast.secretary)
    is_problem(client.post("issues/", {**body, "category": "x"}, idempotency_key="k"), 400, "validation_error")
    assert not IdempotentRequest.objects.exists()
    assert client.post("issues/", body, idempotency_key="k").status_code == 201
    assert api(cast.officer).post("issues/", body, idempotency_key="k").status_code == 201
    assert Issue.objects.count() == 2


@pytest.mark.parametrize("key", ["", " ", "k" * 101, "k k", "ké"])
def test_unusable_keys_are_400(cast, api, key):
    response = api(cast.secretary).post("issues/", {}, idempotency_key=key)
    assert list(is_problem(response, 400, "validation_error")["errors"]) == ["Idempotency-Key"]


def test_a_repeated_action_is_applied_once(cast, api):
    issue = make.make_issue(cast.secretary, cast.c1, cast.lamp)
    client = api(cast.secretary)
    first = client.post(f"issues/{issue.pk}/actions/take/", {"version": 1}, idempotency_key="k")
    again = client.post(f"issues/{issue.pk}/actions/take/", {"version": 1}, idempotency_key="k")
    assert first.status_code == again.status_code == 200
    assert first.json() == again.json()
    assert IssueEvent.objects.filter(action="take").count() == 1


# --- actions ------------------------------------------------------------------------------


def test_the_whole_road_through_the_api(cast, api):
    community, street, department, district = (
        api(user) for user in (cast.secretary, cast.officer, cast.department, cast.district)
    )
    issue = report(community, cast, cast.compound).json()
    url = f"issues/{issue['id']}/actions"

    seen = street.get(f"issues/{issue['id']}/").json()
    dispatch = next(action for action in seen["available_actions"] if action["action"] == "dispatch")
    assert dispatch["label"] == "派办给单位"
    organisation = dispatch["inputs"]["organisation"]
    assert (organisation["type"], organisation["required"]) == ("choice", True)
    assert {"value": "D01", "label": "城管执法队"} in organisation["choices"]
    assert dispatch["inputs"]["note"] == {"label": "要求", "type": "text", "required": False, "choices": None}

    is_problem(department.get(f"issues/{issue['id']}/"), 404, "not_found")
    response = street.post(f"{url}/dispatch/", {"version": seen["version"], "organisation": "D01", "note": "今日处理"})
    assert response.status_code == 200, response.content
    issue = response.json()
    assert (issue["status"], issue["holder"], issue["organisation"]) == ("dispatched", "organisation", "D01")

    (row,) = department.get("issues/?queue=todo").json()["results"]
    assert row["id"] == issue["id"]
    assert set(actions_of(row)) == {"start", "answer", "return", "ask_extension", "ask_suspension"}
    issue = department.post(f"{url}/answer/", {"version": row["version"], "note": "已更换灯泡"}).json()
    assert issue["status"] == "answered"

    issue = community.post(f"{url}/close/", {"version": issue["version"]}).json()
    assert (issue["status"], actions_of(issue)) == ("closed", ["reopen", "visit"])
    assert [(step["action"], step["from"], step["to"]) for step in issue["events"]] == [
        ("report", None, "accepted"),
        ("dispatch", "accepted", "dispatched"),
        ("answer", "dispatched", "answered"),
        ("close", "answered", "closed"),
    ]
    assert issue["events"][1]["sentence"] == "派办给 城管执法队"
    assert issue["events"][1]["note"] == "今日处理"
    figures = {figure["code"]: figure for figure in district.get("figures/").json()}
    rows = district.get(figures["closed"]["rows_url"]).json()["results"]
    assert [row["id"] for row in rows] == [issue["id"]]


def test_an_organisation_may_be_named_by_key_too(cast, api):
    issue = make.make_issue(cast.secretary, cast.c1, cast.lamp)
    for value in (cast.law.pk, str(cast.law.pk)):
        response = api(cast.officer).post(f"issues/{issue.pk}/actions/dispatch/", {"organisation": value})
        assert response.json()["organisation"] == "D01"
        api(cast.officer).post(f"issues/{issue.pk}/actions/recall/")


@pytest.mark.parametrize(
    ("action", "body", "field"),
    [
        ("dispatch", {}, "organisation"),
        ("dispatch", {"organisation": None}, "organisation"),
        ("dispatch", {"organisation": "U02"}, "organisation"),  # exists, in another street
        ("dispatch", {"organisation": "不存在"}, "organisation"),
        ("dispatch", {"organisation": "D01\x00"}, "organisation"),
        ("dispatch", {"organisation": 10**30}, "organisation"),
        ("dispatch", {"organisation": -1}, "organisation"),
        ("dispatch", {"organisation": 1.5}, "organisation"),
        ("dispatch", {"organisation": True}, "organisation"),
        ("dispatch", {"organisation": ["D01"]}, "organisation"),
        ("dispatch", {"organisation": "D01", "note": 5}, "note"),
        ("dispatch", {"organisation": "D01", "note": {"a": 1}}, "note"),
        ("escalate", {}, "note"),
        ("escalate", {"note": "  "}, "note"),
        ("escalate", {"note": "解" * 501}, "note"),
        ("escalate", {"note": "解\x00"}, "note"),
        ("escalate", {"note": "x", "surprise": 1}, "surprise"),
        ("escalate", {"note": "x", "version": "1"}, "version"),
        ("escalate", {"note": "x", "version": 0}, "version"),
        ("escalate", {"note": "x", "version": True}, "version"),
        ("escalate", {"note": "x", "version": 10**30}, "version"),
        ("escalate", {"note": "x", "version": [1]}, "version"),
    ],
)
def test_bad_action_inputs_are_named_and_change_nothing(cast, api, action, body, field):
    issue = make.make_issue(cast.secretary, cast.c1, cast.lamp)
    answer = is_problem(api(cast.secretary).post(f"issues/{issue.pk}/actions/{action}/", body), 400, "validation_error")
    assert list(answer["errors"]) == [field]
    issue.refresh_from_db()
    assert issue.version == 1


def test_a_stale_version_answers_both_states(cast, api):
    issue = make.make_issue(cast.secretary, cast.c1, cast.lamp)
    client = api(cast.secretary)
    client.post(f"issues/{issue.pk}/actions/take/", {"version": 1})
    body = {"version": 1, "note": "已修复"}
    answer = is_problem(client.post(f"issues/{issue.pk}/actions/answer/", body), 409, "stale_version")
    assert answer["current"] == client.get(f"issues/{issue.pk}/").json()
    assert answer["submitted"] == body


def test_an_action_that_the_status_does_not_allow_is_409(cast, api):
    issue = make.make_issue(cast.secretary, cast.c1, cast.lamp)
    answer = is_problem(api(cast.secretary).post(f"issues/{issue.pk}/actions/close/", {}), 409, "action_not_possible")
    assert answer["current"]["status"] == "accepted"


def test_a_lost_race_does_not_show_a_row_that_has_left_the_scope(cast, api):
    issue = make.make_issue(cast.secretary, cast.c1, cast.lamp)
    api(cast.officer).post(f"issues/{issue.pk}/actions/dispatch/", {"organisation": "D01"})
    department = api(cast.department)
    assert department.get(f"issues/{issue.pk}/").json()["version"] == 2
    api(cast.officer).post(f"issues/{issue.pk}/actions/recall/", {})
    is_problem(department.post(f"issues/{issue.pk}/actions/answer/", {"version": 2, "note": "x"}), 404, "not_found")


@pytest.mark.parametrize(
    "name", ["sibling", "other_officer", "sibling_leader", "other_department", "liaison", "nobody"]
)
def test_outside_the_scope_an_issue_does_not_exist(cast, api, name):
    issue = make.make_issue(cast.secretary, cast.compound, cast.lamp)
    client = api(getattr(cast, name))
    status, code = (403, "permission_denied") if name == "nobody" else (404, "not_found")
    for path in (f"issues/{issue.pk}/", f"issues/{issue.number}/"):
        is_problem(client.get(path), status, code)
    is_problem(client.post(f"issues/{issue.pk}/actions/accept/", {}), status, code)
    if name != "nobody":
        assert client.get("issues/").json()["results"] == []
        foreign = is_problem(client.get(f"issues/?community={cast.c1.code}"), 400, "validation_error")
        assert list(foreign["errors"]) == ["community"]


def test_inside_the_scope_without_the_right_an_action_is_403(cast, api):
    issue = make.make_issue(cast.leader, cast.building, cast.lamp)
    for user in (cast.leader, cast.area_leader):
        is_problem(api(user).post(f"issues/{issue.pk}/actions/accept/", {}), 403, "permission_denied")


@pytest.mark.parametrize(
    "path", ["issues/0/", "issues/99999999999999999999999/", "issues/SZ-2026-999999/", "issues/x%00y/", "issues/-1/"]
)
def test_issues_that_do_not_exist_are_404(cast, api, path):
    is_problem(api(cast.district).get(path), 404, "not_found")


def test_unknown_actions_and_methods(cast, api):
    issue = make.make_issue(cast.secretary, cast.c1, cast.lamp)
    client = api(cast.secretary)
    is_problem(client.post(f"issues/{issue.pk}/actions/explode/", {}), 404, "not_found")
    is_problem(client.get(f"issues/{issue.pk}/actions/accept/"), 405, "method_not_allowed")
    is_problem(client.patch(f"issues/{issue.pk}/", {"status": "closed"}), 405, "method_not_allowed")
    is_problem(client.delete(f"issues/{issue.pk}/"), 405, "method_not_allowed")


# --- the list -----------------------------------------------------------------------------


def test_pages_follow_each_other_in_both_directions_without_gap_or_repeat(cast, api):
    made = make.many_issues(cast.secretary, cast.c1, cast.lamp, 7)
    Issue.objects.filter(pk__in=[made[2].pk, made[3].pk]).update(created_at=timezone.now() - timedelta(days=1))
    client = api(cast.secretary)
    page = client.get("issues/?page_size=3").json()
    assert page["previous"] is None
    seen = [row["id"] for row in page["results"]]
    make.make_issue(cast.secretary, cast.c1, cast.lamp, "插进来的")  # newer: shifts nothing
    while page["next"]:
        page = client.get(page["next"]).json()
        seen += [row["id"] for row in page["results"]]
    assert len(seen) == len(set(seen)) == 7
    assert seen == list(Issue.objects.filter(pk__in=seen).order_by("-created_at", "-id").values_list("pk", flat=True))
    back = client.get(page["previous"]).json()
    assert [row["id"] for row in back["results"]] == seen[3:6]
    first = client.get(client.get(back["previous"]).json()["previous"]).json()
    assert [row["description"] for row in first["results"]] == ["插进来的"]


def test_list_rows_carry_the_contract_and_the_actions_of_the_user(cast, api):
    make.make_issue(cast.leader, cast.building, cast.lamp)
    (row,) = api(cast.secretary).get("issues/").json()["results"]
    assert set(row) >= CONTRACT - {"events"}
    one = api(cast.secretary).get(f"issues/{row['id']}/").json()
    assert actions_of(row) == actions_of(one)
    assert {name: row[name] for name in set(row) - {"available_actions"}} == {
        name: one[name] for name in set(row) - {"available_actions"}
    }
    assert actions_of(api(cast.leader).get("issues/").json()["results"][0]) == ["void"]  # until it is accepted
    WORKFLOW.apply(Issue.objects.get(), "accept", by=cast.secretary)
    assert actions_of(api(cast.leader).get("issues/").json()["results"][0]) == []


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("nonsense=1", "nonsense"),
        ("Street=620902001", "Street"),
        ("page=2", "page"),
        ("page_size=0", "page_size"),
        ("page_size=201", "page_size"),
        ("page_size=abc", "page_size"),
        ("page_size=٣", "page_size"),
        ("page_size=", "page_size"),
        ("cursor=", "cursor"),
        ("cursor=abc", "cursor"),
        ("cursor=WyJuIl0:x", "cursor"),
        ("cursor=%00", "cursor"),
        ("status=nonsense", "status"),
        ("light=blue", "light"),
        ("level=x", "level"),
        ("street=1", "street"),
        ("street=%00", "street"),
        ("grid=999999999999999", "grid"),
        ("category=zz", "category"),
        ("organisation=zz", "organisation"),
        ("queue=zz", "queue"),
        ("from=yesterday", "from"),
        ("from=0001-01-01", "from"),
        ("to=9999-12-31", "to"),
        ("from=2026-02-02&to=2026-01-01", "to"),
        ("measure=zz", "measure"),
        ("q=%00", "q"),
    ],
)
def test_bad_queries_are_400_and_name_the_parameter(cast, api, query, field):
    response = api(cast.secretary).get(f"issues/?{query}")
    assert response.status_code == 400, response.content
    assert response["Content-Type"] == "application/problem+json"
    assert list(response.json()["errors"]) == [field]


def test_a_cursor_of_another_list_is_refused(cast, api):
    make.many_issues(cast.secretary, cast.c1, cast.lamp, 3)
    client = api(cast.secretary)
    cursor = client.get("issues/?page_size=1").json()["next"].split("cursor=")[1].split("&")[0]
    assert client.get(f"issues/?cursor={cursor}").status_code == 200
    is_problem(client.get(f"issues/?cursor={cursor[:-3]}abc"), 400, "validation_error")


def test_filters_narrow_by_place_category_status_and_text(cast, api):
    lamp = make.make_issue(cast.secretary, cast.building, cast.lamp, "建设路口路灯不亮")
    litter = make.make_issue(cast.sibling, cast.sibling_compound, cast.litter, "楼道堆放杂物")
    client = api(cast.officer)

    def found(query):
        return {row["id"] for row in client.get(f"issues/?{query}").json()["results"]}

    assert found("") == {lamp.pk, litter.pk}
    assert found(f"street={cast.s1.code}") == {lamp.pk, litter.pk}
    assert found(f"community={cast.c1.code}") == {lamp.pk}
    assert found(f"grid={cast.g1.code}") == {lamp.pk}  # the building lies below
    assert found(f"grid={cast.g2.code}") == {litter.pk}
    assert found("category=0102") == {lamp.pk}
    assert found("category=02") == {litter.pk}
    assert found("status=accepted&status=reported") == {lamp.pk, litter.pk}
    assert found("status=closed") == set()
    assert found("q=路灯") == {lamp.pk}
    assert found(f"q={litter.number}") == {litter.pk}
    assert found("level=grid") == {litter.pk}
    assert found("light=overdue") == set()


def test_a_list_makes_the_same_few_queries_with_10_and_100_rows(cast, api):
    counts = []
    for total in (10, 90):
        make.many_issues(cast.secretary, cast.compound, cast.lamp, total)
        for user in (cast.secretary, cast.officer, cast.district):
            client = api(user)
            client.get("issues/")
            cache.clear()
            with CaptureQueriesContext(connection) as cold:
                assert len(client.get("issues/?page_size=200").json()["results"]) in (10, 100)
            with CaptureQueriesContext(connection) as warm:
                client.get("issues/?page_size=200")
            counts.append((len(cold), len(warm)))
    assert len(set(counts)) == 1, counts
    cold, warm = counts[0]
    assert warm <= 4
    assert cold <= 10


def test_one_issue_and_a_report_make_few_queries(cast, api):
    client = api(cast.secretary)
    report(client, cast)
    with CaptureQueriesContext(connection) as queries:
        assert report(client, cast).status_code == 201
    outbox = OutboxMessage.objects.count()
    assert outbox
    writes = [query["sql"] for query in queries if query["sql"].startswith(("INSERT", "UPDATE"))]
    assert len(writes) <= 7, writes


def test_names_that_came_after_the_kept_ones_are_found(cast, api):
    client = api(cast.district)
    make.make_issue(cast.secretary, cast.c1, cast.lamp)
    client.get("issues/")
    # As another process would: past this one's kept names.
    Community.objects.bulk_create([Community(code="620902001099", name="新社区", street=cast.s1)])
    Organisation.objects.bulk_create([Organisation(code="D99", name="新部门", is_department=True)])
    issue = make.make_issue(cast.officer, Community.objects.get(code="620902001099"), cast.lamp)
    Issue.objects.filter(pk=issue.pk).update(organisation=Organisation.objects.get(code="D99"))
    rows = client.get("issues/").json()["results"]
    assert {(row["community"], row["organisation"]) for row in rows} == {
        (cast.c1.code, None),
        ("620902001099", "D99"),
    }


# --- places -------------------------------------------------------------------------------


def test_places_are_found_by_name_and_initials_in_scope(cast, api):
    found = api(cast.secretary).get("places/?q=d1jmxz").json()
    assert [(place["code"], place["level"]) for place in found] == [(cast.g1.code, "grid")]
    assert found[0]["label"] == f"{cast.s1} {cast.c1} {cast.g1}"
    top = api(cast.officer).get("places/").json()
    assert top[0] == {"code": cast.s1.code, "name": cast.s1.name, "label": cast.s1.name, "level": "street"}
    is_problem(api(cast.department).get("places/"), 403, "permission_denied")
    is_problem(api(cast.secretary).get("places/?x=1"), 400, "unknown_parameter")
    is_problem(api(cast.secretary).get("places/?q=" + "x" * 61), 400, "validation_error")
