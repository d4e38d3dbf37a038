"""Searching at the desk and in the API: marks, snippets, what stays visible, what to try."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from grids.issues.workflow import WORKFLOW
from tests import factories as make

pytestmark = pytest.mark.dialect
LONG = "楼道里堆放了很多旧家具，" * 6


def cell(answer, name="text"):
    """The first cell of this column, without its own tags."""
    return re.search(rf'<td class="c-{name}">(.*?)</td>', answer.content.decode()).group(1)


def test_the_rows_mark_what_was_searched_for(cast, sign_in):
    issue = make.make_issue(cast.secretary, cast.compound, cast.lamp, "门口路灯不亮，路灯杆歪")
    client = sign_in(cast.officer)
    assert cell(client.get("/issues/?q=路灯")) == "门口<mark>路灯</mark>不亮，<mark>路灯</mark>杆歪"
    assert cell(client.get("/issues/?q=路灯"), "category") == "<mark>路灯</mark>故障"
    assert "<mark>1号小区</mark>" in cell(client.get("/issues/?q=1号小区"), "place")
    end = issue.number[-3:]
    assert f"{issue.number[:-3]}<mark>{end}</mark></a>" in cell(client.get(f"/issues/?q={end}"), "number")


def test_marks_do_not_let_markup_through(cast, sign_in):
    make.make_issue(cast.secretary, cast.compound, cast.lamp, '<img src=x onerror="alert(1)">路灯</td>')
    page = sign_in(cast.officer).get("/issues/", {"q": "路灯 img"})
    assert cell(page) == ("&lt;<mark>img</mark> src=x onerror=&quot;alert(1)&quot;&gt;<mark>路灯</mark>&lt;/td&gt;")
    assert "<img" not in page.content.decode()


def test_what_lies_deeper_is_shown_around_the_word(cast, sign_in):
    make.make_issue(cast.secretary, cast.compound, cast.litter, f"{LONG}请清走沙发{LONG}")
    text = cell(sign_in(cast.officer).get("/issues/?q=沙发"))
    assert text.startswith("…")
    assert "请清走<mark>沙发</mark>" in text
    assert text.endswith("…")


def test_what_stands_in_a_note_or_the_address_says_so(cast, sign_in):
    issue = make.make_issue(cast.secretary, cast.compound, cast.litter, "楼道堆物", address="北门外")
    WORKFLOW.apply(issue, "take", by=cast.secretary, inputs={"note": "已联系物业清走"})
    client = sign_in(cast.officer)
    assert cell(client.get("/issues/?q=物业")) == "过程：已联系<mark>物业</mark>清走"
    assert cell(client.get("/issues/?q=北门")) == "位置：<mark>北门</mark>外"
    both = cell(client.get("/issues/?q=堆物 物业"))
    assert both == "楼道<mark>堆物</mark> 过程：已联系<mark>物业</mark>清走"


def test_the_issue_page_marks_the_words_when_one_comes_from_a_search(cast, sign_in):
    issue = make.make_issue(cast.secretary, cast.compound, cast.litter, "楼道<b>堆物", address="北门外")
    WORKFLOW.apply(issue, "take", by=cast.secretary, inputs={"note": "已联系物业"})
    client = sign_in(cast.officer)
    page = client.get(f"/issues/{issue.number}/", {"list": "q=堆物 物业&queue=all"}).content.decode()
    assert "楼道&lt;b&gt;<mark>堆物</mark>" in page
    assert "已联系<mark>物业</mark>" in page
    assert "<mark>" not in client.get(f"/issues/{issue.number}/").content.decode()


def test_what_was_searched_for_stays_and_goes_along_into_the_queues(cast, sign_in):
    make.make_issue(cast.secretary, cast.compound, cast.lamp, "路灯")
    page = sign_in(cast.secretary).get('/issues/?q=路灯"&queue=todo').content.decode()
    assert page.count('value="路灯&quot;"') == 2  # the top bar and the desk
    assert 'href="?queue=soon&amp;q=%E8%B7%AF%E7%81%AF%22"' in page
    assert "在全部事件中搜索" in page
    assert "在全部事件中搜索" not in sign_in(cast.secretary).get("/issues/?q=路灯").content.decode()
    other = sign_in(cast.secretary).get("/communities/communities/?q=路灯").content.decode()
    assert 'id="portal-search"' in other
    assert re.search(r'id="portal-search"[^>]*value=""', other)


def test_an_empty_result_says_what_to_try(cast, sign_in):
    make.make_issue(cast.secretary, cast.compound, cast.lamp, "路灯")
    client = sign_in(cast.secretary)
    page = client.get("/issues/?q=井盖&queue=soon&status=closed").content.decode()
    assert "“临期”里没有找到“井盖”" in page
    assert "去掉其他条件，只搜“井盖”" in page
    assert 'href="?q=%E4%BA%95%E7%9B%96&amp;queue=all&amp;status=closed"' in page
    page = client.get("/issues/?q=井盖").content.decode()
    assert "连同 12 个月以前的一起找" in page
    assert "去掉其他条件" not in page


@pytest.mark.parametrize("words", ["！？", "'", '"', "\\", "a:* & !b | (c)", "' OR 1=1 --", "*", "NEAR(a b)", "％_%"])
def test_signs_of_query_languages_are_only_signs(cast, sign_in, words):
    make.make_issue(cast.secretary, cast.compound, cast.lamp, "路灯")
    assert sign_in(cast.secretary).get("/issues/", {"q": words}).status_code == 200
    assert sign_in(cast.secretary).get("/issues/", {"q": words}).context["rows"] == []


def test_a_search_makes_a_query_more_for_the_notes_however_many_rows(cast, sign_in):
    def queries(user, words):
        client = sign_in(user)
        client.get("/issues/")
        with CaptureQueriesContext(connection) as captured:
            assert client.get("/issues/", {"q": words}).status_code == 200
        return len(captured)

    users = (cast.secretary, cast.officer, cast.leader)
    counts = []
    for total in (5, 20):
        for issue in make.many_issues(cast.secretary, cast.compound, cast.lamp, total):
            WORKFLOW.apply(issue, "take", by=cast.secretary, inputs={"note": "上门"})
        counts.append([[queries(user, words) for words in ("", "事情", "事情 上门")] for user in users])
    assert counts[0] == counts[1]
    for without, text, note in counts[0]:
        assert (text, note) == (without, without + 1)
