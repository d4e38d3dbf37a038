"""How one wants to be told: the page and the API."""

import json

import pytest
from django.urls import reverse

from suzhou_portal.notices import preferences
from suzhou_portal.notices.models import Kind
from suzhou_portal.notices.preferences import DEFAULT_MODES, Choices, Mode
from tests.notices.conftest import reachable

PAGE = "/me/notices/"
API = "/api/v1/notices/preferences/"


def form(**changes):
    return {**{f"mode_{kind}": mode for kind, mode in DEFAULT_MODES.items()}, **changes}


def test_the_page_begins_with_defaults_against_floods(cast, sign_in):
    page = sign_in(cast.secretary).get(PAGE)
    chosen = {field.name: field.value() for field in page.context["form"].kind_fields()}
    assert {name for name, mode in chosen.items() if mode == Mode.NOW} == {
        *("mode_assigned", "mode_overdue", "mode_supervision", "mode_digest"),
    }
    assert "消息只进收件箱" in page.content.decode()


def test_what_is_chosen_is_kept_for_oneself_alone(cast, sign_in, way):
    reachable(cast.secretary)
    client = sign_in(cast.secretary)
    answer = client.post(PAGE, form(mode_assigned="digest", office_hours="on"))
    assert (answer.status_code, answer.url) == (302, PAGE)
    choices = preferences.choices_for(cast.secretary)
    assert (choices.mode(Kind.ASSIGNED), choices.silent, choices.office_hours) == ("digest", {"test"}, True)
    assert preferences.choices_for(cast.sibling) == preferences.DEFAULT
    assert "测试渠道" in client.get(PAGE).content.decode()


def test_a_channel_that_cannot_reach_the_user_says_so(cast, sign_in, way):
    assert "账号未登记接收地址" in sign_in(cast.secretary).get(PAGE).content.decode()


@pytest.mark.parametrize("wrong", [{"mode_assigned": "never"}, {"mode_assigned": ""}, {"mode_digest": "digest"}])
def test_a_way_that_there_is_not_is_refused_beside_its_field(cast, sign_in, wrong):
    page = sign_in(cast.secretary).post(PAGE, form(**wrong))
    assert page.status_code == 422
    assert set(page.context["form"].errors) == set(wrong)
    assert preferences.choices_for(cast.secretary) == preferences.DEFAULT


def test_a_channel_that_is_away_keeps_its_choice(cast, sign_in, way, settings):
    preferences.keep(cast.secretary, Choices(silent=frozenset({"test"})))
    settings.PORTAL_NOTICE_CHANNELS = {}
    sign_in(cast.secretary).post(PAGE, form())
    assert preferences.choices_for(cast.secretary).silent == {"test"}


def test_choices_of_an_older_portal_are_read_as_far_as_they_are_known(cast):
    assert Choices.of({"modes": {"assigned": "by pigeon", "comment": "now"}}).modes == {
        **DEFAULT_MODES,
        Kind.COMMENT: Mode.NOW,
    }
    assert Choices.of("junk") == preferences.DEFAULT


def test_the_inbox_and_ones_own_page_lead_there(cast, sign_in):
    client = sign_in(cast.secretary)
    for name in ("inbox", "me"):
        assert PAGE in client.get(reverse(name)).content.decode()


# --- API ----------------------------------------------------------------------------------


def put(client, body):
    return client.put(API, json.dumps(body), content_type="application/json")


def test_programs_read_and_write_the_same_choices(cast, sign_in, way):
    client = sign_in(cast.secretary)
    body = client.get(API).json()
    assert body == {"modes": DEFAULT_MODES, "channels": {"test": True}, "office_hours": True}
    body["modes"]["comment"], body["channels"]["test"], body["office_hours"] = "now", False, False
    assert put(client, body).json() == client.get(API).json() == body


@pytest.mark.parametrize(
    "change",
    [
        {"modes": {}},
        {"modes": {**DEFAULT_MODES, "gossip": "now"}},
        {"modes": {**DEFAULT_MODES, "digest": "digest"}},
        {"channels": {"pigeon": True}},
        {"channels": {"test": "perhaps"}},
        {"office_hours": None},
        {"quiet": True},
    ],
)
def test_wrong_choices_are_refused(cast, sign_in, way, change):
    client = sign_in(cast.secretary)
    body = {"modes": DEFAULT_MODES, "channels": {"test": True}, "office_hours": True}
    answer = put(client, {**body, **change})
    assert answer.status_code == 400
    assert preferences.choices_for(cast.secretary) == preferences.DEFAULT
