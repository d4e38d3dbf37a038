"""Tokens and ``/me/``."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from suzhou_portal.accounts.models import ApiToken, User
from suzhou_portal.accounts.roles import Role
from suzhou_portal.accounts.tokens import digest_of, issue_token, revoke_all_tokens
from suzhou_portal.audit.models import AuditEntry
from tests import factories as make
from tests.api.checks import is_problem


def sign_in_for_token(api, username="community.1", password=make.PASSWORD, **headers):
    return api().post("tokens/", {"username": username, "password": password}, **headers)


def test_credentials_give_a_token_that_works_and_is_stored_as_a_digest(cast, api):
    response = sign_in_for_token(api)
    assert response.status_code == 201
    assert set(response.json()) == {"id", "token", "expires_at"}
    token = response.json()["token"]
    assert ApiToken.objects.get().digest == digest_of(token.encode())
    client = api()
    client.headers["authorization"] = f"Bearer {token}"
    assert client.get("me/").json()["username"] == "community.1"
    entry = AuditEntry.objects.get(action="token.create")
    assert (entry.actor, entry.source) == (cast.secretary, "api")
    assert token not in str(entry.changes)
    assert ApiToken.objects.get().digest not in str(entry.changes)


def test_the_phone_number_works_too(cast, api):
    User.objects.filter(pk=cast.secretary.pk).update(phone="13800000000")
    assert sign_in_for_token(api, "13800000000").status_code == 201


def test_a_wrong_password_and_an_unknown_user_get_the_same_answer(cast, api):
    User.objects.filter(username="community.2").update(is_active=False)
    answers = []
    for username, password in (
        ("community.1", "wrong"),
        ("nobody.knows", make.PASSWORD),
        ("community.2", make.PASSWORD),
    ):
        response = sign_in_for_token(api, username, password)
        body = is_problem(response, 401, "wrong_credentials")
        assert response["WWW-Authenticate"].startswith("Bearer")
        answers.append(body["detail"])
    assert len(set(answers)) == 1


def test_five_wrong_passwords_lock_the_account(cast, api):
    for _ in range(5):
        response = sign_in_for_token(api, password="wrong")
    response = sign_in_for_token(api)
    assert response.status_code == 429
    assert response["Content-Type"] == "application/problem+json"
    assert sign_in_for_token(api, "street.1").status_code == 201


def test_too_many_tries_from_one_address_are_throttled(cast, api):
    codes = [sign_in_for_token(api, f"name{number}", "wrong").status_code for number in range(21)]
    assert codes == [401] * 20 + [429]
    response = sign_in_for_token(api, "street.1")
    is_problem(response, 429, "throttled")
    assert int(response["Retry-After"]) >= 1


@pytest.mark.parametrize("spoil", ["expire", "revoke", "deactivate", "cut"])
def test_a_token_that_is_no_longer_valid_is_401(cast, api, spoil):
    client = api(cast.secretary)
    assert client.get("me/").status_code == 200
    if spoil == "expire":
        ApiToken.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    elif spoil == "revoke":
        revoke_all_tokens(user=cast.secretary, by=cast.security)
    elif spoil == "deactivate":
        User.objects.filter(pk=cast.secretary.pk).update(is_active=False)
    else:
        client.headers["authorization"] = client.headers["authorization"][:-1]
    is_problem(client.get("me/"), 401, "invalid_token")


@pytest.mark.parametrize("header", ["Bearer", "Bearer ", "Bearer " + "x" * 5000, "Bearer ÿþ", "bearer \x00"])
def test_malformed_tokens_are_401(cast, api, header):
    client = api()
    client.headers["authorization"] = header
    is_problem(client.get("me/"), 401, "invalid_token")


def test_no_token_or_another_scheme_is_401_with_a_challenge(cast, api):
    client = api()
    for header in (None, "Basic YTpi"):
        client.headers = {"authorization": header} if header else {}
        response = client.get("me/")
        is_problem(response, 401, "not_authenticated")
        assert response["WWW-Authenticate"] == 'Bearer realm="api"'


def test_authentication_is_one_query_and_writes_the_day_of_use_once(cast, api, django_assert_num_queries):
    client = api(cast.nobody)
    client.get("me/")
    assert ApiToken.objects.get().last_used_on == timezone.localdate()
    with django_assert_num_queries(3):  # token and user, posts, assignments
        client.get("me/")


def test_tokens_are_listed_and_revoked_by_their_owner_only(cast, api):
    mine = api(cast.secretary)
    theirs, _key = issue_token(user=cast.sibling, by=cast.sibling)
    rows = mine.get("tokens/").json()
    assert [row["id"] for row in rows] == [ApiToken.objects.get(user=cast.secretary).pk]
    assert set(rows[0]) == {"id", "created_at", "expires_at", "revoked_at", "last_used_on"}
    is_problem(mine.delete(f"tokens/{theirs.pk}/"), 404, "not_found")
    extra, _key = issue_token(user=cast.secretary, by=cast.secretary)
    assert mine.delete(f"tokens/{extra.pk}/").status_code == 204
    assert mine.delete(f"tokens/{extra.pk}/").status_code == 204
    extra.refresh_from_db()
    assert extra.revoked_at is not None
    assert AuditEntry.objects.filter(action="token.revoke", object_id=str(extra.pk)).count() == 1


def test_the_same_idempotency_key_gives_the_same_token_without_storing_it(cast, api):
    first = sign_in_for_token(api, idempotency_key="k-1").json()
    again = sign_in_for_token(api, idempotency_key="k-1")
    assert again.json() == first
    assert again["Idempotency-Replayed"] == "true"
    assert ApiToken.objects.count() == 1
    assert first["token"] not in str(list(ApiToken.objects.values()))
    is_problem(sign_in_for_token(api, password="wrong", idempotency_key="k-1"), 401, "wrong_credentials")


def test_me_tells_roles_places_and_verbs(cast, api):
    make.give_post(cast.secretary, Role.UNIT, cast.unit_org)
    body = api(cast.secretary).get("me/").json()
    assert body["roles"][0] == {
        "role": "community_secretary",
        "label": "社区书记/社区工作者",
        "place": {"code": cast.c1.code, "name": cast.c1.name},
        "organisation": None,
        "from": "2020-01-01",
        "to": None,
    }
    assert body["roles"][1]["organisation"] == {"code": "U01", "name": "第一中学"}
    assert body["roles"][1]["place"] is None
    assert body["places"] == [{"code": cast.c1.code, "name": cast.c1.name}]
    assert "issues.report" in body["verbs"]
    assert body["must_change_password"] is False
    assert api(cast.district).get("me/").json()["places"] == [{"code": "620902", "name": "肃州区"}]
    assert api(cast.nobody).get("me/").json()["roles"] == []


def test_before_the_first_password_change_only_me_answers(cast, api, sign_in):
    client = api(cast.secretary)
    User.objects.filter(pk=cast.secretary.pk).update(must_change_password=True)
    assert client.get("me/").json()["must_change_password"] is True
    is_problem(client.get("tokens/"), 403, "password_change_required")
    is_problem(sign_in_for_token(api), 403, "password_change_required")


def test_a_browser_session_reads_but_writes_only_with_its_csrf_token(cast, sign_in):
    client = sign_in(cast.secretary)
    assert client.get("/api/v1/me/").status_code == 200
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = client.cookies
    token, _key = issue_token(user=cast.secretary, by=cast.secretary)
    is_problem(strict.delete(f"/api/v1/tokens/{token.pk}/"), 403, "csrf_failed")


@pytest.mark.parametrize("path", ["nothing/", "me", "me/x/", "tokens/abc/", "", "../v2/", "issues%00/"])
def test_unknown_addresses_are_problems_too(cast, api, path):
    is_problem(api(cast.secretary).get(path), 404, "not_found")
    strict = Client(enforce_csrf_checks=True)
    assert strict.post("/api/v1/nothing/", {}, content_type="application/json").status_code == 404


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "username"),
        ({"username": "community.1"}, "password"),
        ({"username": None, "password": "x"}, "username"),
        ({"username": ["a"], "password": "x"}, "username"),
        ({"username": "a\x00b", "password": "x"}, "username"),
        ({"username": "a", "password": "x\x00"}, "password"),
        ({"username": "a" * 41, "password": "x"}, "username"),
        ({"username": "a", "password": "x" * 5000}, "password"),
        ({"username": "a", "password": {"b": 1}}, "password"),
        ({"username": "a", "password": "x", "extra": 1}, "extra"),
    ],
)
def test_bad_credentials_bodies_name_the_field(cast, api, body, field):
    answer = is_problem(api().post("tokens/", body), 400, "validation_error")
    assert set(answer["errors"]) >= {field}


@pytest.mark.parametrize(
    ("raw", "content_type", "status"),
    [
        (b"{", "application/json", 400),
        (b"", "application/json", 400),
        (b"[]", "application/json", 400),
        (b'"x"', "application/json", 400),
        (b"\xff\xfe", "application/json", 400),
        (b'{"username": "\xff", "password": "x"}', "application/json", 400),
        (b'{"username": "\\ud800", "password": "x"}', "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
        (b"username=a&password=b", "application/x-www-form-urlencoded", 415),
        (b"<a/>", "text/xml", 415),
        (b"x" * (6 * 1024 * 1024), "application/json", 413),
    ],
)
def test_unreadable_bodies_are_clear_errors(cast, raw, content_type, status):
    response = Client().post("/api/v1/tokens/", data=raw, content_type=content_type)
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/problem+json"
