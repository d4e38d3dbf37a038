"""What stands around every page: for nobody, for each role, and when something failed."""

import pytest
from django.db import InterfaceError, OperationalError
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.urls import path
from django.views.defaults import server_error

from suzhou_portal.accounts.models import User
from suzhou_portal.lib.registers import site
from suzhou_portal.navigation import AREAS, Shell, page_url
from suzhou_portal.notices.models import Notice, OutboxMessage


def shell(user=None, url="/", **cookies) -> Shell:
    request = RequestFactory().get(url)
    request.COOKIES.update(cookies)
    if user is not None:
        request.user = user
    return Shell(request)


def labels(user) -> set[str]:
    """What the user is shown: the side bar, and the pages of its areas."""
    mine = shell(user)
    return {link.label for link in (*mine.menu, *(link for _area, links in mine.areas for link in links))}


def page(request):
    """Stands for pages of this test's own URLs."""


NAMED = [
    ("home", ""),
    ("my-grid", "my-grid/"),
    ("role-table", "roles/"),
    ("audit-list", "audit/"),
    ("inbox", "inbox/"),
    ("operations", "operations/"),
]
PATHS = [
    "my-issues/",
    "issues/",
    "issues/new/",
    "grids/areas/",
    "streets/organisations/",
    "dashboard/",
    "accounts/users/",
]
urlpatterns = [path(url, page, name=name) for name, url in NAMED] + [path(url, page) for url in PATHS]
own_urls = pytest.mark.urls(__name__)


def test_the_base_page_needs_no_context():
    html = render_to_string("base.html")
    assert "肃州区党建引领基层治理平台" in html
    assert 'lang="zh-CN"' in html
    assert "<nav id=" not in html


@pytest.mark.parametrize("name", ["400.html", "403.html", "403_csrf.html", "404.html", "500.html", "503.html"])
def test_an_error_page_needs_no_context_and_says_what_to_do(name):
    html = render_to_string(name)
    assert "返回首页" in html
    assert "<h1>" in html


def test_a_server_error_is_answered_in_chinese_without_the_database(django_db_blocker):
    response = server_error(RequestFactory().get("/"))
    assert response.status_code == 500
    assert "系统出错了" in response.content.decode()


@pytest.mark.parametrize("path", ["/inbox/", "/api/v1/me/"])
@pytest.mark.parametrize("error", [OperationalError, InterfaceError])
def test_a_database_that_went_away_is_no_bug_but_a_reason_to_come_back(client, monkeypatch, path, error):
    def gone(self):
        raise error("server closed the connection unexpectedly")

    monkeypatch.setattr("suzhou_portal.accounts.sessions.SessionStore.load", gone)
    client.raise_request_exception = False
    client.cookies["sessionid"] = "x" * 32
    response = client.get(path)
    assert (response.status_code, response["Retry-After"]) == (503, "2")
    assert ("系统繁忙" if "api" in path else "系统正忙") in response.content.decode()


@pytest.mark.parametrize("name", ["base.html", "500.html", "registration/login.html"])
def test_a_page_has_no_inline_script_style_or_handler(name):
    html = render_to_string(name)
    assert "<style" not in html
    assert " style=" not in html
    assert " onclick=" not in html
    assert html.count("<script") == html.count("<script src=") + html.count("<script defer src=")


def test_the_demo_mark_is_on_every_page_of_a_demo_only(settings):
    settings.DEMO = True
    assert "演示数据" in render_to_string("404.html", request=RequestFactory().get("/"))
    settings.DEMO = False
    assert "演示数据" not in render_to_string("404.html", request=RequestFactory().get("/"))


@own_urls
def test_each_role_sees_only_what_it_may_open(cast):
    assert {"首页", "上报事件", "网格事件", "单位", "统计分析"} <= labels(cast.secretary)
    assert labels(cast.secretary).isdisjoint({"账号", "审计记录", "运行状态"})
    assert labels(cast.auditor) == {"首页", "审计记录"}
    assert {"账号", "权限表"} <= labels(cast.security)
    assert "网格事件" not in labels(cast.security)
    assert "运行状态" in labels(cast.system)
    assert "上报事件" not in labels(cast.department)
    assert labels(cast.nobody) == {"首页"}


@own_urls
def test_pages_that_do_not_exist_are_not_offered(cast):
    assert page_url("/wall/") is None
    assert page_url("no-such-page") is None
    assert "大屏" not in labels(cast.secretary)


@own_urls
def test_the_deepest_page_of_the_path_is_the_active_one(cast):
    def active(url):
        here = shell(cast.secretary, url)
        pages = [link.label for link in here.area[1] if link.active] if here.area else []
        return [link.label for link in here.menu if link.active], pages

    assert active("/issues/SZ-2026-000001/") == (["网格事件"], ["网格事件"])  # the only page of its area here
    assert active("/issues/new/") == (["上报事件"], [])
    assert active("/") == (["首页"], [])


@own_urls
def test_the_bottom_bar_has_the_words_of_the_role(cast):
    assert [link.label for link in shell(cast.leader).bar] == ["我的网格", "上报", "在办"]
    assert [link.label for link in shell(cast.area_leader).bar] == ["我的片区", "上报", "在办"]
    assert [link.label for link in shell(cast.leader, "/my-grid/").bar if link.active] == ["我的网格"]
    assert [link.label for link in shell(cast.secretary).bar] == ["首页", "上报", "事件"]
    assert [link.label for link in shell(cast.auditor).bar] == ["首页"]


def test_no_side_bar_is_longer_than_nine_and_every_page_has_a_place(cast):
    for user in vars(cast).values():
        if isinstance(user, User):
            mine = shell(user)
            assert len(mine.menu) <= 9, user
            assert len({link.url for link in mine.menu}) == len(mine.menu)
    assert [link.label for link in shell(cast.officer).menu] == [
        *("首页", "上报事件", "网格治理", "街道", "社区", "共建", "队伍", "统计分析", "管理")
    ][: len(shell(cast.officer).menu)]
    assert [link.label for link in shell(cast.auditor).menu] == ["首页", "审计记录"]
    assert "共建单位" not in labels(cast.liaison)


def test_a_register_of_a_new_topic_stands_in_some_area():
    pages = {entry.page for area in AREAS for entry in area.entries}
    lost = {one.list_url for one in site.registers if one.list_url not in pages}
    # Parts of others: they are reached from the page of their whole.
    assert lost == {"/covenants/rubric-items/"}


def test_the_words_of_an_area_stand_on_its_pages_and_not_on_its_hub(cast):
    on_list = shell(cast.officer, "/grids/mediations/")
    assert [link.label for link in on_list.words if link.active] == ["调处化解"]
    assert "督办单" in [link.label for link in on_list.words]
    assert shell(cast.officer, "/areas/governance/").words == []
    assert shell(cast.officer, "/").words == []
    assert shell(cast.auditor, "/audit/").words == []  # nothing to choose from


@own_urls
def test_who_must_change_the_password_is_offered_nothing_else(cast):
    cast.secretary.must_change_password = True
    assert (shell(cast.secretary).menu, shell(cast.secretary).areas) == ([], ())
    assert shell(cast.secretary).search_url is None


@own_urls
def test_unread_notices_are_counted_for_their_owner_alone(cast):
    message = OutboxMessage.objects.create(title="请受理", url="/", audience={})
    Notice.objects.create(user=cast.secretary, message=message)
    assert shell(cast.secretary).unread == "1"
    assert shell(cast.sibling).unread == ""


@own_urls
def test_many_unread_notices_are_not_counted_out(cast):
    messages = OutboxMessage.objects.bulk_create(OutboxMessage(title=str(n), url="/", audience={}) for n in range(105))
    Notice.objects.bulk_create(Notice(user=cast.secretary, message=message) for message in messages)
    assert shell(cast.secretary).unread == "99+"


def test_the_appearance_follows_the_cookies():
    assert shell(**{"portal-theme": "dark"}).theme == "dark"
    assert shell(**{"portal-theme": "<x>"}).theme == ""
    assert shell(**{"portal-large": "1"}).large
    assert not shell().large


def test_the_login_page_offers_the_demo_accounts(settings):
    settings.DEMO = True
    accounts = [
        {"username": "street.1", "role_label": "街道干部", "place_label": "东北街街道"},
        {"username": "street.2", "role_label": "街道干部", "place_label": "东南街街道"},
    ]
    html = render_to_string("registration/login.html", {"demo_accounts": accounts}, request=RequestFactory().get("/"))
    assert html.count("<dt>街道干部</dt>") == 1
    assert 'name="username" value="street.2"' in html


def test_the_menu_leaves_out_catalogues_of_other_peoples_work(cast):
    assert {"十查清单", "纠纷类型"} <= labels(cast.secretary)
    assert {"十查清单", "纠纷类型"} <= labels(cast.system)
    assert {"十查清单", "纠纷类型"}.isdisjoint(labels(cast.department))
    assert "事件分类" in labels(cast.department)
