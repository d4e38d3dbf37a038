"""A place named in the text: which one, in whose scope, and what the entry page and programs are told of it."""

import pytest

from grids.places.mentions import place_mentioned
from grids.places.models import Grid
from suzhou_portal.accounts.roles import Verb
from tests import factories as make

HINTS = "/issues/new/hints/"


def called(place, name):
    type(place).objects.filter(pk=place.pk).update(name=name)
    place.refresh_from_db()
    return place


@pytest.fixture
def town(cast):
    """嘉和小区 with 1号楼 and 12号楼, 新嘉和小区 beside it, both in c1; another 嘉和小区 in c2."""
    called(cast.compound, "嘉和小区")
    called(cast.sibling_compound, "嘉和小区")
    cast.twelfth = make.make_grid(cast.compound, 12)
    cast.new = called(make.make_grid(cast.g1, 2), "新嘉和小区")
    cast.new_first = make.make_grid(cast.new, 1)
    return cast


def found(text, user):
    return place_mentioned(text, user, Verb.ISSUES_REPORT)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("嘉和小区1号楼二单元门口路灯不亮", "building"),
        ("嘉和小区 12 号楼没水", "twelfth"),
        ("嘉和小区十二号楼没水", "twelfth"),
        ("嘉和小区12栋没水", "twelfth"),
        ("十二号楼没水", "twelfth"),
        ("嘉和小区2号楼没水", "compound"),
        ("嘉和小区门口积水", "compound"),
        ("新嘉和小区门口积水", "new"),
        ("新嘉和小区1号楼积水", "new_first"),
    ],
)
def test_the_lowest_place_that_is_named_is_found(town, text, place):
    assert found(text, town.secretary) == getattr(town, place)


@pytest.mark.parametrize("text", ["路灯不亮", "1号楼没水", "嘉和小区和新嘉和小区之间积水", "", "第1居民", "%_"])
def test_what_names_none_or_several_is_no_place(town, text):
    assert found(text, town.secretary) is None


def test_only_places_in_scope_and_in_force_count(town):
    assert found("嘉和小区没水", town.sibling) == town.sibling_compound
    assert found("新嘉和小区没水", town.sibling) is None
    assert found("嘉和小区没水", town.officer) is None  # two of this name
    assert found(f"{town.c1.name}嘉和小区1号楼没水", town.officer) == town.building
    assert found(f"{town.c1.name}没水", town.officer) == town.c1
    assert found("嘉和小区没水", town.department) is None
    Grid.objects.filter(pk=town.new.pk).update(ends=town.new.starts)
    assert found("新嘉和小区没水", town.secretary) is None


def test_the_page_is_told_unless_the_place_was_chosen(town, sign_in):
    client = sign_in(town.secretary)
    asked = {"description": "嘉和小区1号楼路灯不亮", "place": town.c1.code}
    page = client.get(HINTS, asked).content.decode()
    assert f'data-code="{town.building.code}"' in page
    assert "撤销" in page
    assert "data-code" not in client.get(HINTS, {**asked, "place_chosen": "1"}).content.decode()
    assert "data-code" not in sign_in(town.sibling).get(HINTS, asked).content.decode().replace(
        f'data-code="{town.sibling_compound.code}"', ""
    )


def test_a_place_that_was_asked_for_counts_as_chosen(town, sign_in):
    client = sign_in(town.secretary)
    assert not client.get("/issues/new/").context["form"]["place_chosen"].value()
    asked = client.get("/issues/new/", {"place": town.compound.code}).context["form"]
    assert asked["place_chosen"].value() == "1"


def test_programs_are_told_the_same(town, sign_in):
    issue = make.make_issue(town.secretary, town.building, town.lamp, "路灯不亮三天了")
    client = sign_in(town.secretary)
    answer = client.get("/api/v1/issue-hints/", {"description": "嘉和小区1号楼门口路灯不亮"}).json()
    assert answer["categories"] == [{"code": town.lamp.code, "name": town.lamp.name}]
    assert answer["place"]["code"] == town.building.code
    assert [row["number"] for row in answer["similar"]] == [issue.number]
    assert sign_in(town.sibling).get("/api/v1/issue-hints/", {"description": "路灯不亮"}).json()["similar"] == []
    assert client.get("/api/v1/issue-hints/", {"place": town.sibling_compound.code}).status_code == 400
    assert client.get("/api/v1/issue-hints/", {"what": "x"}).status_code == 400
    assert sign_in(town.department).get("/api/v1/issue-hints/").status_code == 403


def test_the_number_of_queries_does_not_grow(town, sign_in, django_assert_max_num_queries):
    client = sign_in(town.secretary)
    asked = {"description": "嘉和小区1号楼路灯不亮", "place": town.c1.code, "category": town.lamp.code}
    client.get(HINTS, asked)
    for number in range(20, 50):
        called(make.make_grid(town.g1, number), f"嘉和小区{number}")
    make.many_issues(town.secretary, town.compound, town.lamp, 12)
    with django_assert_max_num_queries(11):
        client.get(HINTS, asked)
