"""The entry page: three inputs, one issue."""

import uuid

import pytest

from grids.issues.models import Issue
from grids.places.finding import describe
from grids.places.models import Grid
from tests import factories as make

URL = "/issues/new/"


def typed(cast, **changes):
    values = {
        "place": cast.compound.code,
        "place_q": "",
        "description": "3号楼前路灯不亮",
        "category": cast.lamp.code,
        "submission_key": str(uuid.uuid4()),
    }
    return {**values, **changes}


def test_three_inputs_make_an_issue_and_say_where_it_went(cast, sign_in):
    client = sign_in(cast.secretary)
    answer = client.post(URL, typed(cast), follow=True)
    issue = Issue.objects.get()
    assert (issue.grid, issue.category, issue.description) == (cast.compound, cast.lamp, "3号楼前路灯不亮")
    assert answer.redirect_chain == [(issue.get_absolute_url(), 302)]
    assert f"现由{cast.c1.name}办理" in answer.content.decode()


def test_without_script_a_tapped_suggestion_is_the_category(cast, sign_in):
    client = sign_in(cast.secretary)
    assert cast.lamp.name in client.post(URL, typed(cast, category="")).content.decode()
    client.post(URL, typed(cast, category="", suggested=cast.lamp.code))
    assert Issue.objects.get().category == cast.lamp
    client.post(URL, typed(cast, category=cast.litter.code, suggested=cast.lamp.code))
    assert Issue.objects.latest("pk").category == cast.litter


def test_the_place_is_preselected_and_remembered(cast, sign_in):
    client = sign_in(cast.secretary)
    assert client.get(URL).context["form"]["place"].value() == cast.c1.code
    client.post(URL, typed(cast, again="1"))
    assert client.get(URL).context["form"]["place"].value() == cast.compound.code
    assert client.get(URL, {"place": cast.g1.code}).context["form"]["place"].value() == cast.g1.code
    assert client.get(URL, {"place": cast.c2.code}).context["form"]["place"].value() == cast.compound.code


def test_the_next_one_begins_empty_and_tells_of_the_last(cast, sign_in):
    answer = sign_in(cast.secretary).post(URL, typed(cast, again="1"), follow=True)
    page = answer.content.decode()
    assert answer.redirect_chain == [(URL, 302)]
    assert Issue.objects.get().number in page
    assert "作废" in page
    assert not answer.context["form"].is_bound


def test_the_same_submission_twice_is_one_issue(cast, sign_in):
    client = sign_in(cast.secretary)
    values = typed(cast)
    first, second = client.post(URL, values), client.post(URL, values)
    assert first.url == second.url
    assert Issue.objects.count() == 1
    changed = client.post(URL, {**values, "description": "另一件事"}, follow=True)
    assert "内容以首次上报的为准" in changed.content.decode()
    assert Issue.objects.count() == 1


def test_somebody_elses_submission_key_is_refused(cast, sign_in):
    values = typed(cast)
    sign_in(cast.secretary).post(URL, values)
    answer = sign_in(cast.officer).post(URL, values)
    assert answer.status_code == 422
    assert Issue.objects.count() == 1


@pytest.mark.parametrize("words", ["1号小区", "1hxq", "第1街道 第1社区2 1号小区", "第1社区2 1号小区"])
def test_without_script_a_place_is_found_by_its_words(cast, sign_in, words):
    sign_in(cast.secretary).post(URL, typed(cast, place="", place_q=words))
    assert Issue.objects.get().grid == cast.compound


def test_of_several_places_one_is_picked(cast, sign_in):
    client = sign_in(cast.officer)
    answer = client.post(URL, typed(cast, place="", place_q="居民小组"))
    assert answer.status_code == 422
    assert "有多处符合，请选定一处。" in answer.content.decode()
    client.post(URL, typed(cast, place="", place_q="居民小组", place_pick=cast.g2.code))
    assert Issue.objects.get().grid == cast.g2


def test_changed_words_count_more_than_the_code_before_them(cast, sign_in):
    sign_in(cast.officer).post(URL, typed(cast, place=cast.compound.code, place_q=describe(cast.c2)))
    assert Issue.objects.get().community == cast.c2


BAD = [
    ({"place": ""}, "请选择地点。"),
    ({"place": "620902001003"}, "没有这个地点"),  # the sibling's
    ({"place": "x\x00"}, "请选择地点。"),
    ({"place_q": "没有的地方"}, "您的范围内没有这个地点"),
    ({"description": "  "}, "请写明是什么事。"),
    ({"description": "长" * 2001}, "最多写 2000 字"),
    ({"description": "a\x00b"}, "不允许"),
    ({"category": ""}, "请选择分类。"),
    ({"category": "02"}, "没有这个分类"),
    ({"category": "9999999999999"}, "没有这个分类"),
    ({"severity": "worst"}, "选择一个有效的选项"),
    ({"source": "rumour"}, "选择一个有效的选项"),
    ({"address": "长" * 101}, "100"),
    ({"submission_key": "not-a-key"}, "UUID"),
    ({"description": "找张某 11010519491231002X"}, "疑似含身份证号（110***02X）"),
    ({"description": "请打 138 1234 5678"}, "疑似含手机号（138***678）"),
    ({"address": "电话13812345678"}, "疑似含手机号"),
]


@pytest.mark.parametrize(("change", "message"), BAD, ids=[str(index) for index in range(len(BAD))])
def test_bad_input_is_named_beside_its_field_and_nothing_typed_is_lost(cast, sign_in, change, message):
    answer = sign_in(cast.secretary).post(URL, typed(cast, **change))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert message in page
    assert change.get("description", "3号楼前路灯不亮").replace("\x00", "") in page.replace("\x00", "")
    assert Issue.objects.count() == 0


def test_a_flagged_number_may_be_confirmed(cast, sign_in):
    values = typed(cast, description="水表号 11010519491231002X 漏水", not_personal="on")
    sign_in(cast.secretary).post(URL, values)
    assert Issue.objects.get().description.startswith("水表号")


def test_who_may_not_report_is_refused(cast, sign_in):
    for user in (cast.department, cast.liaison, cast.auditor, cast.nobody):
        client = sign_in(user)
        for url in (URL, "/issues/new/hints/", "/places/"):
            assert client.get(url).status_code == 403
        assert client.post(URL, typed(cast)).status_code == 403
    assert Issue.objects.count() == 0


def test_hints_suggest_categories_and_show_similar_issues_in_scope(cast, sign_in):
    mine = make.make_issue(cast.secretary, cast.compound, cast.lamp, "小区门口路灯不亮三天了")
    other = make.make_issue(cast.sibling, cast.sibling_compound, cast.lamp, "小区门口路灯不亮两天了")
    values = {"description": "门口路灯不亮", "place": cast.compound.code}
    page = sign_in(cast.secretary).get("/issues/new/hints/", values).content.decode()
    assert cast.lamp.name in page
    assert mine.number in page
    assert other.number not in page
    foreign = sign_in(cast.secretary).get("/issues/new/hints/", {**values, "place": cast.sibling_compound.code})
    assert other.number not in foreign.content.decode()


def test_the_name_of_the_place_alone_makes_no_likeness(cast, sign_in):
    Grid.objects.filter(pk=cast.compound.pk).update(name="嘉和小区")
    same = make.make_issue(cast.secretary, cast.building, cast.lamp, "嘉和小区路灯不亮")
    other = make.make_issue(cast.secretary, cast.building, cast.lamp, "嘉和小区暖气漏水")
    values = {"description": "嘉和小区3号楼路灯不亮", "place": cast.c1.code}
    page = sign_in(cast.secretary).get("/issues/new/hints/", values).content.decode()
    assert same.number in page
    assert other.number not in page


@pytest.mark.parametrize("value", ["\x00", "长" * 5000, "<b>", "'"])
def test_hints_and_places_take_anything(cast, sign_in, value):
    client = sign_in(cast.secretary)
    values = {"description": value, "place": value, "category": value}
    assert client.get("/issues/new/hints/", values).status_code == 200
    assert client.get("/places/", {"q": value}).status_code == 200


def test_places_are_found_by_pinyin_in_scope(cast, sign_in):
    def labels(user, query):
        found = sign_in(user).get("/places/", {"q": query}).json()["results"]
        return [row["value"] for row in found]

    assert labels(cast.secretary, "1hxq") == [cast.compound.code]
    assert labels(cast.officer, "1号小区") == [cast.compound.code, cast.sibling_compound.code]
    assert labels(cast.secretary, "")[0] == cast.c1.code


def test_the_number_of_queries_does_not_grow(cast, sign_in, django_assert_max_num_queries):
    client = sign_in(cast.secretary)
    make.many_issues(cast.secretary, cast.compound, cast.lamp, 12)
    with django_assert_max_num_queries(8):
        client.get(URL)
    with django_assert_max_num_queries(11):  # three for the place that the text may name
        client.get("/issues/new/hints/", {"description": "第1件事情", "place": cast.compound.code})
