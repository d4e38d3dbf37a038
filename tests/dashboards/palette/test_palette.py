"""去哪儿: it finds pages, jobs and rows in scope, and nothing else."""

from datetime import date

import pytest

from grids.places.models import GridPost
from suzhou_portal.dashboards.palette.services import find, pin, remember, usual
from tests import factories as make
from tests.covenants.made import signed


def places(user, query):
    return [(found.kind, found.text) for found in find(user, query)]


def texts(user, query):
    return [text for _kind, text in places(user, query)]


@pytest.mark.parametrize("query", ["督办", "dbd", "dubandan"])
def test_a_page_by_its_name_or_its_pinyin(cast, query):
    assert ("网格治理", "督办单") in places(cast.officer, query)[:2]


def test_what_one_wants_to_do(cast):
    assert ("办理", "登记纠纷") in places(cast.secretary, "登记")
    assert ("办理", "登记纠纷") not in places(cast.auditor, "登记")


def test_an_issue_by_its_number_or_the_beginning_of_it(cast):
    issue = make.make_issue(cast.secretary, cast.c1, cast.lamp)
    for query in (issue.number, issue.number.lower(), issue.number[:-1]):
        assert find(cast.secretary, query)[0].url == issue.get_absolute_url()
    assert issue.number not in " ".join(texts(cast.sibling, issue.number[:8]))


def test_a_person_on_a_roster_in_scope(cast):
    make.saved(GridPost(grid=cast.g1, kind=GridPost.Kind.LEADER, name="王秀兰", starts=date(2026, 1, 1)))
    assert any("王秀兰" in text for text in texts(cast.secretary, "王秀兰"))
    assert not any("王秀兰（" in text for text in texts(cast.sibling, "王秀兰"))
    assert not any("王秀兰（" in text for text in texts(cast.department, "王秀兰"))


def test_a_covenant_by_its_unit_and_a_place_by_its_name(cast):
    covenant = signed(cast)
    assert any(found.url == covenant.get_absolute_url() for found in find(cast.secretary, "第一中学"))
    assert any(found.url == f"/communities/communities/{cast.c1.code}/" for found in find(cast.officer, cast.c1.name))


def test_the_last_one_searches_all_issues(cast):
    assert find(cast.secretary, "路灯")[-1].url.startswith("/issues/?queue=all&q=")
    assert all("搜索" not in text for text in texts(cast.security, "路灯"))


def test_what_was_gone_to_is_kept_as_long_as_it_may_be_seen(cast):
    issue = make.make_issue(cast.secretary, cast.c1, cast.lamp)
    for url in (issue.get_absolute_url(), "/grids/mediations/", "/no/such/", "/grids/supervisions/"):
        remember(cast.secretary, url)
    assert [found.url for found in usual(cast.secretary)] == [
        "/grids/supervisions/",
        "/grids/mediations/",
        issue.get_absolute_url(),
    ]
    remember(cast.sibling, issue.get_absolute_url())
    assert usual(cast.sibling) == []
    pin(cast.secretary, "/grids/mediations/")
    first = usual(cast.secretary)[0]
    assert (first.text, first.pinned) == ("调处化解", True)
    for url in ("/grids/grids/", "/grids/areas/"):
        pin(cast.secretary, url)
    assert [found.text for found in usual(cast.secretary) if found.pinned] == ["网格", "片区"]
    pin(cast.secretary, "/grids/areas/")
    assert [found.text for found in usual(cast.secretary) if found.pinned] == ["网格"]
    cast.secretary.assignments.all().delete()
    fresh = type(cast.secretary).objects.get(pk=cast.secretary.pk)
    assert usual(fresh) == []


def test_the_page_works_without_script_and_the_list_alone_with_it(cast, sign_in):
    client = sign_in(cast.officer)
    assert "<h1>" in client.get("/go/", {"q": "督办"}).content.decode()
    fragment = client.get("/go/", {"q": "督办"}, headers={"HX-Request": "true"}).content.decode()
    assert "<h1>" not in fragment
    assert 'aria-selected="true"' in fragment
    assert "/grids/supervisions/" in fragment
    assert client.post("/go/chosen/", {"url": "/grids/supervisions/"}).status_code == 204
    assert "/grids/supervisions/" in client.get("/go/").content.decode()
    assert client.post("/go/pin/", {"url": "/grids/supervisions/"}).status_code == 302
    assert "不再置顶" in client.get("/go/").content.decode()


def test_enter_goes_there_before_the_list_has_come(cast, sign_in):
    client = sign_in(cast.officer)
    assert client.get("/go/", {"q": "dbd", "first": "1"})["Location"] == "/grids/supervisions/"
    assert client.get("/go/", {"q": "路灯", "first": "1"})["Location"].startswith("/issues/?queue=all&q=")
    assert client.get("/go/", {"q": "", "first": "1"}).status_code == 200
    assert sign_in(cast.security).get("/go/", {"q": "路灯", "first": "1"}).status_code == 200


@pytest.mark.parametrize("query", ["<script>", "%", "_", "'\"", "\x00", "a" * 500, "SZ-", "王 秀"])
def test_odd_words_are_words(cast, sign_in, query):
    answer = sign_in(cast.officer).get("/go/", {"q": query})
    assert answer.status_code == 200
    assert "<script>" not in answer.content.decode().partition("<main")[2].partition("</main>")[0]
