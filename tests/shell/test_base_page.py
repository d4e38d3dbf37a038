"""What stands around every page: for nobody, for each role, and when something failed."""

import re

import pytest
from django.db import InterfaceError, OperationalError
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.urls import path
from django.views.defaults import server_error

from suzhou_portal.navigation import Shell, page_url
from suzhou_portal.notices.models import Notice, OutboxMessage


def shell(user=None, url="/", **cookies) -> Shell:
    request = RequestFactory().get(url)
    request.COOKIES.update(cookies)
    if user is not None:
        request.user = user
    return Shell(request)


def labels(user) -> set[str]:
    return {link.label for _title, links in shell(user).sections for link in links}


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
        return [link.label for _title, links in shell(cast.secretary, url).sections for link in links if link.active]

    assert active("/issues/SZ-2026-000001/") == ["网格事件"]
    assert active("/issues/new/") == ["上报事件"]
    assert active("/") == ["首页"]


@own_urls
def test_the_bottom_bar_has_the_words_of_the_role(cast):
    assert [link.label for link in shell(cast.leader).bar] == ["我的网格", "上报", "在办"]
    assert [link.label for link in shell(cast.area_leader).bar] == ["我的片区", "上报", "在办"]
    assert [link.label for link in shell(cast.leader, "/my-grid/").bar if link.active] == ["我的网格"]
    assert [link.label for link in shell(cast.secretary).bar] == ["首页", "上报", "事件"]
    assert [link.label for link in shell(cast.auditor).bar] == ["首页"]


def test_a_long_menu_folds_what_is_looked_up_and_opens_where_one_is(cast):
    def folded(user, url="/"):
        return re.findall(r"<summary[^>]*>(.*?)</summary>", shell(user, url).menu)

    assert folded(cast.secretary) == ["网格与队伍", "街道社区", "目录与规则"]
    assert folded(cast.secretary, "/grids/grids/") == ["街道社区", "目录与规则"]
    assert folded(cast.system) == folded(cast.security) == []
    assert [link.label for link in shell(cast.liaison).bar] == ["首页", "事件", "共建"]
    assert "共建单位" not in labels(cast.liaison)


@own_urls
def test_who_must_change_the_password_is_offered_nothing_else(cast):
    cast.secretary.must_change_password = True
    assert shell(cast.secretary).sections == []
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
