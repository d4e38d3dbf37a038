"""附近类似: alike by what happened, not by the words of a place or of any report."""

import pytest

from grids.issues.likeness import happening, similar_open, talk
from tests import factories as make

pytestmark = pytest.mark.django_db

UNLIKE = [
    ("3号楼二单元化粪池溢出", "3号楼二单元门禁打不开"),
    ("嘉和小区3号楼二单元门口井盖缺失", "嘉和小区3号楼二单元楼道堆放杂物"),
    ("居民反映路口一直没人管，希望尽快处理", "居民反映楼前一直没人管，希望尽快处理"),
    ("北门东侧护栏坏了", "北门东侧座椅坏了"),
    ("5号楼12层漏水三天", "5号楼12层噪音三天"),
]
ALIKE = [
    ("二单元门口化粪池溢出，臭得很", "5号楼西侧化粪池满了往外冒"),
    ("井盖缺失", "居民反映3号楼前井盖缺失，请尽快处理"),
    ("路灯不亮", "门口的路灯一到晚上就不亮"),
]


@pytest.mark.parametrize(("typed", "other"), UNLIKE)
def test_the_place_alone_makes_nothing_alike(cast, typed, other):
    make.make_issue(cast.secretary, cast.building, cast.lamp, other)
    for category in (None, cast.litter):
        found = similar_open(place=cast.building, category=category, description=typed, user=cast.secretary)
        assert found == []


@pytest.mark.parametrize(("typed", "other"), ALIKE)
def test_what_happened_makes_it_alike(cast, typed, other):
    issue = make.make_issue(cast.secretary, cast.building, cast.lamp, other)
    for place in (cast.building, cast.c1):
        found = similar_open(place=place, category=cast.lamp, description=typed, user=cast.secretary)
        assert found == [issue]


def test_the_likest_is_first_and_the_sibling_sees_nothing(cast):
    far = make.make_issue(cast.secretary, cast.g1, cast.lamp, "路灯闪")
    near = make.make_issue(cast.secretary, cast.compound, cast.lamp, "路灯不亮，灯杆歪了")
    asked = {"category": cast.lamp, "description": "灯杆歪了，路灯不亮"}
    assert similar_open(place=cast.compound, user=cast.secretary, **asked) == [near, far]
    assert similar_open(place=cast.compound, user=cast.sibling, **asked) == []


def test_names_of_places_are_left_out_wherever_they_stand():
    assert happening("雄关嘉和花园二期垃圾满溢", talk(["雄关嘉和花园二期"])) == {"垃圾", "圾满", "满溢"}
    assert happening("三单元12层东侧，门口有人反映", talk()) == set()
