"""Signing in and out: names, phones, throttling, the first change, and what ends at once."""

from datetime import timedelta

import pytest
from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone

from suzhou_portal import settings as portal
from suzhou_portal.accounts import throttling
from suzhou_portal.accounts.models import Assignment, User
from suzhou_portal.audit.models import AuditEntry
from suzhou_portal.lib.rows import records
from tests import factories as make

WRONG = "Wrong-river-27"


def attempt(client, username, password=make.PASSWORD, **more):
    return client.post("/login/", {"username": username, "password": password, **more})


def actions():
    return list(AuditEntry.objects.order_by("pk").values_list("action", flat=True))


@pytest.fixture
def with_phone(cast):
    cast.secretary.phone = "13800000001"
    cast.secretary.save()
    return cast.secretary


@pytest.mark.parametrize("typed", ["community.1", "13800000001", "  community.1 "])
def test_signs_in_by_name_or_phone(with_phone, client, typed):
    answer = attempt(client, typed)
    assert answer.status_code == 302
    assert int(client.session["_auth_user_id"]) == with_phone.pk
    entry = AuditEntry.objects.get(action="sign_in")
    assert (entry.actor, entry.object_label, entry.source) == (with_phone, str(with_phone), "web")


def test_the_session_gets_a_new_key(cast, client):
    client.get("/login/")
    session = client.session
    session["before"] = 1
    session.save()
    old = client.cookies[settings.SESSION_COOKIE_NAME].value
    attempt(client, "community.1")
    assert client.cookies[settings.SESSION_COOKIE_NAME].value != old


@pytest.mark.parametrize(
    ("username", "password"),
    [("community.1", WRONG), ("nobody.else", make.PASSWORD), ("community.1", "x" * 5000), ("a\ud800b", "xq")],
)
def test_a_failure_says_the_same_whatever_was_wrong(cast, client, username, password):
    answer = attempt(client, username.encode("utf-8", "replace").decode(), password)
    assert answer.status_code == 200
    assert "账号或密码不正确" in answer.content.decode()
    assert f">{password}<" not in answer.content.decode()
    assert f'"{password}"' not in answer.content.decode()
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize("username", ["", "x" * 300, "nul\0", "1" * 50, "'; DROP TABLE", "😀" * 20])
@pytest.mark.parametrize("password", ["", "nul\0", "pw"])
def test_bad_input_is_answered_with_the_page(cast, client, username, password):
    answer = attempt(client, username, password)
    assert answer.status_code == 200
    assert "登录" in answer.content.decode()


def test_failures_are_audited_without_what_was_typed(cast, client):
    attempt(client, "community.1", WRONG)
    attempt(client, "my-secret-typed-in-the-wrong-field", WRONG)
    known, unknown = AuditEntry.objects.order_by("pk")
    assert (known.action, known.object_id, known.actor) == ("sign_in_failed", str(cast.secretary.pk), None)
    assert (unknown.action, unknown.object_id, unknown.object_label) == ("sign_in_failed", "", "")
    stored = str(list(AuditEntry.objects.values())) + str(list(AccessAttempt.objects.values()))
    assert WRONG not in stored
    assert "my-secret" not in stored


def test_five_failures_lock_the_account_here_until_the_time_is_over(cast, client):
    for _ in range(4):
        assert attempt(client, "community.1", WRONG).status_code == 200
    fifth = attempt(client, "community.1", WRONG)
    assert fifth.status_code == 429
    assert "15 分钟后再试" in fifth.content.decode()
    assert int(fifth["Retry-After"]) == 900
    assert attempt(client, "community.1").status_code == 429  # the right password does not help now
    assert attempt(Client(REMOTE_ADDR="10.0.0.9"), "community.1").status_code == 302  # elsewhere it does
    assert attempt(Client(), "community.2").status_code == 302  # nor are others locked out
    assert throttling.is_locked(cast.secretary)

    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=16))
    assert not throttling.is_locked(cast.secretary)
    assert attempt(client, "community.1").status_code == 302


def test_many_accounts_tried_from_one_address_lock_the_address(cast, client):
    for number in range(throttling.ADDRESS_LIMIT):
        assert attempt(client, f"nobody.{number}", WRONG).status_code == 200
    refused = attempt(client, "community.2")
    assert refused.status_code == 429
    assert "此处登录失败次数过多" in refused.content.decode()
    assert attempt(Client(REMOTE_ADDR="10.0.0.9"), "community.2").status_code == 302
    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=16))
    assert attempt(client, "community.2").status_code == 302


def test_a_name_means_the_same_account_however_it_is_written(cast):
    for typed in ("Community.1", "ＣＯＭＭＵＮＩＴＹ.1", " community.1\u200b"):
        assert attempt(Client(), typed).status_code == 302, typed
    with pytest.raises(ValidationError, match="大小写"):
        User(username="COMMUNITY.1", name="李建国", password="x").full_clean()


def test_name_and_phone_share_one_count(with_phone, client):
    for typed in ("community.1", "13800000001", "community.1", "13800000001"):
        assert attempt(client, typed, WRONG).status_code == 200
    assert attempt(client, "13800000001", WRONG).status_code == 429


def test_a_success_forgets_the_failures(with_phone, client):
    for _ in range(4):
        attempt(client, "13800000001", WRONG)
    assert attempt(client, "13800000001").status_code == 302
    assert not AccessAttempt.objects.exists()


def test_attempts_while_locked_write_nothing(cast, client):
    for _ in range(5):
        attempt(client, "community.1", WRONG)
    assert actions() == ["sign_in_failed"] * 4 + ["sign_in_locked"]
    stored = list(AccessAttempt.objects.values())
    attempt(client, "community.1", WRONG)
    assert len(actions()) == 5
    assert list(AccessAttempt.objects.values()) == stored


def test_the_api_answers_a_lock_with_problem_details(cast, client):
    answers = [
        client.post("/api/v1/tokens/", {"username": "community.1", "password": WRONG}, content_type="application/json")
        for _ in range(6)
    ]
    assert answers[0].status_code == 401
    assert answers[-1].status_code == 429
    assert answers[-1]["Content-Type"] == "application/problem+json"
    assert answers[-1].json()["code"] == "throttled"
    assert answers[-1]["Retry-After"]


def test_an_inactive_user_is_refused_and_thrown_out(cast, client):
    attempt(client, "community.1")
    assert client.get("/me/").status_code == 200
    records.update(cast.secretary, {"is_active": False}, by=cast.security)
    assert client.get("/me/").status_code == 302
    answer = attempt(Client(), "community.1")
    assert "账号或密码不正确" in answer.content.decode()
    assert AuditEntry.objects.get(action="sign_in_failed").reason == "账号已停用"


def test_an_assignment_that_ended_gives_nothing_from_the_next_request_on(cast, client):
    attempt(client, "auditor")
    assert client.get("/audit/").status_code == 200
    post = Assignment.objects.get(user=cast.auditor)
    records.update(post, {"ends": timezone.localdate()}, by=cast.security)
    assert client.get("/audit/").status_code == 200  # the last day counts
    records.update(post, {"ends": timezone.localdate() - timedelta(days=1)}, by=cast.security)
    assert client.get("/audit/").status_code == 403


def test_signing_out_ends_the_session(cast, client):
    attempt(client, "community.1")
    assert client.get("/logout/").status_code == 405
    assert client.post("/logout/").headers["Location"] == "/login/"
    assert "_auth_user_id" not in client.session
    assert actions() == ["sign_in", "sign_out"]
    assert client.post("/logout/").status_code == 302


@pytest.mark.parametrize(
    ("wanted", "reached"),
    [
        ("/me/", "/me/"),
        ("/audit/?q=x", "/audit/?q=x"),
        ("https://evil.example/", "/"),
        ("//evil.example/", "/"),
        ("javascript:alert(1)", "/"),
        ("/login/", "/"),
        ("/login/?next=/login/", "/"),
        ("http://[", "/"),
        ("\\\\evil.example", "/"),
    ],
)
def test_next_leads_to_this_portal_only(cast, client, wanted, reached):
    assert attempt(client, "community.1", next=wanted).headers["Location"] == reached
    # Already signed in: the same, and never round in circles.
    assert client.get("/login/", {"next": wanted}).headers["Location"] == reached


# --- The first change -----------------------------------------------------------------------


NEW = "Harbour-lamp-93"


@pytest.fixture
def newcomer(cast, client):
    cast.secretary.must_change_password = True
    cast.secretary.save()
    attempt(client, "community.1")
    return cast.secretary


def change(client, **values):
    data = {"current": make.PASSWORD, "new": NEW, "again": NEW, **values}
    return client.post("/me/password/", data)


@pytest.mark.parametrize("url", ["/me/", "/accounts/users/", "/audit/", "/issues/new/"])
def test_the_first_password_opens_nothing_but_its_change(newcomer, client, url):
    assert client.get(url).headers["Location"] == "/me/password/"
    assert "首次登录须先修改密码" in client.get("/me/password/").content.decode()


def test_changing_the_password_opens_the_portal_and_keeps_this_session(newcomer, client):
    elsewhere = Client()
    attempt(elsewhere, "community.1")
    assert change(client).status_code == 302
    assert client.get("/me/").status_code == 200
    assert elsewhere.get("/me/").status_code == 302  # other sessions are over
    newcomer.refresh_from_db()
    assert newcomer.check_password(NEW)
    assert newcomer.password.startswith("argon2")
    assert not newcomer.must_change_password
    entry = AuditEntry.objects.get(action="password_change")
    assert entry.changes["must_change_password"] == [True, False]
    assert NEW not in str(entry.changes)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"current": WRONG}, "当前密码不正确"),
        ({"again": "Harbour-lamp-94"}, "两次输入的新密码不一致"),
        ({"new": make.PASSWORD, "again": make.PASSWORD}, "新密码不能与当前密码相同"),
        ({"new": "short-1", "again": "short-1"}, "密码长度太短"),
        ({"new": "password12", "again": "password12"}, "太常见"),
        ({"new": "8301774092", "again": "8301774092"}, "只包含数字"),
        ({"new": "community.1x", "again": "community.1x"}, "太相似"),
        ({"new": ""}, "该字段是必填项"),
        ({"new": "a\0b" * 5}, "不允许是用空字符"),
        ({"new": "x" * 400, "again": "x" * 400}, "200"),
    ],
)
def test_a_bad_new_password_is_refused_with_a_reason(newcomer, client, values, message):
    answer = change(client, **values)
    assert answer.status_code == 200
    assert message in answer.content.decode()
    assert User.objects.get(pk=newcomer.pk).check_password(make.PASSWORD)


def test_guessing_the_current_password_is_throttled(newcomer, client):
    answers = [change(client, current=WRONG).status_code for _ in range(5)]
    assert answers == [200] * 4 + [429]
    assert change(client).status_code == 429


def test_unknown_accounts_are_hashed_too(cast, monkeypatch, client):
    """A wrong name takes the time of a wrong password: the hasher runs once in both cases."""
    calls = []
    hash_password = get_user_model().set_password
    monkeypatch.setattr(
        get_user_model(), "set_password", lambda user, raw: (calls.append(raw), hash_password(user, raw))
    )
    attempt(client, "no.such.account", WRONG)
    assert calls == [WRONG]


def test_only_the_tests_hash_at_a_low_cost():
    assert portal.PASSWORD_HASHERS == ["django.contrib.auth.hashers.Argon2PasswordHasher"]
