"""覆盖情况: figures, work lists, one-click mending; a figure has the rows of its list; scope; constant queries."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grids.coverage.figures import COVERAGE
from grids.coverage.services import ASPECTS, aspects, grids_in, shares
from grids.five_ones.models import FiveOne, FiveOneRecord
from grids.places.models import Grid, GridPost
from tests import factories as make
from tests.grids.grid_page.test_grid_page import build, lead, text_of

GAPS = "/grids/coverage/gaps/"
MEND = "/grids/coverage/mend/"


@pytest.fixture
def slots(cast):
    return [make.saved(FiveOne(code=str(n), name=f"一项{n}", position=n, starts=make.LONG_AGO)) for n in (1, 2)]


def share(user, place, code):
    found = {row.aspect.code: row for row in shares(grids_in(user, place), aspects())[None]}
    return (found[code].met, found[code].asked)


def rows_of(client, **query):
    html = client.get(GAPS, query).content.decode()
    return re.findall(r'<tr id="g(\d+)">', html), html


def test_a_leader_counts_while_in_office(cast, sign_in):
    assert share(cast.secretary, cast.c1, "leader") == (0, 3)
    lead(cast.g1, "王秀兰", cast.secretary)
    assert share(cast.secretary, cast.c1, "leader") == (1, 3)
    GridPost.objects.update(ends=timezone.localdate())
    assert share(cast.secretary, cast.c1, "leader") == (0, 3)


def test_a_chat_above_serves_the_buildings_below(cast):
    make.make_grid(cast.compound, 2)
    assert share(cast.secretary, cast.c1, "chat") == (0, 2)
    Grid.objects.filter(pk=cast.building.pk).update(group_chats=1)
    assert share(cast.secretary, cast.c1, "chat") == (1, 2)
    Grid.objects.filter(pk=cast.g1.pk).update(group_chats=1)
    assert share(cast.secretary, cast.c1, "chat") == (2, 2)


def test_branches_are_asked_of_groups_and_party_groups_of_buildings(cast):
    Grid.objects.filter(pk=cast.g1.pk).update(has_party_branch=True)
    assert share(cast.secretary, cast.c1, "branch") == (1, 1)
    assert share(cast.secretary, cast.c1, "group") == (0, 1)


def test_all_slots_must_be_built(cast, slots):
    assert share(cast.secretary, cast.c1, "five") == (0, 1)
    first = build(cast.g1, slots[0])
    second = build(cast.g1, slots[1], state=FiveOneRecord.State.UNDER_WAY)
    assert share(cast.secretary, cast.c1, "five") == (0, 1)
    FiveOneRecord.objects.filter(pk=second.pk).update(state="built")
    assert share(cast.secretary, cast.c1, "five") == (1, 1)
    FiveOneRecord.objects.filter(pk=first.pk).delete()
    slots[0].ends = timezone.localdate()  # no longer asked for
    slots[0].save()
    assert share(cast.secretary, cast.c1, "five") == (1, 1)


def test_the_aspects_are_those_that_lists_filter_by(cast):
    assert list(dict(ASPECTS)) == list(aspects())


def test_ended_grids_are_no_gaps(cast):
    Grid.objects.filter(pk=cast.building.pk).update(ends=timezone.localdate())
    assert share(cast.secretary, cast.c1, "leader") == (0, 2)


def test_the_overview_goes_from_the_district_down(cast, sign_in):
    lead(cast.g1, "王秀兰", cast.secretary)
    district = text_of(sign_in(cast.district).get("/grids/coverage/"))
    assert "第1街道 1 / 5 缺 4" in district
    street = text_of(sign_in(cast.district).get(f"/grids/coverage/?place={cast.s1.code}"))
    assert f"{cast.c1} 1 / 3 缺 2" in street
    community = text_of(sign_in(cast.secretary).get("/grids/coverage/"))
    assert f"{cast.c1}覆盖情况" in community
    assert f"{cast.g1} 1 / 3 缺 2" in community


def test_a_list_has_as_many_rows_as_the_figure_has_gaps(cast, slots, sign_in):
    lead(cast.g1, "王秀兰", cast.secretary)
    for user, place in ((cast.secretary, cast.c1), (cast.officer, cast.s1), (cast.leader, cast.g1)):
        for row in shares(grids_in(user, place), aspects())[None]:
            codes, _html = rows_of(sign_in(user), missing=row.aspect.code, place=place.code)
            assert len(codes) == row.gaps, row


def test_the_figures_of_the_dashboard_are_the_same_and_open_their_rows(cast, slots, sign_in):
    lead(cast.g1, "王秀兰", cast.secretary)
    lead(cast.building, "李建国", cast.secretary)
    Grid.objects.filter(pk=cast.g1.pk).update(group_chats=1, has_party_branch=True)
    for user, place in ((cast.secretary, cast.c1), (cast.officer, cast.s1), (cast.leader, cast.g1)):
        client = sign_in(user)
        answer = client.get(f"/api/v1/figures/?place={place.code}").json()
        figures = {row["code"]: row for row in answer if row["code"].endswith("_coverage")}
        assert len(figures) == 5
        for code, _name, aspect, _definition in COVERAGE:
            met, asked = share(user, place, aspect)
            assert (figures[code]["numerator"], figures[code]["denominator"]) == (met, asked), (code, place)
            rows = client.get(figures[code]["rows_url"]).json()["results"]
            assert len(rows) == met


def test_one_click_mends_and_returns_to_the_list(cast, slots, sign_in):
    client = sign_in(cast.secretary)
    here = f"{GAPS}?missing=branch&place={cast.c1.code}&page=1"
    done = client.post(MEND, {"what": "branch", "grid": cast.g1.code, "next": here})
    assert done.url == here
    assert "已登记" in client.get(here).content.decode()
    assert rows_of(client, missing="branch", place=cast.c1.code)[0] == []
    client.post(MEND, {"what": "chat", "grid": cast.building.code, "number": "2"})
    assert Grid.objects.get(pk=cast.building.pk).group_chats == 2
    for slot in slots:
        client.post(MEND, {"what": "slot", "grid": cast.g1.code, "slot": slot.code})
    assert share(cast.secretary, cast.c1, "five") == (1, 1)
    record = cast.g1.five_ones.first()
    assert (record.state, record.since) == ("built", timezone.localdate())
    client.post(MEND, {"what": "slot", "grid": cast.g1.code, "slot": slots[0].code})  # pressed twice
    assert cast.g1.five_ones.count() == 2


def test_what_needs_a_form_links_to_it_with_the_way_back(cast, slots, sign_in):
    _codes, html = rows_of(sign_in(cast.secretary), missing="leader")
    assert f"/grids/grids/{cast.g1.code}/leader/?next=%2Fgrids%2Fcoverage%2Fgaps%2F" in html
    _codes, html = rows_of(sign_in(cast.secretary), missing="five")
    assert f"/grids/grids/{cast.g1.code}/five-ones/1/?next=" in html


@pytest.mark.parametrize(
    ("data", "status"),
    [
        ({"what": "chat", "number": "51"}, 302),
        ({"what": "chat", "number": "0"}, 302),
        ({"what": "slot", "slot": "9"}, 404),
        ({"what": "slot", "slot": "\x00"}, 404),
        ({"what": "slot"}, 404),
        ({"what": "households"}, 404),
        ({"what": "branch", "grid": "\x00"}, 404),
        ({"what": "branch", "grid": "9" * 30}, 404),
        ({"what": "branch", "next": "//elsewhere.example/"}, 302),
    ],
)
def test_hostile_clicks_change_nothing_that_they_should_not(cast, slots, sign_in, data, status):
    answer = sign_in(cast.secretary).post(MEND, {"grid": cast.g1.code, **data})
    assert answer.status_code == status
    assert "elsewhere" not in answer.get("Location", "")
    assert Grid.objects.get(pk=cast.g1.pk).group_chats in {0, 1}


def test_scope_of_pages_and_clicks(cast, slots, sign_in):
    for address in ("/grids/coverage/", GAPS):
        assert sign_in(cast.sibling).get(f"{address}?place={cast.c1.code}").status_code == 404
        assert sign_in(cast.department).get(address).status_code == 403
    click = {"what": "branch", "grid": cast.g1.code}
    assert sign_in(cast.sibling).post(MEND, click).status_code == 404
    assert sign_in(cast.leader).post(MEND, click).status_code == 403
    assert "登记为已建" not in rows_of(sign_in(cast.leader), missing="branch")[1]
    assert not Grid.objects.filter(has_party_branch=True).exists()
    assert sign_in(cast.secretary).get(MEND).status_code == 405


@pytest.mark.parametrize("query", ["missing=x", "place=\x00", "missing=five&page=\x00", "page=99999", "place=1"])
def test_strange_addresses_are_no_errors(cast, sign_in, query):
    assert sign_in(cast.secretary).get(f"{GAPS}?{query}").status_code in {200, 404}


def test_the_pages_cost_the_same_with_10_and_100_grids(cast, slots, sign_in):
    client = sign_in(cast.officer)
    for address in ("/grids/coverage/", f"/grids/coverage/?place={cast.c1.code}", f"{GAPS}?missing=five", GAPS):
        counts = []
        for many in (10, 100):
            for number in range(Grid.objects.filter(parent=None, community=cast.c1).count() + 1, many):
                make.make_grid(cast.c1, number)
            client.get(address)
            with CaptureQueriesContext(connection) as captured:
                assert client.get(address).status_code == 200
            counts.append(len(captured))
        Grid.objects.filter(parent=None, community=cast.c1).exclude(pk=cast.g1.pk).delete()
        assert counts[0] == counts[1], address
        assert counts[0] <= 12


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_the_figures_are_what_counting_by_hand_gives(cast, data):
    """Whatever the grids are like: each aspect counted in the database is the same as told one by one."""
    for grid in Grid.objects.all():
        values = {
            "group_chats": data.draw(st.integers(0, 1)),
            "has_party_branch": data.draw(st.booleans()),
            "ends": data.draw(st.sampled_from([None, timezone.localdate()])),
        }
        Grid.objects.filter(pk=grid.pk).update(**values)
    rows = [grid for grid in Grid.objects.select_related("parent__parent") if grid.in_force]
    lowest = [grid for grid in rows if not any(row.parent_id == grid.pk for row in rows)]

    def served(grid):
        return grid is not None and (grid.group_chats > 0 or served(grid.parent))

    groups = [grid for grid in rows if grid.kind == "resident_group"]
    assert share(cast.district, None, "chat") == (sum(map(served, lowest)), len(lowest))
    assert share(cast.district, None, "branch") == (sum(grid.has_party_branch for grid in groups), len(groups))
