"""What the phone page is made of on the server: worker, manifest, offline page, kit, and reports sent twice."""

import json
import re
import uuid

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders

from grids.categories.models import IssueCategory
from grids.issues.models import Issue
from grids.phone import views as field
from suzhou_portal.files.models import Attachment
from tests import factories as make
from tests.files import made

PUBLIC = ("/sw.js", "/manifest.webmanifest", "/offline/")


@pytest.mark.parametrize("path", PUBLIC)
def test_what_the_phone_keeps_is_the_same_for_everybody(cast, client, sign_in, path):
    answers = {client.get(path).content, *(sign_in(user).get(path).content for user in (cast.leader, cast.secretary))}
    assert len(answers) == 1
    text = answers.pop().decode()
    for word in (cast.leader.name, cast.g1.name, cast.c1.name, cast.lamp.name, "csrfmiddlewaretoken"):
        assert word not in text


@pytest.mark.parametrize("path", PUBLIC)
def test_it_comes_before_the_first_change_of_password(cast, sign_in, path):
    cast.leader.must_change_password = True
    cast.leader.save()
    assert sign_in(cast.leader).get(path).status_code == 200


def test_the_worker_is_a_script_for_the_whole_portal_and_always_asked_for_anew(client):
    answer = client.get("/sw.js")
    assert answer["Content-Type"].startswith("text/javascript")
    assert answer["Service-Worker-Allowed"] == "/"
    assert "no-cache" in answer["Cache-Control"]
    assert "default-src 'self'" in answer["Content-Security-Policy"]
    chosen = json.loads(re.search(r"var PORTAL = (\{.*\});", answer.content.decode())[1])
    assert chosen["shell"] == "/offline/"
    for address in (*chosen["assets"], *chosen["scripts"]):
        assert finders.find(address.removeprefix(settings.STATIC_URL)), address
    assert not any("my-grid" in address or "/issues/" in address for address in chosen["assets"])


def test_a_changed_file_is_a_new_version(monkeypatch):
    before = field.worker_settings()["version"]
    assert before == field.worker_settings()["version"]
    monkeypatch.setattr(field, "_content_of", lambda address: b"changed")
    assert field.worker_settings()["version"] != before


def test_the_manifest_names_icons_that_exist(client):
    answer = client.get("/manifest.webmanifest")
    assert answer["Content-Type"] == "application/manifest+json"
    assert (answer.json()["scope"], answer.json()["start_url"]) == ("/", "/")
    for icon in answer.json()["icons"]:
        assert finders.find(icon["src"].removeprefix(settings.STATIC_URL))


def test_the_kit_holds_the_places_of_its_user_and_nobody(cast, sign_in):
    kit = sign_in(cast.leader).get("/api/v1/field-kit/").json()
    assert kit["place"] == cast.g1.code
    assert [place["code"] for place in kit["places"]] == [cast.g1.code, cast.compound.code, cast.building.code]
    assert {row["code"] for row in kit["categories"]} == set(
        IssueCategory.objects.usable().values_list("code", flat=True)
    )
    area = sign_in(cast.area_leader).get("/api/v1/field-kit/").json()
    assert cast.compound.code in {place["code"] for place in area["places"]}
    assert area["place"] == ""
    text = json.dumps([kit, area], ensure_ascii=False)
    assert cast.leader.name not in text
    assert cast.sibling_compound.code not in {place["code"] for place in kit["places"]}


@pytest.mark.parametrize("name", ["field-kit", "field-session"])
def test_kit_and_session_are_for_those_who_report_and_are_never_stored(cast, client, sign_in, name):
    assert client.get(f"/api/v1/{name}/").status_code == 401
    assert sign_in(cast.department).get(f"/api/v1/{name}/").status_code == 403
    answer = sign_in(cast.leader).get(f"/api/v1/{name}/")
    assert "no-store" in answer["Cache-Control"]
    assert answer.json()["user"] == cast.leader.pk


def test_the_kit_takes_the_same_queries_with_ten_and_with_a_hundred_grids(cast, sign_in, django_assert_max_num_queries):
    client = sign_in(cast.leader)
    client.get("/api/v1/field-kit/")
    for number in range(2, 60):
        make.make_grid(cast.g1, number)
    with django_assert_max_num_queries(11):
        assert len(client.get("/api/v1/field-kit/").json()["places"]) == 61


@pytest.mark.parametrize("page", ["/my-grid/", "/my-issues/", "/issues/new/", "detail"])
def test_pages_with_data_are_of_the_session_alone(cast, sign_in, page):
    issue = make.make_issue(cast.leader, cast.building, cast.litter)
    answer = sign_in(cast.leader).get(issue.get_absolute_url() if page == "detail" else page)
    assert "Cookie" in answer["Vary"]
    assert "public" not in answer.get("Cache-Control", "")


def body_of(cast, key, **changes):
    return {
        "place": cast.compound.code,
        "category": cast.lamp.code,
        "description": "路灯不亮",
        "submission_key": key,
        **changes,
    }


def test_the_same_report_sent_twice_is_one_issue_however_late(cast, sign_in):
    client, key = sign_in(cast.leader), str(uuid.uuid4())
    answers = [
        client.post("/api/v1/issues/", body_of(cast, key, **changes), content_type="application/json")
        for changes in ({}, {}, {"description": "路灯不亮，又改了"})
    ]
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["number"] for answer in answers}) == 1
    assert answers[2].json()["description"] == "路灯不亮"
    assert Issue.objects.count() == 1
    stranger = sign_in(cast.secretary).post("/api/v1/issues/", body_of(cast, key), content_type="application/json")
    assert stranger.status_code == 400
    assert Issue.objects.count() == 1


def test_the_same_photo_sent_twice_is_stored_once(cast, sign_in):
    client = sign_in(cast.leader)
    issue = make.make_issue(cast.leader, cast.compound, cast.lamp)
    key = str(uuid.uuid4())
    for _ in range(2):
        file = made.sent(made.jpeg((60, 40)), "灯.jpg")
        answer = client.post(f"/api/v1/issues/{issue.pk}/attachments/", {"file": file, "upload_key": key})
        assert answer.status_code == 201
    assert Attachment.objects.count() == 1


def test_my_issues_are_lines_with_light_and_limit_page_by_page(cast, sign_in, django_assert_max_num_queries):
    client = sign_in(cast.leader)
    for number in range(10):
        make.make_issue(cast.leader, cast.building, cast.litter, f"第{number}件杂物")
    make.make_issue(cast.sibling_leader, cast.sibling_compound, cast.litter, "别处杂物")
    page = client.get("/my-issues/?queue=mine")
    text = page.content.decode()
    assert text.count('class="line"') == 10
    assert "正常" in text
    assert "期限" in text
    assert "别处杂物" not in text
    for number in range(10, 35):
        make.make_issue(cast.leader, cast.building, cast.litter, f"第{number}件杂物")
    with django_assert_max_num_queries(10):
        page = client.get("/my-issues/?queue=mine")
    older = client.get("/my-issues/", {"queue": "mine", "after": page.context["older"]})
    assert (len(page.context["rows"]), len(older.context["rows"])) == (30, 5)
    assert client.get("/my-issues/?queue=mine&after=x").status_code == 400
    assert client.get("/my-issues/?queue=none").context["chosen"].name == "todo"
    assert sign_in(cast.nobody).get("/my-issues/").status_code == 403


def test_area_leaders_have_nothing_to_do_but_what_they_reported(cast, sign_in):
    tabs = [label for label, _url, _active in sign_in(cast.area_leader).get("/my-issues/").context["tabs"]]
    assert tabs == ["我上报的", "在办", "临期", "超期"]
