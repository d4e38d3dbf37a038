"""Accounts and assignments through the API: the same rules as on the pages."""

import pytest
from django.test import Client

from suzhou_portal.accounts.models import Assignment, User
from suzhou_portal.accounts.roles import Role
from suzhou_portal.accounts.tokens import issue_token
from suzhou_portal.audit.models import AuditEntry


@pytest.fixture
def call(cast):
    """``call("post", "users/", {…}, by=user)`` → the answer; by default the security administrator calls."""

    def send(method, path, data=None, by=cast.security):
        _token, text = issue_token(user=by, by=by)
        headers = {"authorization": f"Bearer {text}"}
        body = {"data": data, "content_type": "application/json"} if data is not None else {}
        return getattr(Client(), method)(f"/api/v1/{path}", headers=headers, **body)

    return send


def test_accounts_are_listed_without_secrets(cast, call):
    answer = call("get", "users/?q=community.1")
    assert answer.status_code == 200
    (row,) = answer.json()["results"]
    assert (row["username"], row["posts"]) == ("community.1", f"社区书记/社区工作者（{cast.c1}）")
    assert not {"password", "api_tokens"} & set(row)
    assert "argon2" not in answer.content.decode()


@pytest.mark.parametrize("path", ["users/", "users/community.1/", "assignments/"])
def test_nobody_else_reads_them(cast, call, path):
    for user in (cast.district, cast.secretary, cast.auditor, cast.system, cast.nobody):
        assert call("get", path, by=user).status_code == 403, user


def test_an_account_made_by_a_program_opens_with_a_reset(cast, call, sign_in):
    answer = call("post", "users/", {"username": "li.ming", "name": "李明"})
    assert answer.status_code == 201
    assert '"password"' not in answer.content.decode()
    user = User.objects.get(username="li.ming")
    assert user.must_change_password
    assert AuditEntry.objects.get(action="create", object_type="accounts.user").source == "api"
    password = sign_in(cast.security).post("/accounts/users/li.ming/reset-password/").context["password"]
    assert User.objects.get(pk=user.pk).check_password(password)


def test_an_assignment_is_given_and_ended(cast, call):
    data = {"user": "nobody", "role": Role.COMMUNITY, "community": cast.c1.code, "starts": "2026-01-01"}
    answer = call("post", "assignments/", data)
    assert answer.status_code == 201
    row = answer.json()
    answer = call("patch", f"assignments/{row['id']}/", {"ends": "2026-02-01", "version": row["version"]})
    assert answer.status_code == 200
    assert answer.json()["state"] == "已卸任"
    assert call("patch", f"assignments/{row['id']}/", {"ends": None, "version": row["version"]}).status_code == 409


@pytest.mark.parametrize("role", [Role.DISTRICT, Role.AUDITOR, Role.SECURITY])
def test_nobody_gives_themselves_a_post(cast, call, role):
    answer = call("post", "assignments/", {"user": "security", "role": role, "starts": "2026-01-01"})
    assert answer.status_code in (400, 403)
    own = Assignment.objects.get(user=cast.security)
    assert call("patch", f"assignments/{own.pk}/", {"ends": None, "version": 1}).status_code == 403
    assert call("patch", "users/security/", {"name": "x", "version": 1}).status_code == 403
    assert User.objects.get(pk=cast.security.pk).roles == [Role.SECURITY]


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"user": "auditor", "role": Role.DISTRICT}, "role"),
        ({"user": "nobody", "role": Role.STREET}, "street"),
        ({"user": "nobody", "role": Role.STREET, "street": "620902001", "community": "620902001002"}, "community"),
        ({"user": "nobody", "role": "emperor"}, "role"),
        ({"user": "no.such", "role": Role.DISTRICT}, "user"),
        ({"user": 5, "role": Role.DISTRICT}, "user"),
        ({"user": "nobody", "role": Role.DISTRICT, "starts": "soon"}, "starts"),
        ({"user": "nobody", "role": Role.DISTRICT, "ends": "2000-01-01"}, None),
    ],
)
def test_bad_assignments_are_refused_with_the_field(cast, call, data, field):
    before = Assignment.objects.count()
    answer = call("post", "assignments/", {"starts": "2026-01-01", **data})
    assert answer.status_code == 400
    assert field is None or field in answer.json()["errors"]
    assert Assignment.objects.count() == before
