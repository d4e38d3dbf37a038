"""The browser is told which draft is stored, and of nothing else."""

from urllib.parse import unquote

import pytest

from covenants.lists.models import Need
from suzhou_portal.lib.registers.drafts import COOKIE
from tests import factories as make

URL = "/covenants/needs/new/"


@pytest.fixture
def body(cast):
    return {"kind": "skills", "title": "请电工检修路灯", "community": cast.c1.code, "_draft": "needs-new"}


def told(answer):
    cookie = answer.cookies.get(COOKIE)
    return unquote(cookie.value) if cookie and cookie.value else ""


def test_what_is_stored_is_told(cast, sign_in, body):
    client = sign_in(cast.secretary)
    assert told(client.post(URL, {**body, "title": ""})) == ""
    answer = client.post(URL, body)
    assert (answer.status_code, told(answer)) == (302, "needs-new")
    assert Need.objects.count() == 1
    assert told(client.get(answer["Location"])) == ""


def test_to_be_sent_to_the_door_is_not_to_be_stored(cast, client, sign_in, body):
    assert (client.post(URL, body).status_code, told(client.post(URL, body))) == (302, "")
    newcomer = make.make_user("community.9", "community_secretary", cast.c1, must_change_password=True)
    answer = sign_in(newcomer).post(URL, body)
    assert (answer.status_code, answer["Location"], told(answer)) == (302, "/me/password/", "")
    assert not Need.objects.exists()


def test_a_name_cannot_smuggle_another_cookie(cast, sign_in, body):
    answer = sign_in(cast.secretary).post(URL, {**body, "_draft": "a; Path=/x\r\nSet-Cookie: b=c" + "长" * 500})
    value = answer.cookies[COOKIE].value
    assert not set(value) & set(';, \r\n"')
    assert len(unquote(value)) == 120


def test_pages_say_whose_drafts_they_may_show(cast, sign_in, client):
    assert f'data-user="{cast.secretary.pk}"' in sign_in(cast.secretary).get("/inbox/").content.decode()
    assert "data-user" not in client.get("/login/").content.decode()
