"""The dashboard: who sees which place, what stands on it, how dear it is."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests import factories as make


def dashboard(client, place="", **query):
    return client.get("/dashboard/", {**({"place": place} if place else {}), **query})


def test_each_level_opens_with_its_own_place(worked, sign_in):
    titles = {
        worked.district: "肃州区",
        worked.officer: "第1街道",
        worked.secretary: worked.c1.name,
        worked.leader: worked.g1.name,
        worked.area_leader: worked.area.name,
    }
    for user, title in titles.items():
        page = dashboard(sign_in(user)).content.decode()
        assert f"<h1>{title}统计分析</h1>" in page


def test_places_outside_the_scope_do_not_exist(worked, sign_in):
    allowed = {
        worked.district: {"620902", worked.s1.code, worked.c2.code, worked.g3.code},
        worked.officer: {worked.s1.code, worked.c2.code, worked.building.code},
        worked.secretary: {worked.c1.code, worked.g1.code, worked.compound.code},
        worked.leader: {worked.g1.code, worked.building.code},
        worked.area_leader: {worked.g1.code, worked.compound.code},
    }
    every = {"620902", "000000000", "x", "620902001", "9" * 15, "９" * 9}
    every |= {place.code for place in (worked.s1, worked.s2, worked.c1, worked.c2, worked.c3, worked.g1, worked.g2)}
    every |= {place.code for place in (worked.g3, worked.compound, worked.building, worked.sibling_compound)}
    for user, mine in allowed.items():
        client = sign_in(user)
        for code in mine:
            assert dashboard(client, code).status_code == 200, (user, code)
            assert client.get("/api/v1/figures/", {"place": code}).status_code == 200
    strangers = {
        worked.officer: {"620902", worked.s2.code, worked.c3.code, worked.g3.code},
        worked.secretary: {"620902", worked.s1.code, worked.c2.code, worked.g2.code, worked.sibling_compound.code},
        worked.leader: {"620902", worked.s1.code, worked.c1.code, worked.g2.code, worked.sibling_compound.code},
        worked.area_leader: {worked.s1.code, worked.c1.code, worked.g2.code},
        worked.district: {"000000000", "x", "9" * 15, "９" * 9, "620902\x00"},
    }
    for user, foreign in strangers.items():
        client = sign_in(user)
        for code in foreign:
            assert dashboard(client, code).status_code == 404, (user, code)
            assert client.get("/api/v1/figures/", {"place": code}).status_code == 404, (user, code)


@pytest.mark.parametrize("who", ["department", "liaison", "auditor", "security", "system", "nobody"])
def test_roles_without_figures_are_refused(cast, sign_in, who):
    client = sign_in(getattr(cast, who))
    assert client.get("/dashboard/").status_code == 403
    assert client.get("/api/v1/figures/").status_code == 403


def test_nothing_of_a_sibling_shows_in_figures_or_names(worked, sign_in):
    client = sign_in(worked.secretary)
    page = dashboard(client).content.decode()
    assert worked.c2.name not in page
    figures = {row["code"]: row for row in client.get("/api/v1/figures/").json()}
    assert figures["reported"]["numerator"] == 12
    assert figures["overdue"]["numerator"] == 1


def test_the_sentence_and_the_figures_say_what_the_rows_say(worked, sign_in):
    page = dashboard(sign_in(worked.district)).content.decode()
    assert "本月肃州区上报 14 件，办结 6 件" in page
    assert "现在超期在办 1 件，在第1街道" in page
    assert "measure=reported" in page
    assert "queue=overdue" in page
    # How a figure is counted is told once for its block, and of every figure of it.
    blocks = len(re.findall(r'<section class="figure-line"', page))
    assert page.count("<summary>口径") == blocks + 2
    for name in ("按期结案率", "一次办结率", "超期在办数"):
        assert f"<dt>{name}</dt>" in page


def test_small_denominators_show_the_counts_only(worked, sign_in):
    rows = {row["code"]: row for row in sign_in(worked.district).get("/api/v1/figures/").json()}
    assert rows["first_time_rate"]["denominator"] == 6
    assert rows["first_time_rate"]["value"] is None
    page = dashboard(sign_in(worked.district)).content.decode()
    assert "数量较少，不算比率" in page
    assert "100.0%" not in page


@pytest.mark.parametrize(
    ("query", "field", "message"),
    [
        ({"from": "2026-13-01", "to": "2026-01-01"}, "from", "请按 2026-11-22 的样子填写日期。"),
        ({"from": "2026-01-02", "to": "2026-01-01"}, "to", "结束日期不能早于开始日期。"),
        ({"from": "2026-01-02"}, "to", "请把起止日期填全。"),
        ({"from": "2999-01-02", "to": "2999-01-03"}, "from", "开始日期不能晚于今天。"),
        ({"from": "2001-01-02", "to": "2026-01-03"}, "to", "一次最多统计五年。"),
        ({"from": "<b>", "to": "\x00"}, "from", "请按 2026-11-22 的样子填写日期。"),
        ({"period": "week"}, "period", "没有这个统计期。"),
    ],
)
def test_bad_periods_are_answered_beside_the_field_and_keep_what_was_typed(worked, sign_in, query, field, message):
    answer = dashboard(sign_in(worked.district), **query)
    assert answer.status_code == 400
    assert field in answer.context["errors"]
    page = answer.content.decode()
    assert message in page
    assert "<b>" not in page


@pytest.mark.parametrize(
    "query",
    [
        {"period": "2026-11"},
        {"period": "2026-11-02..2026-11-01"},
        {"period": "2026-11-02..x"},
        {"period": "2999-11-02..2999-11-03"},
        {"periode": "2026-11-01..2026-11-02"},
        {"period": "\x00..\x00"},
    ],
)
def test_the_api_refuses_bad_and_unknown_parameters(worked, sign_in, query):
    answer = sign_in(worked.district).get("/api/v1/figures/", query)
    assert answer.status_code == 400
    assert set(answer.json()["errors"]) == set(query)


def test_paging_through_the_rows_of_every_figure_gives_its_numerator(worked, sign_in):
    client = sign_in(worked.secretary)
    today = timezone.localdate()
    answer = client.get("/api/v1/figures/", {"period": f"{today - timedelta(days=40)}..{today + timedelta(days=40)}"})
    for row in answer.json():
        url, found = f"{row['rows_url']}&page_size=5", 0
        while url:
            page = client.get(url)
            assert page.status_code == 200, (url, page.content)
            found += len(page.json()["results"])
            url = page.json()["next"]
        assert found == row["numerator"], row["code"]


def queries(client, path):
    client.get(path)  # names and permissions of a warm process
    with CaptureQueriesContext(connection) as seen:
        assert client.get(path).status_code == 200
    return [query["sql"] for query in seen]


@pytest.mark.parametrize("who", ["district", "officer", "secretary", "leader"])
def test_dashboards_cost_the_same_few_queries_whatever_the_rows(cast, sign_in, who):
    client = sign_in(getattr(cast, who))
    few = queries(client, "/dashboard/")
    make.many_issues(cast.secretary, cast.building, cast.lamp, 30)
    make.many_issues(cast.secretary, cast.c1, cast.litter, 10)
    many = queries(client, "/dashboard/")
    assert len(few) == len(many), "\n".join(sql[:300] for sql in many)
    assert len(many) <= 8, "\n".join(sql[:300] for sql in many)
