"""The demo accounts: one click in demo mode, nothing outside it."""

import pytest

from suzhou_portal.accounts import demo
from suzhou_portal.accounts.models import Assignment
from suzhou_portal.audit.models import AuditEntry
from tests import factories as make


def enter(client, username, **more):
    return client.post("/login/demo/", {"username": username, **more})


def test_outside_demo_mode_there_is_no_short_way_in(cast, client, settings):
    settings.DEMO = False
    assert enter(client, "district").status_code == 404
    page = client.get("/login/").content.decode()
    assert "演示账号" not in page
    assert "district" not in page
    assert "_auth_user_id" not in client.session


def test_in_demo_mode_a_click_signs_in(cast, client, settings):
    settings.DEMO = True
    assert enter(client, "street.1", next="/me/").headers["Location"] == "/me/"
    assert int(client.session["_auth_user_id"]) == cast.officer.pk
    assert AuditEntry.objects.get(action="sign_in").reason == "演示账号"
    assert enter(client, "district", next="//evil.example/").headers["Location"] == "/"


@pytest.mark.parametrize("username", ["zhang.san", "nobody", "street.9", "street.01", "", "x\0", "district\n"])
def test_only_demo_names_work(cast, client, settings, username):
    settings.DEMO = True
    make.make_user("zhang.san", "district_reviewer")
    assert enter(client, username).status_code == 404


def test_inactive_and_postless_demo_names_do_not(cast, client, settings):
    settings.DEMO = True
    Assignment.objects.filter(user=cast.officer).delete()
    cast.secretary.is_active = False
    cast.secretary.save()
    assert enter(client, "street.1").status_code == 404
    assert enter(client, "community.1").status_code == 404
    offered = {account.username for account in demo.demo_accounts()}
    assert not offered & {"street.1", "community.1"}
    assert "community.2" in offered


def test_the_sign_in_page_offers_them_by_role_with_one_query(cast, client, settings, django_assert_num_queries):
    settings.DEMO = True
    page = client.get("/login/").content.decode()
    for words in ("区委组织部", "街道干部", "网格长", "安全管理员", "第1街道", "城管执法队"):
        assert words in page
    with django_assert_num_queries(1):
        accounts = demo.demo_accounts()
    assert [account.username for account in accounts][:4] == ["district", "street.1", "street.2", "community.1"]
    grid = next(account for account in accounts if account.username == "grid.1")
    assert grid.place_label == f"{cast.c1} {cast.g1}"


def test_get_is_refused(cast, client, settings):
    settings.DEMO = True
    assert client.get("/login/demo/").status_code == 405
